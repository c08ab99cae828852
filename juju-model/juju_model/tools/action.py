"""Hook tools for actions, and about storage."""

from __future__ import annotations

import re
from typing import Any

from ..formats import Fields, quote
from ..values import Entry, Options
from .command import SMART, Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError

KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
RESERVED = ("stdout", "stdout-encoding", "stderr", "stderr-encoding")
STORAGE_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]*[a-z][a-z0-9]*)*/[0-9]+")


def running_action(context: Context) -> Entry:
    """The action's entry, or ToolError outside an action."""
    if context.action is None:
        raise ToolError("not running an action")
    return context.action


@tool(
    "action-get",
    "[<key>[.<key>.<key>...]]",
    summary="Gets action parameters.",
    details="Without a key all of them; a dotted key goes down into a map.",
    formats=SMART,
    positional=1,
)
def action_get(context: Context, options: Options, args: list[str], call: Call) -> Any:
    """One parameter, or all."""
    value = running_action(context)["params"] or {}
    for part in args[0].split(".") if args else ():
        value = value.get(part) if isinstance(value, dict) else None
    return value


@tool(
    "action-set",
    "<key>=<value> [<key>=<value> ...]",
    summary="Sets action results.",
    details="A dotted key makes a map within a map.",
    positional=None,
)
def action_set(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Add to the results."""
    pairs = [split_result(context, word) for word in args]
    results = running_action(context)["results"]
    for path, value in pairs:
        place = results
        for part in path[:-1]:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        place[path[-1]] = value


def split_result(context: Context, word: str) -> tuple[Any, Any]:
    """`a.b=c` as ([a, b], c)."""
    key, equals, value = word.partition("=")
    if not equals:
        raise UsageError(f"argument {quote(word)} must be of the form key...=value")
    path = key.split(".")
    for part in path:
        if part in RESERVED:
            raise UsageError(f"cannot set reserved action key {quote(part)}")
        if not KEY.fullmatch(part):
            raise UsageError(
                f"key {quote(part)} must start and end with lowercase alphanumeric, "
                f"and contain only {context.profile.action_key_words}"
            )
    return path, value


@tool(
    "action-fail",
    '["<failure message>"]',
    summary="Sets action fail status with message.",
    details="The action goes on; it is counted as failed when it ends.",
    positional=1,
)
def action_fail(context: Context, options: Options, args: list[str], call: Call) -> None:
    """The action will have failed."""
    action = running_action(context)
    reason = "action failed without reason given, check action for errors"
    action["failed"] = True
    action["message"] = args[0] if args else reason


@tool(
    "action-log",
    "<message>",
    summary="Records a progress message for the current action.",
    details="The words of the message are joined by blanks.",
    positional=None,
)
def action_log(context: Context, options: Options, args: list[str], call: Call) -> None:
    """A line of progress."""
    if not args:
        raise UsageError("no message specified")
    running_action(context)["log"].append(" ".join(args))


def storage_flag(context: Context) -> Flag:
    """-s: an instance of this unit; in a storage hook its own is the default."""

    def known(text: str) -> str:
        if not STORAGE_ID.fullmatch(text):
            raise ValueError(f"invalid storage ID {quote(text)}")
        if text not in context.state["storage"]:
            raise ValueError(f"storage attachment {quote(text)} on {quote(context.unit)} not found")
        return text

    return Flag(
        ("s",), "value", context.hook.get("storage"), "specify a storage instance by id", known
    )


@tool(
    "storage-get",
    "[<key>]",
    summary="Prints information for the storage instance with the specified ID.",
    details="Without a key all of it; the keys are kind and location.",
    flags=lambda context: [storage_flag(context)],
    formats=SMART,
    positional=1,
)
def storage_get(context: Context, options: Options, args: list[str], call: Call) -> Fields | str:
    """Kind and location."""
    if not options["s"]:
        raise UsageError("no storage instance specified")
    storage = context.state["storage"][options["s"]]
    if not args or not args[0]:
        return Fields(kind=storage["kind"], location=storage["location"])
    if args[0] not in ("kind", "location"):
        raise ToolError(f"invalid storage attribute {quote(args[0])}")
    return storage[args[0]]


@tool(
    "storage-list",
    "[<storage-name>]",
    summary="Lists storage attached to the unit.",
    details="With a name only the instances of that storage.",
    formats=SMART,
    positional=1,
)
def storage_list(context: Context, options: Options, args: list[str], call: Call) -> list[str]:
    """The ids of the unit's storage."""
    wanted = args[0] if args else ""
    return [
        name
        for name in sorted(context.state["storage"])
        if not wanted or name.rpartition("/")[0] == wanted
    ]


@tool(
    "storage-add",
    "<charm storage name>[=count] ...",
    summary="Adds storage instances.",
    details="They are made when the hook has ended well, and attached by hooks to come.",
    positional=None,
)
def storage_add(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Ask for more storage."""
    if not args:
        raise UsageError("storage add requires a storage directive")
    for word in args:
        name, _, count = word.partition("=")
        if name not in context.app["charm"]["storage"]:
            raise ToolError(f"charm storage {quote(name)} not found")
        if count and not count.isdigit():
            raise UsageError(f"cannot parse constraints for storage {quote(name)}")
        context.pending.storage.append((name, int(count or 1)))
