"""Hook tools about leadership and about the unit's own store."""

from __future__ import annotations

from ..formats import NilMap, quote
from ..values import Model, Options, Settings
from .command import SMART, Call, ToolError, key_values, tool
from .context import Context
from .gnuflag import Flag, UsageError
from .relation import file_flag, from_file

MAX_KEY = 256
MAX_VALUE = 65536


@tool(
    "is-leader",
    summary="Prints application leadership status.",
    details="True means that the unit stays leader for at least 30 seconds from now.",
    formats=SMART,
)
def is_leader(context: Context, options: Options, args: list[str], call: Call) -> bool:
    """True or False."""
    return context.is_leader()


@tool(
    "leader-get",
    "[<key>]",
    summary="Prints application leadership settings.",
    details="Any unit may read what the leader has written. `-` or no key: all of it.",
    formats=SMART,
    positional=1,
)
def leader_get(
    context: Context, options: Options, args: list[str], call: Call
) -> Settings | str | None:
    """One of the leader's settings, or all."""
    key = args[0] if args else "-"
    if "=" in key:
        raise UsageError(f"invalid key {quote(key)}")
    settings = context.leader_settings()
    return dict(settings) if key in ("-", "") else settings.get(key)


@tool(
    "leader-set",
    "<key>=<value> [...]",
    summary="Writes application leadership settings.",
    details="For the leader alone, and at once. `key=` removes the key.",
    positional=None,
)
def leader_set(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Write the leader's settings."""
    pairs = key_values(args)
    if not pairs:
        return
    if not context.is_leader():
        raise ToolError("cannot write leadership settings: cannot write settings: not the leader")
    context.store.change(write_leader_settings, context.application, pairs)
    context.cache.pop("leader-settings", None)


def write_leader_settings(data: Model, application: str, pairs: dict[str, str]) -> None:
    """Merge; the version grows only if something differs, and then the others are told."""
    app = data["applications"][application]
    settings = {k: v for k, v in {**app["leader-settings"], **pairs}.items() if v != ""}
    if settings != app["leader-settings"]:
        app["leader-settings"] = settings
        app["leader-settings-version"] += 1


@tool(
    "state-get",
    "[<key>]",
    summary="Prints server-side-state value.",
    details="`-` or no key: all of the unit's state.",
    flags=lambda context: [
        Flag(("strict",), "bool", False, "Return an error if the requested key does not exist")
    ],
    formats=SMART,
    positional=1,
)
def state_get(context: Context, options: Options, args: list[str], call: Call) -> NilMap | str:
    """One value of the unit's own store, or all."""
    state = context.charm_state()
    key = args[0] if args else "-"
    if key in ("", "-"):
        return NilMap(state)
    if key not in state and options["strict"]:
        raise ToolError(f"{quote(key)} not found")
    return state.get(key, "")


@tool(
    "state-set",
    "<key>=<value> [...]",
    summary="Sets server-side-state values.",
    details="Written when the hook has ended well. `key=` keeps an empty value.",
    flags=lambda context: [file_flag("file containing key-value pairs")],
    positional=None,
)
def state_set(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Write to the unit's own store."""
    pairs = key_values(args)
    pairs = {**from_file(options, call), **pairs}
    for key, value in pairs.items():
        limit("key", len(key.encode()), MAX_KEY)
        limit("value", len(value.encode()), MAX_VALUE)
    context.pending.state = {**context.charm_state(), **pairs}


def limit(what: str, size: int, most: int) -> None:
    """Refuse what is longer than the controller takes."""
    if size > most:
        raise ToolError(f"max allowed {what} length ({most}) exceeded")


@tool(
    "state-delete",
    "<key>",
    summary="Deletes server-side-state key value pairs.",
    details="A key that is not there may be deleted as well.",
    positional=1,
)
def state_delete(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Remove one key of the unit's own store."""
    if args and args[0]:
        state = dict(context.charm_state())
        state.pop(args[0], None)
        context.pending.state = state
