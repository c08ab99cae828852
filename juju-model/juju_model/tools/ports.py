"""Hook tools that open, close and list ports."""

from __future__ import annotations

import re

from ..formats import quote
from ..state import machines, ports
from ..values import Options, PortRange
from .command import SMART, Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError

ARGS = "<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp"


def endpoints_flag(context: Context) -> list[Flag]:
    """--endpoints a,b."""
    return [
        Flag(
            ("endpoints",),
            "string",
            "",
            "a comma-delimited list of application endpoints to target with this operation",
        )
    ]


def ranges(options: Options, args: list[str]) -> list[PortRange]:
    """The range of the command line, once for each endpoint named."""
    if not args:
        raise UsageError("no port or range specified")
    port_range = parse_range(args[0])
    names = [name.strip() for name in options["endpoints"].split(",")]
    return [[*port_range, name] for name in names]


def parse_range(text: str) -> tuple[str, int, int]:
    """`80`, `80-90/udp` or `icmp` as (protocol, from, to); UsageError in Juju's words."""
    text = text.lower()
    if text == "icmp":
        return "icmp", -1, -1
    numbers, slash, protocol = text.partition("/")
    protocol = protocol if slash else "tcp"
    if protocol == "icmp":
        raise UsageError(f'protocol "icmp" doesn\'t support any ports; got {quote(numbers)}')
    bounds = numbers.split("-")
    if len(bounds) > 2:
        raise UsageError(f"invalid port range {quote(numbers)}")
    first, last = port_number(bounds[0]), port_number(bounds[-1])
    if first > last:
        raise UsageError(f"invalid port range {first}-{last}/{protocol}")
    if not (0 <= first <= 65535 and 0 <= last <= 65535):
        raise UsageError(f"port range bounds must be between 0 and 65535, got {first}-{last}")
    if protocol not in ports.ORDER:
        raise UsageError(f'invalid protocol {quote(protocol)}, expected "tcp", "udp", or "icmp"')
    return protocol, first, last


def port_number(text: str) -> int:
    """One port number."""
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise UsageError(
            f"invalid port {quote(text)}: strconv.Atoi: parsing {quote(text)}: invalid syntax"
        )
    return int(text)


def check_open(
    port_range: PortRange, unit: str, stored: dict[str, list[PortRange]], pending: list[PortRange]
) -> None:
    """Refuse a range that overlaps another one on the machine.

    `stored` maps units to their open ranges, `pending` is what this hook opened so far.
    """
    for other in pending:
        refuse(port_range, unit, other, unit, " requested earlier")
    for owner, ranges in sorted(stored.items()):
        for other in ranges:
            refuse(port_range, unit, other, owner, "")


def refuse(port_range: PortRange, unit: str, other: PortRange, owner: str, earlier: str) -> None:
    """Raise ToolError if `other` is in the way."""
    same = list(port_range[:3]) == list(other[:3])
    if not ports.conflict(port_range, other) or (same and owner == unit):
        return
    raise ToolError(
        f"cannot open {ports.show(port_range)} (unit {quote(unit)}): port range conflicts with "
        f"{ports.show(other)} (unit {quote(owner)}){earlier}"
    )


@tool(
    "open-port",
    ARGS,
    summary="Registers a request to open a port or port range.",
    details="""The ports are opened when the hook has ended well, and let traffic in once the
application is exposed. The protocol is tcp, udp or icmp; tcp if none is given.""",
    flags=endpoints_flag,
    positional=1,
    deprecated_format=True,
)
def open_port(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Ask for a range; refused if another range is in the way."""
    units = context.data["units"]
    on_machine = machines.units_on(context.data, context.state["machine"])
    stored = {unit: units[unit]["ports"] for unit in on_machine}
    for port_range in ranges(options, args):
        asked = [other for verb, other in context.pending.ports if verb == "open"]
        check_open(port_range, context.unit, stored, asked)
        context.pending.ports.append(("open", port_range))


@tool(
    "close-port",
    ARGS,
    summary="Registers a request to close a port or port range.",
    details="Takes effect when the hook has ended well. What is not open may be closed as well.",
    flags=endpoints_flag,
    positional=1,
    deprecated_format=True,
)
def close_port(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Give a range back."""
    for port_range in ranges(options, args):
        context.pending.ports.append(("close", port_range))


@tool(
    "opened-ports",
    summary="Prints all ports or port ranges opened by the unit.",
    details="One `<port>/<protocol>` or `<from>-<to>/<protocol>` for each.",
    flags=lambda context: [
        Flag(
            ("endpoints",),
            "bool",
            False,
            "display the list of target application endpoints for each port range",
        )
    ],
    formats=SMART,
)
def opened_ports(context: Context, options: Options, args: list[str], call: Call) -> list[str]:
    """The unit's ranges, sorted; with their endpoints if asked."""
    names: dict[str, list[str]] = {}
    for port_range in sorted(context.opened_ports(), key=ports.sort_key):
        names.setdefault(ports.show(port_range), []).append(port_range[3])
    if not options["endpoints"]:
        return list(names)
    return [f"{shown} ({listed(ends)})" for shown, ends in names.items()]


def listed(endpoints: list[str]) -> str:
    """`*` if open for all of them."""
    return "*" if "" in endpoints else ", ".join(sorted(endpoints))
