"""The operator's options about what is ordered, and for whom: key, profile, chain, EAB. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Mapping, NamedTuple

from layer_lets_encrypt.rules import key_types, options, secret_ids
from layer_lets_encrypt.rules.printable import quoted
from layer_lets_encrypt.rules.request import InvalidRequest
from layer_lets_encrypt.rules.wanted import CHAIN, EAB, KEY_TYPE, PROFILE, OrderOptions

MAX_CHAIN = 64  # characters of a common name, by X.520
_QUOTES = ("'", '"', "\u201c", "\u2018")
MIN_HMAC = 16  # bytes; CAs give 32 and more

_PROFILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_KID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._~+/=:@-]{0,199}\Z")
_HMAC = re.compile(r"[A-Za-z0-9_+/-]{1,500}={0,2}\Z")

_PAIR = "set it to KID:HMAC as the CA shows them, or to secret:ID of a secret with kid and hmac"


class Eab(NamedTuple):
    """An external account binding: the CA's key identifier and the key, both as texts."""

    kid: str
    hmac: str


def read(config: Mapping[str, Any]) -> OrderOptions:
    """Return what the options say about what is ordered. Raises InvalidRequest."""
    return OrderOptions(
        parse_key_type(options.text(KEY_TYPE, config.get(KEY_TYPE))),
        parse_profile(options.text(PROFILE, config.get(PROFILE))),
        parse_chain(options.text(CHAIN, config.get(CHAIN))),
    )


def parse_key_type(value: str) -> str:
    """Return what the option acme-key-type means, "" if it is unset. Raises InvalidRequest."""
    text = value.strip().lower()
    if text and text not in key_types.OF_OPERATORS:
        remedy = f"set it to one of {', '.join(key_types.OF_OPERATORS)}, or reset it"
        raise InvalidRequest(KEY_TYPE, f"is {quoted(text)}, which is not known", remedy)
    return key_types.OF_OPERATORS.get(text, "")


def parse_profile(value: str) -> str:
    """Return the profile's name, "" if it is unset. Raises InvalidRequest."""
    text = value.strip()
    if text and not _PROFILE.match(text):
        remedy = "set it to one of the CA's profiles, such as shortlived, or reset it"
        raise InvalidRequest(PROFILE, f"is {quoted(text)}, which cannot be a profile", remedy)
    return text


def parse_chain(value: str) -> str:
    """Return the common name of the chain's root, "" if it is unset. Raises InvalidRequest."""
    text = value.strip()
    remedy = "set it to the root's common name, such as 'ISRG Root X1', or reset it"
    if len(text) > MAX_CHAIN:
        raise InvalidRequest(CHAIN, f"is longer than {MAX_CHAIN} characters", remedy)
    if not text.isprintable() or text.startswith("-") or text[:1] in _QUOTES:
        raise InvalidRequest(CHAIN, f"is {quoted(text)}, which cannot be a root's name", remedy)
    return text


def check_eab(value: str) -> str:
    """Return the option acme-eab as far as it can be checked without Juju: a secret's id, a pair
    or "". Raises InvalidRequest, which never shows the value.
    """
    text = value.strip()
    if secret_ids.is_meant(text):
        if not secret_ids.is_valid(text):
            raise InvalidRequest(EAB, "is not the id of a secret", _PAIR)
    elif text:
        eab_of_text(text)
    return text


def eab_of_text(text: str) -> Eab:
    """Return the binding that is written KID:HMAC. Raises InvalidRequest."""
    kid, colon, hmac = text.rpartition(":")
    if not colon:
        raise InvalidRequest(EAB, "is only half of a pair", _PAIR)
    return _eab(kid.strip(), hmac.strip())


def eab_of_secret(content: Mapping[str, Any]) -> Eab:
    """Return the binding in a secret's content. Raises InvalidRequest."""
    kid, hmac = (str(content.get(key) or "").strip() for key in ("kid", "hmac"))
    return _eab(kid, hmac)


def _eab(kid: str, hmac: str) -> Eab:
    for key, value in (("key identifier (kid)", kid), ("key (hmac)", hmac)):
        if not value:
            raise InvalidRequest(EAB, f"has no {key}", _PAIR)
    if not _KID.match(kid):
        raise InvalidRequest(EAB, "has a key identifier that no CA gives", _PAIR)
    if not _is_key(hmac):
        raise InvalidRequest(EAB, "has a key that is cut off or not base64", _PAIR)
    return Eab(kid, hmac)


def _is_key(hmac: str) -> bool:
    """Whether it is base64, of the kind for URLs or the other, and long enough."""
    if not _HMAC.match(hmac):
        return False
    plain = hmac.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return False
    return len(key) >= MIN_HMAC


def certbot_settings(eab: Eab) -> str:
    """Return the text of a configuration file that tells certbot the binding.

    The key is in the alphabet that never begins with a hyphen.
    """
    hmac = eab.hmac.rstrip("=").replace("-", "+").replace("_", "/")
    return f"eab-kid = {eab.kid}\neab-hmac-key = {hmac}\n"
