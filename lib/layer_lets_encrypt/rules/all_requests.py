"""All requests of a unit: from the option fqdn, from the charm, from the operator's lines. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from layer_lets_encrypt.rules import options
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.conflict import without_conflicts
from layer_lets_encrypt.rules.entry import Entry
from layer_lets_encrypt.rules.request import InvalidRequest, Request, parse_request, split_names
from layer_lets_encrypt.rules.wanted import OrderOptions

LINES = "acme-certificates"


class Collected(NamedTuple):
    """The requests that can be granted, and the complaints about the others.

    ``invalid_lines`` are those about lines of acme-certificates.
    """

    requests: tuple[Request, ...]
    invalid: list[Complaint]
    invalid_lines: list[Complaint]


def collect(
    config: Mapping[str, Any], entries: Sequence[Entry], used: Challenge, ordered: OrderOptions
) -> Collected:
    """Return the requests of the options ``config`` and the charm's ``entries``.

    ``used`` is the unit's challenge; ``ordered`` is what requests get that say nothing themselves.
    """
    invalid: list[str] = []
    found = [_of_fqdn(config, used, invalid), *_of_entries(entries, used, invalid)]
    kept, conflicts = _without_conflicts(found, used, ordered)
    bad_lines: list[str] = []
    lines = _of_lines(config, used, bad_lines)
    kept, in_lines = _without_conflicts([*kept, *lines], used, ordered)
    return Collected(kept, _blocked(invalid + conflicts), _blocked(bad_lines + in_lines))


def names_of_option(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names in the option fqdn, as they are written. Raises InvalidRequest."""
    return split_names(options.text("fqdn", config.get("fqdn")))


def _of_fqdn(config: Mapping[str, Any], used: Challenge, invalid: list[str]) -> Request | None:
    try:
        return parse_request(names_of_option(config), "the option fqdn", used.wildcards)
    except InvalidRequest as error:
        invalid.append(f"fqdn {error}")
        return None


def _of_entries(
    entries: Sequence[Entry], used: Challenge, invalid: list[str]
) -> list[Request | None]:
    found = []
    for entry in entries:
        try:
            found.append(entry.request(used.wildcards))
        except InvalidRequest as error:
            invalid.append(f"{entry.source}: {error}")
    return found


def _of_lines(
    config: Mapping[str, Any], used: Challenge, invalid: list[str]
) -> list[Request | None]:
    if options.is_unset(config, LINES):
        return []
    from layer_lets_encrypt.rules import certificate_lines  # most units have no lines

    try:
        parsed = certificate_lines.parse_lines(options.text(LINES, config[LINES]))
    except InvalidRequest as error:
        invalid.append(str(error))
        return []
    invalid += map(str, parsed.invalid)
    found = []
    for line in parsed.lines:
        try:
            found.append(line.request(used.wildcards))
        except certificate_lines.InvalidLine as error:
            invalid.append(str(error))
    return found


def _without_conflicts(
    found: Sequence[Request | None], used: Challenge, ordered: OrderOptions
) -> tuple[tuple[Request, ...], list[str]]:
    complete = [_completed(request, ordered) for request in found if request is not None]
    return without_conflicts(complete, used.name)


def _completed(request: Request, ordered: OrderOptions) -> Request:
    """Return the request with what the unit's options say of what it leaves open."""
    if ordered == OrderOptions():
        return request
    return request._replace(
        key_type=request.key_type or ordered.key_type,
        profile=request.profile or ordered.profile,
        chain=request.chain or ordered.chain,
    )


def _blocked(texts: Sequence[str]) -> list[Complaint]:
    return [Complaint("blocked", text) for text in texts]
