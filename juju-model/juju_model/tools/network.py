"""The hook tool about the unit's network."""

from __future__ import annotations

from typing import Any

from ..formats import Fields, Views, quote
from ..state import model
from ..values import Entry, Options
from .command import SMART, Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError
from .relation import relation_flag

PARTS = ("bind-address", "egress-subnets", "ingress-address")


@tool(
    "network-get",
    "<binding-name> [--ingress-address] [--bind-address] [--egress-subnets]",
    summary="Gets network config.",
    details="""Without options prints all that is known of the binding; with one of them that value
alone, with several a map of them.""",
    flags=lambda context: [
        relation_flag(context),
        Flag(("primary-address",), "bool", False, "(deprecated) get the primary address"),
        Flag(("bind-address",), "bool", False, "get the address for the binding to listen on"),
        Flag(("ingress-address",), "bool", False, "get the ingress address for the binding"),
        Flag(("egress-subnets",), "bool", False, "get the egress subnets for the binding"),
    ],
    formats=SMART,
    positional=1,
)
def network_get(context: Context, options: Options, args: list[str], call: Call) -> Any:
    """Addresses of one binding."""
    if not args:
        raise UsageError("no arguments specified")
    if not args[0]:
        raise UsageError("no binding name specified")
    wanted = [part for part in PARTS if options[part]]
    if options["primary-address"] and wanted:
        raise ToolError("--primary-address must be the only flag specified")
    network = network_of(context, args[0])
    if options["primary-address"]:
        return first_address(context, network, "primary", args[0])
    if not wanted:
        return whole(network)
    values = {part: PART[part](context, network, args[0]) for part in wanted}
    return values[wanted[0]] if len(wanted) == 1 else values


def network_of(context: Context, binding: str) -> Entry:
    """What is known of a binding: the unit's own table, else its one address."""
    table = context.state["network"]
    if table is not None:
        network = table.get(binding)
    else:
        charm = context.app["charm"]
        known = binding in charm["endpoints"] or binding in charm["extra-bindings"]
        network = default_network(context) if known else None
    if network is None:
        raise ToolError(f"no network config found for binding {quote(binding)}")
    return network


def default_network(context: Context) -> Entry:
    """One interface with the unit's private address."""
    private = model.address(context.data, context.unit, "private")
    if not private:
        return {"bind-addresses": [], "egress-subnets": [], "ingress-addresses": []}
    width = 128 if ":" in private else 32
    return {
        "bind-addresses": [
            {
                "mac-address": "52:54:00:00:00:01",
                "interface-name": "lo" if private.startswith("127.") else "eth0",
                "addresses": [{"hostname": "", "value": private, "cidr": f"{private}/{width}"}],
            }
        ],
        "egress-subnets": [f"{private}/{width}"],
        "ingress-addresses": [private],
    }


def first_address(context: Context, network: Entry, kind: str, binding: str) -> str:
    """The first address that one can bind to."""
    for interface in network["bind-addresses"]:
        for address in interface["addresses"]:
            return address["hostname"] or address["value"]
    raise no_address(context, kind, binding)


def bind_address(context: Context, network: Entry, binding: str) -> str:
    """--bind-address."""
    return first_address(context, network, "bind", binding)


def ingress_address(context: Context, network: Entry, binding: str) -> str:
    """--ingress-address."""
    addresses = network.get("ingress-addresses")
    if not addresses:
        raise no_address(context, "ingress", binding)
    return addresses[0]


def egress_subnets(context: Context, network: Entry, binding: str) -> list[str]:
    """--egress-subnets."""
    return list(network.get("egress-subnets") or [])


PART = {
    "bind-address": bind_address,
    "egress-subnets": egress_subnets,
    "ingress-address": ingress_address,
}


def no_address(context: Context, kind: str, binding: str) -> ToolError:
    """In the words of the release."""
    words = context.profile.no_address.format(kind=kind)
    return ToolError(f"{words} for binding {quote(binding)}")


def whole(network: Entry) -> Views:
    """All of it; YAML repeats some fields under their older names."""
    return Views(json=layout(network, False), yaml=layout(network, True))


def layout(network: Entry, old_names: bool) -> Fields:
    """The fields in their order."""
    result = Fields(
        {"bind-addresses": [interface(i, old_names) for i in network["bind-addresses"]]}
    )
    for part in ("egress-subnets", "ingress-addresses"):
        if network.get(part):
            result[part] = list(network[part])
    return result


def interface(entry: Entry, old_names: bool) -> Fields:
    """One interface and its addresses."""
    addresses = [address(item, old_names) for item in entry["addresses"]]
    result = Fields(
        {
            "mac-address": entry["mac-address"],
            "interface-name": entry["interface-name"],
            "addresses": addresses,
        }
    )
    if old_names:
        result["macaddress"] = entry["mac-address"]
        result["interfacename"] = entry["interface-name"]
    return result


def address(entry: Entry, old_names: bool) -> Fields:
    """One address."""
    result = Fields({key: entry[key] for key in ("hostname", "value", "cidr")})
    if old_names:
        result["address"] = entry["value"]
    return result
