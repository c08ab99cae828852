"""The options acme-formats and acme-pfx-passphrase: more forms of each certificate. Pure."""

from __future__ import annotations

from layer_lets_encrypt.rules import options, secret_ids
from layer_lets_encrypt.rules.delivery import FORMATS, PASSPHRASE
from layer_lets_encrypt.rules.request import InvalidRequest

PFX = "pfx"
COMBINED = "combined"
FILES = {PFX: "certificate.pfx", COMBINED: "combined.pem"}
MAX_PASSPHRASE = 256  # bytes; openssl takes no more than 1023
MAX_SHOWN = 30


def parse_formats(value: object) -> tuple[str, ...]:
    """Return the formats that are wanted, in a fixed order. Raises InvalidRequest."""
    words = options.text(FORMATS, value).replace(",", " ").lower().split()
    for word in words:
        if word not in FILES:
            reason = f"has {word[:MAX_SHOWN]!r}, which is not known"
            raise InvalidRequest(FORMATS, reason, "set it to pfx, combined or both")
    return tuple(name for name in FILES if name in words)


def parse_passphrase(value: object) -> str:
    """Return the passphrase or the id of a secret that has it, "" for none.

    Raises InvalidRequest, which never shows it.
    """
    written = options.text(PASSPHRASE, value)
    if secret_ids.is_meant(written):
        if not secret_ids.is_valid(written.strip()):
            reason = "is not the id of a secret"
            raise InvalidRequest(PASSPHRASE, reason, "write secret:ID, as juju add-secret shows it")
        return written.strip()
    return checked_passphrase(written)


def checked_passphrase(text: str) -> str:
    """Return a passphrase that openssl takes as it is. Raises InvalidRequest without it."""
    text = text.rstrip("\r\n")  # a file's last line end does not belong to it
    if not text.isprintable():
        reason = "has line ends, control characters or the like"
        raise InvalidRequest(PASSPHRASE, reason, "use printable characters")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        size = MAX_PASSPHRASE + 1
    if size > MAX_PASSPHRASE:
        reason = f"is longer than {MAX_PASSPHRASE} bytes or not UTF-8"
        raise InvalidRequest(PASSPHRASE, reason, "use a shorter one")
    return text
