"""What people write where a name is wanted, told by its looks: pure.

Each mistake has its reason and a remedy; what is found by nothing here may still be no name.
"""

from __future__ import annotations

import re
from typing import Callable, NamedTuple

ONE_NAME = "write a fully qualified name such as www.example.com"
ONLY_HOST = "write the host name alone"
SEPARATE = "separate names with blanks or commas"
FILE = "write what is in that file"
PLAIN = "names are letters, digits, hyphens and dots"

_QUOTES = (
    "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
    "\u00ab\u00bb\u2039\u203a\u2032\u2033\uff02\uff07"
)
_BRACKETS = "()[]{}<>\uff08\uff09\u3008\u3009\u300c\u300d"
_SEPARATORS = ";|&+,\uff0c\u3001\uff1b\uff5c\u060c"
_DOTS = "\u3002\uff0e\uff61\u2024"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
_INVISIBLE = (  # without the joiners, which some scripts need
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb]"
)
_URL = r"(?i)[a-z][a-z0-9+.-]{0,20}://|https?[:/]{1,3}"
_PORT = r":[0-9]{1,5}/?\Z"


class Mistake(NamedTuple):
    """``reason`` goes after what was written, ``remedy`` says what to write instead."""

    reason: str
    remedy: str


def mistake(name: str) -> Mistake | None:
    """Return what was written instead of a name, None if it may be one."""
    for look in _LOOKS:
        found = look(name)
        if found is not None:
            return found
    return None


def _of_option(name: str) -> Mistake | None:
    if name == "-":
        return Mistake("is a lone hyphen, as in a YAML list", SEPARATE)
    if name.startswith("-"):
        return Mistake("looks like an option, not a name", ONE_NAME)
    return None


def _of_blanks(name: str) -> Mistake | None:
    if any(char.isspace() for char in name):
        return Mistake("has a blank inside", ONE_NAME)
    found = re.search(_INVISIBLE, name)
    if found is None:
        return None
    return Mistake(f"has the invisible character U+{ord(found.group()):04X}", "type it again")


def _of_url(name: str) -> Mistake | None:
    found = re.match(_URL, name)
    if found is not None and "/" in found.group():
        return Mistake("is a URL", ONLY_HOST)
    if name.startswith("@"):
        return Mistake("begins with '@', which names a file to the juju command alone", FILE)
    if "@" in name or "\uff20" in name:
        return Mistake("is an e-mail address", ONE_NAME)
    return None


def _of_address(name: str) -> Mistake | None:
    """IP addresses, alone, with a port or a network's length."""
    if "." not in name and ":" not in name:
        return None
    bare, port = name, ""
    found = re.search(_PORT, name)
    if found is not None and (name.startswith("[") or name.count(":") == 1):
        bare, port = name[: found.start()], " with a port"
    elif "/" in name:
        bare, _, length = name.partition("/")
        port = " with a length" if length.isdigit() else ""
    if _is_address(bare.strip("[]")):
        return Mistake(f"is an IP address{port}", "certificates are issued for names; " + ONE_NAME)
    return None


def _is_address(text: str) -> bool:
    if ":" not in text and not text.replace(".", "").isdigit():
        return False
    import ipaddress  # here, because most names are in order

    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _of_port(name: str) -> Mistake | None:
    found = re.search(_PORT, name)
    if found is not None:
        return Mistake(f"has the port {found.group().strip(':/')}", ONLY_HOST)
    return None


def _of_path(name: str) -> Mistake | None:
    if "/" in name or "\\" in name or "\uff0f" in name:
        return Mistake("is a path or a URL, not a name", ONLY_HOST)
    return None


def _of_characters(name: str) -> Mistake | None:
    for chars, reason, remedy in _CHARACTERS:
        found = [char for char in name if char in chars]
        if found:
            return Mistake(reason.format(found[0]), remedy)
    return None


_CHARACTERS: tuple[tuple[str, str, str], ...] = (
    (_QUOTES, "has quotes", "write the name without them"),
    (_SEPARATORS, "has {!r} inside", SEPARATE),
    (_BRACKETS, "has brackets", "write the name without them"),
    ("$%", "has {!r}, as in a variable that nobody has filled in", ONE_NAME),
    ("=", "has '='", "write the name alone"),
    ("_", "has an underscore", "host names have none; " + PLAIN),
    (_DOTS, "has {!r} for a dot", "write plain dots"),
    (_DASHES, "has {!r} for a hyphen", "write plain hyphens"),
    (":", "has a colon", ONLY_HOST),
    ("!#?^~", "has {!r}", PLAIN),
)


def _of_dots(name: str) -> Mistake | None:
    if ".." in name:
        return Mistake("has two dots in a row", "write single dots")
    if name.startswith("."):
        return Mistake("begins with a dot", "leave it out")
    if "*" in (name[2:] if name.startswith("*.") else name):
        return Mistake("has '*' where no wildcard can be", "a wildcard is *. before a domain")
    return None


_LOOKS: tuple[Callable[[str], Mistake | None], ...] = (
    _of_option, _of_blanks, _of_url, _of_address, _of_port, _of_path, _of_characters, _of_dots,
)  # fmt: skip
