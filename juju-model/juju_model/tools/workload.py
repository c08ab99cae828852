"""Hook tools about workloads outside the unit: payloads, and pods of Kubernetes.

None of these is among the recorded calls: their words follow Juju's own where they are known.
"""

from __future__ import annotations

from ..formats import quote
from ..values import Entry, Model, Options
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


def set_payload(data: Model, unit: str, key: str, entry: Entry | None) -> None:
    """Keep what is known of a payload, or forget it."""
    payloads = data["units"][unit].setdefault("payloads", {})
    payloads.pop(key, None)
    if entry is not None:
        payloads[key] = entry


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
    context.store.change(set_payload, context.unit, f"{name}/{identity}", entry)


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
    context.store.change(set_payload, context.unit, "/".join(args), None)


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
    known = context.state.get("payloads", {}).get(f"{name}/{identity}")
    if known is None:
        raise ToolError(f"payload {quote(name)} with id {quote(identity)} not found")
    changed = {**known, "status": status}
    context.store.change(set_payload, context.unit, f"{name}/{identity}", changed)


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
