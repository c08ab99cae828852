"""One entry of the list that a charm requests certificates with: its shape, not its names."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Sequence

from layer_lets_encrypt.rules import near_misses, printable, tenant_dns
from layer_lets_encrypt.rules.challenge import CHALLENGES
from layer_lets_encrypt.rules.request import (
    TO_AUTHOR,
    WILDCARD,
    InvalidRequest,
    Request,
    parse_request,
    split_names,
)

KEY_TYPES = ("rsa", "ecdsa")
OF_APPLICATION, OF_UNIT = "application", "unit"
KEYS = ("fqdn", "contact-email", "contact_email", "challenge", "key-type", "dns", "scope")


class EntryError(ValueError):
    """An entry that is not of the form it must have; str() names the entry and the key."""


class Entry(NamedTuple):
    """An entry as the charm wrote it; ``source`` names it in errors."""

    source: str
    names: tuple[str, ...]
    contact: str | None = None
    challenge: str = ""
    key_type: str = ""
    dns: str = ""
    scope: str = ""

    def __repr__(self) -> str:
        return printable.described(self, "dns")

    def request(self, wildcards: bool) -> Request | None:
        """Return the request in normal form. Raises InvalidRequest for a name."""
        if self.challenge:
            wildcards = CHALLENGES[self.challenge].wildcards
        try:
            wanted = parse_request(self.names, self.source, wildcards)
        except InvalidRequest as error:
            if self.challenge and error.reason == WILDCARD:  # the operator's choice does not count
                reason = f"{WILDCARD}, requested with challenge {self.challenge}"
                raise InvalidRequest(error.subject, reason, TO_AUTHOR) from None
            raise
        if wanted is None:
            return None
        return wanted._replace(
            challenge=self.challenge,
            key_type=self.key_type,
            dns=self.dns,
            is_of_unit=self.scope == OF_UNIT,
        )


def parse_entry(index: int, plain: Any) -> Entry:
    """Return the ``index``-th entry, counted from 0. Raises EntryError.

    Keys that are not known are the charm's own affair, as they have always been.
    """
    source = f"certificate request {index + 1}"
    if not isinstance(plain, dict):
        kind = type(plain).__name__  # its content may be secret
        raise EntryError(f"{source} is a {kind}; write {{'fqdn': ['www.example.com']}}")
    return Entry(
        source,
        _names(source, plain.get("fqdn")),
        _text(source, plain, "contact-email") or _text(source, plain, "contact_email") or None,
        _choice(source, plain, "challenge", tuple(CHALLENGES)),
        _choice(source, plain, "key-type", KEY_TYPES),
        _dns(source, plain.get("dns")),
        _choice(source, plain, "scope", (OF_APPLICATION, OF_UNIT)),
    )


def check_keys(index: int, plain: Any) -> None:
    """Raise EntryError for a key that is nearly one of KEYS: what it says would be ignored.

    Only what is requested now is checked; what an older version took stays as good as it was.
    """
    for key in plain:
        meant = near_misses.nearest(key, KEYS)
        if meant is not None:
            source = f"certificate request {index + 1}"
            raise EntryError(f"{source} has the unknown key {key!r:.60}; write {meant!r}")


def ignored_keys(requests: Sequence[Any]) -> list[str]:
    """Return the keys of all entries that are the charm's own affair."""
    entries = [plain for plain in requests if isinstance(plain, dict)]
    return near_misses.unknown((key for plain in entries for key in plain), KEYS)


def check_plain(index: int, plain: Any) -> None:
    """Raise EntryError if an entry cannot be kept in the unit's database."""
    try:
        json.dumps(plain)
    except (TypeError, ValueError, RecursionError):
        raise EntryError(f"certificate request {index + 1} must be plain data") from None


def _dns(source: str, value: Any) -> str:
    """Return the entry's own DNS settings as JSON; an error must not show their content."""
    if not value:
        return ""
    known = ("provider", "options", "credentials", "propagation")
    if not isinstance(value, dict) or set(value) - set(known):
        raise EntryError(f"{source}: 'dns' must be a dict with the keys {', '.join(known)}")
    for key, kind in (("provider", str), ("options", dict), ("credentials", dict)):
        if not isinstance(value.get(key) or kind(), kind):
            raise EntryError(f"{source}: {key!r} of 'dns' must be a {kind.__name__}")
    waits = value.get("propagation")
    if waits is not None and (isinstance(waits, bool) or not isinstance(waits, int)):
        raise EntryError(f"{source}: 'propagation' of 'dns' must be a number of seconds")
    said = tenant_dns.objection(value)
    if said:
        raise EntryError(f"{source}: in 'dns', {said}")
    try:
        return json.dumps(value, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        raise EntryError(f"{source}: 'dns' must be plain data") from None


def _names(source: str, value: Any) -> tuple[str, ...]:
    names = split_names(value) if isinstance(value, str) else value
    if not isinstance(names, (list, tuple)) or not names:
        raise EntryError(f"{source} has no names under the key 'fqdn'; give it a list of names")
    for name in names:
        if not isinstance(name, str):
            raise EntryError(f"{source} has {_shown(name)} under the key 'fqdn'; names are strings")
    return tuple(names)


def _text(source: str, plain: Any, key: str) -> str:
    value = plain.get(key) or ""
    if not isinstance(value, str):
        raise EntryError(f"{source} has {_shown(value)} under the key {key!r}; it must be a string")
    return value


def _choice(source: str, plain: Any, key: str, known: tuple[str, ...]) -> str:
    value = _text(source, plain, key)
    if value and value not in known:
        raise EntryError(
            f"{source} has {value!r:.60} under the key {key!r}; known are {', '.join(known)}"
        )
    return value


def _shown(value: Any) -> str:
    """Show what is short by nature; a list may be endless, or too deep for Python to show."""
    if not isinstance(value, (str, bytes, int, float, type(None))):
        return f"a {type(value).__name__}"
    try:
        return f"{value!r:.60}"
    except ValueError:  # Python shows no number of thousands of digits
        return "a long number"
