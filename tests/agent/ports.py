"""Port ranges: reading, ordering, conflicts. A range is [protocol, from, to, endpoint]."""

from __future__ import annotations

import re

from .command import ToolError
from .formats import quote
from .gnuflag import UsageError

ORDER = {"icmp": 0, "tcp": 1, "udp": 2}


def parse(text):
    """`80`, `80-90/udp` or `icmp` as (protocol, from, to); UsageError in Juju's words."""
    text = text.lower()
    if text == "icmp":
        return "icmp", -1, -1
    ports, slash, protocol = text.partition("/")
    protocol = protocol if slash else "tcp"
    if protocol == "icmp":
        raise UsageError(f'protocol "icmp" doesn\'t support any ports; got {quote(ports)}')
    bounds = ports.split("-")
    if len(bounds) > 2:
        raise UsageError(f"invalid port range {quote(ports)}")
    first, last = port(bounds[0]), port(bounds[-1])
    if first > last:
        raise UsageError(f"invalid port range {first}-{last}/{protocol}")
    if not (0 <= first <= 65535 and 0 <= last <= 65535):
        raise UsageError(f"port range bounds must be between 0 and 65535, got {first}-{last}")
    if protocol not in ORDER:
        raise UsageError(f'invalid protocol {quote(protocol)}, expected "tcp", "udp", or "icmp"')
    return protocol, first, last


def port(text):
    """One port number."""
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise UsageError(
            f"invalid port {quote(text)}: strconv.Atoi: parsing {quote(text)}: invalid syntax"
        )
    return int(text)


def show(port_range):
    """`80/tcp`, `80-90/tcp`, `icmp`."""
    protocol, first, last = port_range[:3]
    if protocol == "icmp":
        return "icmp"
    return f"{first}/{protocol}" if first == last else f"{first}-{last}/{protocol}"


def sort_key(port_range):
    """By protocol, then by number."""
    protocol, first, last = port_range[:3]
    return ORDER[protocol], first, last


def conflict(one, other):
    """True if two different ranges of one protocol overlap."""
    return one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]


def apply(opened, changes):
    """The ranges open after `changes`, a list of ("open" | "close", range)."""
    result = [list(port_range) for port_range in opened]
    for verb, port_range in changes:
        if verb == "open":
            if list(port_range) not in result:
                result.append(list(port_range))
            continue
        result = [kept for kept in result if not closes(port_range, kept)]
    return sorted(result, key=lambda item: (sort_key(item), item[3]))


def closes(closed, opened):
    """True if closing the one closes the other: an empty endpoint means all."""
    return list(closed[:3]) == list(opened[:3]) and closed[3] in ("", opened[3])


def check_open(port_range, unit, stored, pending):
    """Refuse a range that overlaps another one on the machine.

    `stored` maps units to their open ranges, `pending` is what this hook opened so far.
    """
    for other in pending:
        refuse(port_range, unit, other, unit, " requested earlier")
    for owner, ranges in sorted(stored.items()):
        for other in ranges:
            refuse(port_range, unit, other, owner, "")


def refuse(port_range, unit, other, owner, earlier):
    """Raise ToolError if `other` is in the way."""
    same = list(port_range[:3]) == list(other[:3])
    if not conflict(port_range, other) or (same and owner == unit):
        return
    raise ToolError(
        f"cannot open {show(port_range)} (unit {quote(unit)}): port range conflicts with "
        f"{show(other)} (unit {quote(owner)}){earlier}"
    )
