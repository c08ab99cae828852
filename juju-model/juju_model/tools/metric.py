"""Metrics of Juju 2.9: the tool, and the two hooks that may call next to nothing else.

Not among the recorded calls: the words follow Juju's own where they are known. The hooks run by
hand alone (`juju hook UNIT collect-metrics`), not every five minutes.
"""

from __future__ import annotations

from ..formats import quote
from ..values import Options
from .command import Call, ToolError, key_values, tool
from .context import Context
from .gnuflag import UsageError

COLLECT = "collect-metrics"
RESTRICTED = {COLLECT: {"add-metric", "juju-log"}, "meter-status-changed": {"juju-log"}}
REFUSAL = "not implemented for restricted context not implemented"


def is_refused(context: Context, name: str) -> bool:
    """True if this context is one of the two, and the tool is not for it."""
    if context.kind != "hook" or "add-metric" not in context.profile.tools:
        return False
    return name not in RESTRICTED.get(context.name, (name,))


@tool(
    "add-metric",
    "key1=value1 [key2=value2 ...]",
    summary="Adds metrics.",
    details="Works in the hook collect-metrics alone, for metrics that metrics.yaml declares.",
    positional=None,
)
def add_metric(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Numbers that are sent if the hook ends well."""
    if not args:
        raise UsageError("no metrics specified")
    try:
        pairs = key_values(args)
    except UsageError as error:
        raise UsageError(f"invalid metrics: {error}") from None
    if context.name != COLLECT:
        raise ToolError("cannot record metric: metrics not allowed in this context")
    known = context.app["charm"].get("metrics", {})
    for key, value in pairs.items():
        if key not in known:
            raise ToolError(f"cannot record metric: metric {quote(key)} not defined")
        if not is_number(value):
            raise ToolError(
                f"cannot record metric: invalid value type: expected float, got {quote(value)}"
            )
    context.pending.metrics.append(pairs)


def is_number(text: str) -> bool:
    """True for what is a number to Juju: not negative, and not too long."""
    try:
        return float(text) >= 0 and len(text) <= 30
    except ValueError:
        return False
