"""Port ranges, each [protocol, from, to, endpoint]: how they are shown, sorted and changed."""

from __future__ import annotations

from ..values import PortChange, PortRange

ORDER = {"icmp": 0, "tcp": 1, "udp": 2}


def show(port_range: PortRange) -> str:
    """`80/tcp`, `80-90/tcp`, `icmp`."""
    protocol, first, last = port_range[:3]
    if protocol == "icmp":
        return "icmp"
    return f"{first}/{protocol}" if first == last else f"{first}-{last}/{protocol}"


def sort_key(port_range: PortRange) -> tuple[int, int, int]:
    """By protocol, then by number."""
    protocol, first, last = port_range[:3]
    return ORDER[protocol], first, last


def conflict(one: PortRange, other: PortRange) -> bool:
    """True if two different ranges of one protocol overlap."""
    return one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]


def apply(opened: list[PortRange], changes: list[PortChange]) -> list[PortRange]:
    """The ranges open after `changes`, a list of ("open" | "close", range)."""
    result = [list(port_range) for port_range in opened]
    for verb, port_range in changes:
        if verb == "open":
            if list(port_range) not in result:
                result.append(list(port_range))
            continue
        result = [kept for kept in result if not closes(port_range, kept)]
    return sorted(result, key=lambda item: (sort_key(item), item[3]))


def closes(closed: PortRange, opened: PortRange) -> bool:
    """True if closing the one closes the other: an empty endpoint means all."""
    return list(closed[:3]) == list(opened[:3]) and closed[3] in ("", opened[3])
