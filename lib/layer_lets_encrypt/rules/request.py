"""One wanted certificate: parse, normalise and validate what people write."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Iterable, NamedTuple

from layer_lets_encrypt.rules import name_mistakes, printable

MAX_NAMES = 100  # Let's Encrypt's limit for its default profile
MAX_NAME = 253
MAX_LABEL = 63
MAX_LINEAGE = 225  # certbot's files and ours are called after it, in up to 255 characters
MAX_WRITTEN = 1000  # of a name before Unicode becomes ASCII, which can make it shorter
MAX_LIST = 1000  # names in one list, the same ones among them
MAX_LOCAL_PART = 64
MAX_SERVER = 250  # certbot names folders after the parts of the URL
MAX_WHY = 60
MAX_SHOWN = 40  # of what was written, in an error

SERVERS = {
    "production": "https://acme-v02.api.letsencrypt.org/directory",
    "staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}

# Contacts that Let's Encrypt refuses, which makes the whole registration fail.
REFUSED_CONTACT_DOMAINS = ("example.com", "example.net", "example.org")

# Patterns are compiled where they are used first: most hooks need few of them.
_USUAL = r"(\*\.)?[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*\.[A-Za-z-]+\.?\Z"
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\Z"
_HOST_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = rf"({_HOST_LABEL}\.)*{_HOST_LABEL}\.?"
_PATH = r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*"
_SERVER = (
    rf"(?i:https)://(\[[0-9A-Fa-f:.]+\]|{_HOST})(:[0-9]{{1,5}})?(/{_PATH})?(\?[?{_PATH[1:]})?\Z"
)
_DOTS = r"/\.{1,2}(/|\?|\Z)"  # they would lead certbot out of its folder
_LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*\Z"

_FEWER = f"a certificate holds at most {MAX_NAMES}; remove some"
TO_AUTHOR = "report this to the charm's author"  # of what no operator can correct
WILDCARD = "is a wildcard"
WILDCARD_REMEDY = "set acme-challenge=dns (docs/dns.md) or list the host names"


class InvalidRequest(ValueError):
    """A request that cannot be granted: ``subject`` is what was written, ``str()`` all of it."""

    def __init__(self, subject: str, reason: str, remedy: str) -> None:
        super().__init__(f"'{printable.one_line(subject, MAX_SHOWN)}' {reason}; {remedy}")
        self.subject = subject
        self.reason = reason
        self.remedy = remedy


class Request(NamedTuple):
    """One certificate that somebody wants; ``source`` says who, for error texts.

    ``challenge`` and ``key_type`` are its own, "" for what the unit and certbot take otherwise;
    ``dns`` is JSON that says who holds its zones, "" for the operator's choice. ``profile`` is the
    CA's, "" for its usual one, ``chain`` the root that is preferred, "" for none. ``reload`` and
    ``restart`` are services that use this certificate alone. ``is_extra`` tells that the charm
    knows nothing of it, ``is_of_unit`` that each unit orders its own.
    """

    names: tuple[str, ...]
    source: str
    challenge: str = ""
    key_type: str = ""
    dns: str = ""  # may hold credentials
    profile: str = ""
    chain: str = ""
    reload: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()
    is_extra: bool = False
    is_of_unit: bool = False

    def __repr__(self) -> str:
        return printable.described(self, "dns")

    @property
    def lineage_name(self) -> str:
        """The lineage's name: the first name without its wildcard; shorter where files need it."""
        return _lineage_name(self.names[0])


@functools.lru_cache(maxsize=4096)  # a pass over many certificates asks ten times for each
def _lineage_name(first: str) -> str:
    name = without_wildcard(first)
    if len(name) <= MAX_LINEAGE:
        return name
    return name[:200] + "-" + hashlib.sha256(name.encode("ascii")).hexdigest()[:16]


def without_wildcard(name: str) -> str:
    """Return ``name`` without a leading ``*.``."""
    return name[2:] if name.startswith("*.") else name


def split_names(value: str | None) -> tuple[str, ...]:
    """Split an option's value at blanks and commas; unset and empty give ``()``."""
    return tuple((value or "").replace(",", " ").split())


def parse_request(names: Iterable[str], source: str, wildcards: bool = False) -> Request | None:
    """Return the request for ``names`` in normal form, or None without names.

    ``wildcards`` tells whether the challenge in use can validate them.
    Raises InvalidRequest, which names the first name that is wrong.
    """
    names = tuple(names)
    if len(names) > MAX_LIST:
        raise InvalidRequest(names[0], f"heads a list of {len(names)} names", _FEWER)
    normal = tuple(dict.fromkeys(normalise_name(name, wildcards) for name in names))
    if not normal:
        return None
    if len(normal) > MAX_NAMES:
        raise InvalidRequest(normal[0], f"heads a list of {len(normal)} names", _FEWER)
    return Request(normal, source)


