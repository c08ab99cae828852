"""Hook tools about workloads outside the unit: payloads, and pods of Kubernetes.

None of these is among the recorded calls: their words follow Juju's own where they are known.
"""

from __future__ import annotations

from collections.abc import Callable

from ..formats import quote
from ..values import Entry, Options
from .command import Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError

STATUSES = ("starting", "running", "stopping", "stopped")
SPECS = {"k8s-spec": "k8s spec", "pod-spec": "k8s spec", "k8s-raw": "raw k8s spec"}


def required(args: list[str], count: int) -> None:
    """As many arguments as the tool needs."""
    if len(args) < count:
        raise UsageError("missing required arguments")


def declared(context: Context, name: str) -> Entry:
    """The payload of the charm's metadata; ToolError if there is none of this name."""
    found = context.app["charm"].get("payloads", {}).get(name)
    if found is None:
        raise ToolError(f"payload {quote(name)} not found in metadata.yaml")
    return found


def change(context: Context, function: Callable[[Entry], None]) -> None:
    """Change the unit's payloads, at once."""
    context.store.change(
        lambda data: function(data["units"][context.unit].setdefault("payloads", {}))
    )


@tool(
    "payload-register",
    "<type> <class> <id> [tags...]",
    summary="Registers a charm payload with Juju.",
    details="The type must be that of the payload's class in metadata.yaml.",
    positional=None,
)
def payload_register(context: Context, options: Options, args: list[str], call: Call) -> None:
    """The payload runs from now on."""
    required(args, 3)
    kind, name, identity, *labels = args
    wanted = declared(context, name)["type"]
    if kind != wanted:
        raise ToolError(
            f"incorrect type {quote(kind)} for payload {quote(name)}, expected {quote(wanted)}"
        )
    entry = {"type": kind, "labels": labels, "status": "running"}
    change(context, lambda payloads: payloads.update({f"{name}/{identity}": entry}))


@tool(
    "payload-unregister",
    "<class> <id>",
    summary="Stops tracking a payload.",
    details="A payload that is not known causes no error.",
    positional=2,
)
def payload_unregister(context: Context, options: Options, args: list[str], call: Call) -> None:
    """The payload is forgotten."""
    required(args, 2)
    change(context, lambda payloads: payloads.pop("/".join(args), None))


@tool(
    "payload-status-set",
    "<class> <id> <status>",
    summary="Updates the status of a payload.",
    details=f"The status is one of {', '.join(STATUSES)}.",
    positional=3,
)
def payload_status_set(context: Context, options: Options, args: list[str], call: Call) -> None:
    """One of the four words."""
    required(args, 3)
    name, identity, status = args
    if status not in STATUSES:
        raise UsageError(f"status {quote(status)} not supported; expected one of {list(STATUSES)}")
    if f"{name}/{identity}" not in context.state.get("payloads", {}):
        raise ToolError(f"payload {quote(name)} with id {quote(identity)} not found")
    change(context, lambda payloads: payloads[f"{name}/{identity}"].update(status=status))


def file_flag(_context: Context) -> list[Flag]:
    """--file of the tools that set."""
    return [Flag(("file",), "string", "-", "file containing pod spec")]


def refuse(context: Context, what: str) -> None:
    """A machine has no pods."""
    raise ToolError(f"{what} on a machine not supported")


def declare(name: str, what: str) -> None:
    """The two tools about one kind of specification."""

    @tool(
        f"{name}-get",
        summary=f"Gets {what} information.",
        details="Works in Kubernetes models alone.",
    )
    def get(context: Context, options: Options, args: list[str], call: Call) -> None:
        refuse(context, what)

    @tool(
        f"{name}-set",
        summary=f"Sets {what} information.",
        details="Works in Kubernetes models alone, and there for the leader.",
        flags=file_flag,
    )
    def put(context: Context, options: Options, args: list[str], call: Call) -> None:
        if not context.is_leader():
            raise ToolError("this unit is not the leader")
        refuse(context, what)


for _name, _what in SPECS.items():
    declare(_name, _what)
