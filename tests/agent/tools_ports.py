"""Hook tools that open, close and list ports."""

from __future__ import annotations

from . import ports
from .command import SMART, tool
from .gnuflag import Flag, UsageError

ARGS = "<port>[/<protocol>] or <from>-<to>[/<protocol>] or icmp"


def endpoints_flag(context):
    """--endpoints a,b."""
    return [
        Flag(
            ("endpoints",),
            "string",
            "",
            "a comma-delimited list of application endpoints to target with this operation",
        )
    ]


def ranges(options, args):
    """The range of the command line, once for each endpoint named."""
    if not args:
        raise UsageError("no port or range specified")
    port_range = ports.parse(args[0])
    names = [name.strip() for name in options["endpoints"].split(",")]
    return [[*port_range, name] for name in names]


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
def open_port(context, options, args, call):
    """Ask for a range; refused if another range is in the way."""
    stored = {unit: state["ports"] for unit, state in context.data["units"].items()}
    for port_range in ranges(options, args):
        asked = [other for verb, other in context.pending.ports if verb == "open"]
        ports.check_open(port_range, context.unit, stored, asked)
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
def close_port(context, options, args, call):
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
def opened_ports(context, options, args, call):
    """The unit's ranges, sorted; with their endpoints if asked."""
    names: dict = {}
    for port_range in sorted(context.opened_ports(), key=ports.sort_key):
        names.setdefault(ports.show(port_range), []).append(port_range[3])
    if not options["endpoints"]:
        return list(names)
    return [f"{shown} ({listed(ends)})" for shown, ends in names.items()]


def listed(endpoints):
    """`*` if open for all of them."""
    return "*" if "" in endpoints else ", ".join(sorted(endpoints))
