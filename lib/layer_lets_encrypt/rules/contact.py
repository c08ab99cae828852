"""The account's contact: one e-mail address, or several with commas or blanks between. Pure."""

from __future__ import annotations

from layer_lets_encrypt.rules.request import InvalidRequest, parse_email

MOST = 10  # Let's Encrypt's limit


def parse_contact(value: str | None, server: str) -> str | None:
    """Return the addresses in certbot's form, with commas, None if there is none.

    Each must be one that the CA at ``server`` may take. Raises InvalidRequest.
    """
    for separator in ";|":
        if separator in (value or ""):
            reason = f"has {separator!r} inside"
            raise InvalidRequest(value or "", reason, "separate addresses with commas")
    written = (value or "").replace(",", " ").split()
    if len(written) > MOST:
        reason = f"is one of {len(written)} addresses"
        raise InvalidRequest(written[0], reason, f"set contact-email to at most {MOST}")
    found = [parse_email(text, server) or "" for text in written]
    return ",".join(dict.fromkeys(found)) or None