def normalise_name(text: str, wildcards: bool = False) -> str:
    """Return the DNS name in ``text`` in lower case and ASCII, without its final dot.

    Unicode names become their IDNA form. Raises InvalidRequest with reason and remedy.
    """
    name = text.strip()
    _refuse_what_is_no_name(text, name)
    wildcard = name.startswith("*.")
    bare = without_wildcard(name)
    if wildcard and not wildcards:
        raise InvalidRequest(text, WILDCARD, WILDCARD_REMEDY)
    if bare.endswith("."):
        bare = bare[:-1]
    bare = _to_ascii(text, bare)
    _check_labels(text, bare)
    return "*." + bare if wildcard else bare


def _refuse_what_is_no_name(text: str, name: str) -> None:
    if re.match(_USUAL, name):
        return
    if not name:
        raise InvalidRequest(text, "is empty", name_mistakes.ONE_NAME)
    if len(name) > MAX_WRITTEN:
        raise InvalidRequest(text, f"is longer than {MAX_NAME} characters", "use a shorter name")
    seen = name_mistakes.mistake(name)
    if seen is not None:
        raise InvalidRequest(text, seen.reason, seen.remedy)


def _to_ascii(text: str, name: str) -> str:
    if all(ord(char) < 128 for char in name):
        return name.lower()
    import idna  # here, because few names need its large tables

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except UnicodeError as error:
        why = printable.one_line(str(error), MAX_WHY)
        raise InvalidRequest(
            text, f"has no IDNA form ({why})", "write it as its owner registered it"
        ) from None


def _check_labels(text: str, name: str) -> None:
    labels = name.split(".")
    if len(name) > MAX_NAME:
        raise InvalidRequest(text, f"is longer than {MAX_NAME} characters", "use a shorter name")
    for label in labels:
        if len(label) > MAX_LABEL:
            raise InvalidRequest(
                text,
                f"has a label longer than {MAX_LABEL} characters",
                "use shorter labels between the dots",
            )
        if not re.match(_LABEL, label):
            raise InvalidRequest(
                text,
                f"has the invalid label {label!r}",
                "labels are letters, digits and inner hyphens",
            )
    if len(labels) < 2:
        raise InvalidRequest(
            text,
            "is a single label",
            "no public CA certifies those; " + name_mistakes.ONE_NAME,
        )
    if labels[-1].isdigit():
        raise InvalidRequest(text, "ends in a number", "the last label must be a top-level domain")


def parse_email(value: str | None, server: str) -> str | None:
    """Return the contact address, None if it is unset or empty. Raises InvalidRequest."""
    text = (value or "").strip()
    if not text:
        return None
    remedy = "set contact-email to an address such as admin@your.domain, or leave it empty"
    local, at, domain = text.rpartition("@")
    if not at or len(local) > MAX_LOCAL_PART or not re.match(_LOCAL_PART, local):
        raise InvalidRequest(text, "is not an e-mail address", remedy)
    try:
        domain = normalise_name(domain)
    except InvalidRequest as error:
        raise InvalidRequest(text, f"is not an e-mail address ({error.reason})", remedy) from None
    if domain in REFUSED_CONTACT_DOMAINS and server in SERVERS.values():
        raise InvalidRequest(text, "is refused by Let's Encrypt as a contact", remedy)
    return local + "@" + domain


def parse_server(value: str | None) -> str:
    """Return the directory URL for production, staging or a URL. Raises InvalidRequest."""
    text = (value or "").strip() or "production"
    if text.lower() in SERVERS:
        return SERVERS[text.lower()]
    remedy = "set acme-server to production, staging or the https URL of a directory"
    if len(text) > MAX_SERVER:
        raise InvalidRequest(text, f"is longer than {MAX_SERVER} characters", remedy)
    if "@" in text:  # a password may be before it
        raise InvalidRequest("acme-server", "has a user or password in it", remedy)
    if not _is_server(text):
        raise InvalidRequest(text, "is not an ACME server", remedy)
    return text


def _is_server(url: str) -> bool:
    """Whether a URL can name a directory, and certbot can name folders after it."""
    if not re.match(_SERVER, url) or re.search(_DOTS, url):
        return False
    from urllib.parse import urlsplit  # here, because most units use a name

    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False
