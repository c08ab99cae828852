"""Numbers, truths and secrets in what operators write: everything arrives as text. Pure."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator

from layer_lets_encrypt_dns.failure import configuration

TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
LONGEST_WAIT = 86400

_SECRET_KEY = re.compile("token|secret|password|passphrase|key|auth|credential", re.I)
# what names somebody or something may be told: it helps to find the mistake
_PUBLIC_KEY = re.compile(
    r"user(_?name)?|sub_?user|login|e?mail|account|entry_?point|end_?point|region|server|host|"
    r"(customer|client|tenant|subscription|zone|project|sub|cloud|folder)_?id|profile|type|"
    r"key_is_global|sandbox|client_ip",
    re.I,
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}\Z")
_MULTILINE = re.compile(r"\s*(-----BEGIN |\{|base64::)")  # keys as PEM, accounts as JSON


def number(where: str, value: Any) -> float:
    """Return a number of seconds. Raises Failure."""
    said = str(value).strip()
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,6}(\.\d*)?", said, re.ASCII):
        raise _no_seconds(where)
    if float(said) > LONGEST_WAIT:
        raise _no_seconds(where)
    return float(said)


def _no_seconds(where: str) -> Exception:
    return configuration(f"{where} must be a number of seconds between 0 and {LONGEST_WAIT}")


def whole(where: str, value: Any) -> int | None:
    """Return a whole number of seconds, None for nothing. Raises Failure."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value).strip(), re.ASCII):
        raise configuration(f"{where} must be a whole number of seconds")
    return int(value)


def truth(where: str, value: Any) -> bool:
    """Return what yes, no, true, false, on or off mean. Raises Failure."""
    said = str(value).strip().lower()
    if said not in TRUE + FALSE:
        raise configuration(f"{where} must be true or false")
    return said in TRUE


def is_secret(key: str, secret: bool) -> bool:
    """Whether the value of ``key`` must not be told; ``secret`` is what its surroundings are."""
    bare = key[len("auth_") :] if key.startswith("auth_") else key
    if _PUBLIC_KEY.fullmatch(bare):
        return False
    return secret or bool(_SECRET_KEY.search(key))


def secrets(value: Any, secret: bool) -> Iterator[str]:
    """All values that must not be told: every credential, and options with a telling name."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from secrets(inner, is_secret(str(key), secret))
    elif isinstance(value, list):
        for inner in value:
            yield from secrets(inner, secret)
    elif secret and value is not None and not isinstance(value, bool):
        yield str(value)


def shown_key(key: str, is_sure: bool = True, is_set: bool = True) -> str:
    """Return an option's name for an error; what cannot be one may be a credential.

    ``is_sure``: somebody has an option of this name; ``is_set``: a value stands behind it.
    """
    if not _NAME.match(key) or not (is_sure or is_set):
        return "(not shown: what is before ':' is not a name)"
    if not is_sure and re.search("[0-9]", key):
        return "(not shown: it may be a secret)"
    return f"'{key}'"


def broken_line(value: Any) -> bool:
    """Whether the text has a line break or a control character that cannot belong to it."""
    if not isinstance(value, str) or _MULTILINE.match(value):
        return False
    return any(ord(character) < 32 or ord(character) == 127 for character in value)


def each(value: Any, key: str, look: Callable[[str, Any], None]) -> None:
    """Call ``look`` with the key and the value of each scalar."""
    if isinstance(value, dict):
        for inner_key, inner in value.items():
            each(inner, str(inner_key), look)
    elif isinstance(value, list):
        for inner in value:
            each(inner, key, look)
    else:
        look(key, value)
