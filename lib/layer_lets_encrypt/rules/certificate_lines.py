"""The option acme-certificates: one certificate per line, its names, then its settings. Pure.

smtp.example.com imap.example.com reload=postfix   # a comment
*.example.org example.org challenge=dns key-type=ecdsa-384
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, Sequence

from layer_lets_encrypt.rules import key_types, near_misses, options, order_options
from layer_lets_encrypt.rules.all_requests import LINES
from layer_lets_encrypt.rules.challenge import CHALLENGES
from layer_lets_encrypt.rules.printable import quoted
from layer_lets_encrypt.rules.request import WILDCARD, InvalidRequest, Request, parse_request

SETTINGS = ("challenge", "key-type", "profile", "reload", "restart")
MOST_SERVICES = 20
MAX_COMPARED = 40  # characters of a setting that is not known

# What docker-letsencrypt-dns calls it, and what to write here instead
_ELSEWHERE = {
    "autorestart-containers": "write restart=SERVICE with a service of this unit",
    "autocmd-containers": "write reload=SERVICE or restart=SERVICE with a service of this unit",
}
_LINE_END = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"(^|\s)#.*", re.DOTALL)


class InvalidLine(ValueError):
    """A line that asks for nothing that can be granted; str() names it, the reason, the remedy."""


@dataclass(frozen=True)
class Line:
    """One line as it was written; ``source`` names it in errors."""

    source: str
    names: tuple[str, ...]
    challenge: str = ""
    key_type: str = ""
    profile: str = ""
    reload: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()

    def request(self, wildcards: bool) -> Request | None:
        """Return the request in normal form; ``wildcards``: the unit's challenge proves those.

        Raises InvalidLine.
        """
        if self.challenge:
            wildcards = CHALLENGES[self.challenge].wildcards
        try:
            wanted = parse_request(self.names, self.source, wildcards)
        except InvalidRequest as error:
            if error.reason == WILDCARD:
                remedy = "write challenge=dns in the line (docs/dns.md) or list the host names"
                error = InvalidRequest(error.subject, WILDCARD, remedy)
            raise InvalidLine(f"{self.source}: {error}") from None
        if wanted is None:
            return None
        return wanted._replace(
            challenge=self.challenge,
            key_type=key_types.OF_OPERATORS.get(self.key_type, ""),
            profile=self.profile,
            reload=self.reload,
            restart=self.restart,
            is_extra=True,
        )


class Lines(NamedTuple):
    """What can be read of the option, and what is wrong with the other lines."""

    lines: tuple[Line, ...]
    invalid: tuple[InvalidLine, ...]


def parse_lines(text: str) -> Lines:
    """Read the option; a line that is wrong keeps no other line from its certificate."""
    lines: list[Line] = []
    invalid: list[InvalidLine] = []
    for number, raw in enumerate(_LINE_END.split(text), 1):
        words = _COMMENT.sub("", raw).split()
        if not words:
            continue
        try:
            lines.append(_parse(f"{LINES} line {number}", words))
        except InvalidLine as error:
            invalid.append(error)
    return Lines(tuple(lines), tuple(invalid))


def _parse(source: str, words: Sequence[str]) -> Line:
    first = next((i for i, word in enumerate(words) if "=" in word), len(words))
    names = [name for word in words[:first] for name in word.split(",") if name]
    settings = _settings(source, words[first:])
    if not names:
        raise _invalid(source, "has no names", "begin it with the certificate's names")
    return Line(
        source,
        tuple(names),
        _choice(source, settings, "challenge", tuple(CHALLENGES)),
        _choice(source, settings, "key-type", tuple(key_types.OF_OPERATORS)),
        _profile(source, settings.get("profile", "")),
        _services(source, settings, "reload"),
        _services(source, settings, "restart"),
    )


def _settings(source: str, words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            remedy = "names come first; write several services with commas and without blanks"
            raise _invalid(source, f"has {quoted(word)} after a setting", remedy)
        if key in _ELSEWHERE:
            raise _invalid(source, f"has {key}=, which is for containers", _ELSEWHERE[key])
        if not key:
            raise _invalid(source, "has a blank before '='", "write key=value without blanks")
        if key not in SETTINGS:
            raise _invalid(source, f"has the unknown setting {quoted(key)}", _meant(key))
        if key in found or not value:
            wrong = "twice" if key in found else "without a value"
            raise _invalid(source, f"has {key}= {wrong}", f"write {key}=VALUE once")
        found[key] = value
    return found


def _meant(key: str) -> str:
    meant = near_misses.nearest(key[:MAX_COMPARED], SETTINGS)
    return f"write {meant}=" if meant else f"known settings are {', '.join(SETTINGS)}"


def _choice(source: str, settings: dict[str, str], key: str, known: Sequence[str]) -> str:
    value = settings.get(key, "")
    if value.lower() in known:
        return value.lower()
    if value:
        reason = f"has {quoted(value)} as {key}, which is not known"
        raise _invalid(source, reason, f"set it to one of {', '.join(known)}")
    return ""


def _profile(source: str, value: str) -> str:
    try:
        return order_options.parse_profile(value)
    except InvalidRequest:
        reason = f"has {quoted(value)} as profile"
        raise _invalid(source, reason, "write the name of one of the CA's profiles") from None


def _services(source: str, settings: dict[str, str], key: str) -> tuple[str, ...]:
    names = [name for name in settings.get(key, "").split(",") if name]
    for name in names:
        if not options.is_service_name(name):
            reason = f"has {quoted(name)} under {key}=, which is not a service's name"
            raise _invalid(source, reason, "write names of services, such as nginx")
    if len(names) > MOST_SERVICES or (key in settings and not names):
        reason = f"has {len(names)} services under {key}="
        raise _invalid(source, reason, f"name 1 to {MOST_SERVICES}")
    return tuple(dict.fromkeys(names))


def _invalid(source: str, reason: str, remedy: str) -> InvalidLine:
    return InvalidLine(f"{source} {reason}; {remedy}")
