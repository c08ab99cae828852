"""Hook tools about relations and their data."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ..formats import quote
from ..state import model
from ..values import Entry, Options, Settings
from .command import SMART, Call, ToolError, key_values, tool
from .context import Context
from .gnuflag import Flag, UsageError

UNIT = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*/(0|[1-9][0-9]*)")
APPLICATION = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*")


def relation_flag(context: Context) -> Flag:
    """-r: `NAME:ID` or `ID`; in a relation hook its own relation is the default."""

    def known(text: str) -> int:
        number = text.rpartition(":")[2]
        if not re.fullmatch(r"[0-9]+", number):
            raise ValueError("invalid relation id")
        if context.relation(int(number)) is None:
            raise ValueError("relation not found")
        return int(number)

    return Flag(
        ("r", "relation"), "value", context.hook_relation(), "Specify a relation by id", known
    )


def chosen_relation(context: Context, options: Options) -> Entry:
    """The relation that is meant."""
    relation = context.relation(options["relation"])
    if relation is None:
        raise UsageError("no relation id specified")
    return relation


def file_flag(help_text: str) -> Flag:
    """--file."""
    return Flag(("file",), "string", "", help_text)


def from_file(options: Options, call: Call) -> Settings:
    """The pairs of --file: a YAML map of strings; numbers and booleans count as their text."""
    if not options["file"]:
        return {}
    try:
        node = yaml.compose(call.read(options["file"]))
    except FileNotFoundError as error:
        raise ToolError(str(error)) from None
    except yaml.YAMLError as error:
        raise ToolError(f"yaml: {error}") from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise unmarshal_error(node, "map[string]string")
    return dict(map(text_pair, node.value))


def text_pair(pair: tuple[yaml.Node, yaml.Node]) -> tuple[Any, str]:
    """Key and value as text; null is the empty text, which removes a relation's key."""
    key, value = pair
    if not isinstance(value, yaml.ScalarNode):
        raise unmarshal_error(value, "string")
    return key.value, "" if value.tag.endswith(":null") else value.value


def unmarshal_error(node: yaml.Node, wanted: str) -> ToolError:
    """In the words of Juju's YAML reader."""
    kinds: dict[type[yaml.Node], str] = {yaml.SequenceNode: "seq", yaml.MappingNode: "map"}
    kind = kinds.get(type(node), "str")
    return ToolError(
        f"yaml: unmarshal errors:\n  line {node.start_mark.line + 1}: "
        f"cannot unmarshal !!{kind} into {wanted}"
    )


@tool(
    "relation-ids",
    "<name>",
    summary="Lists all relation IDs for the given endpoint.",
    details="In a relation hook the endpoint may be left out.",
    formats=SMART,
    positional=1,
)
def relation_ids(context: Context, options: Options, args: list[str], call: Call) -> list[str]:
    """The endpoint's relations; not those that are being broken."""
    current = context.relation(context.hook_relation())
    name = args[0] if args else ""
    if not name and current:
        name = model.endpoint_name(current, context.application)
    if not name:
        raise UsageError(context.profile.no_endpoint)
    return sorted(
        model.relation_id(relation, context.application)
        for relation in model.relations_of(context.data, context.application)
        if model.endpoint_name(relation, context.application) == name
        and not is_broken(context, relation)
    )


def is_broken(context: Context, relation: Entry) -> bool:
    """True once the relation is going and nobody is left in it."""
    if relation.get("broken"):
        return True
    local = context.state["uniter"]["relations"].get(str(relation["id"]), {})
    return relation["life"] != "alive" and not local.get("members")


@tool(
    "relation-list",
    summary="Lists relation units.",
    details="The units at the other end; for peers the other units. `--app`: the application.",
    flags=lambda context: [
        relation_flag(context),
        Flag(("app",), "bool", False, "List remote application instead of participating units"),
    ],
    formats=SMART,
)
def relation_list(
    context: Context, options: Options, args: list[str], call: Call
) -> list[str] | str:
    """The remote units, or the remote application."""
    relation = chosen_relation(context, options)
    if options["app"]:
        return model.remote_application(relation, context.application)
    return model.members(relation, context.unit)


@tool(
    "relation-get",
    "<key> <unit id>",
    summary="Gets relation settings.",
    details="""Prints the value of a unit's relation setting, or all of them for `-` or no key. In
a relation hook the unit is the remote one unless another is named; `--app` reads the
application's.""",
    flags=lambda context: [
        relation_flag(context),
        Flag(
            ("app",), "bool", False, "Get the relation data for the overall application, not a unit"
        ),
    ],
    formats=SMART,
    positional=2,
)
def relation_get(
    context: Context, options: Options, args: list[str], call: Call
) -> Settings | str | None:
    """One key, or all, of one bag."""
    relation = chosen_relation(context, options)
    key = args[0] if args and args[0] != "-" else ""
    side, name = target(context, relation, options["app"], args[1] if len(args) > 1 else "")
    settings = read_bag(context, relation, side, name)
    return settings.get(key) if key else dict(settings)


def target(context: Context, relation: Entry, wants_app: bool, name: str) -> tuple[str, str]:
    """Whose bag: ("unit" | "app", name)."""
    if not name and relation["id"] == context.hook_relation():
        name = context.hook.get("remote-unit") or ""
        if not name:
            wants_app, name = True, context.hook.get("remote-app") or ""
    if not name:
        raise UsageError("no unit or application specified")
    if UNIT.fullmatch(name):
        return ("app", model.application_of(name)) if wants_app else ("unit", name)
    if not APPLICATION.fullmatch(name):
        raise UsageError(f"invalid unit name {quote(name)}")
    if wants_app or context.profile.app_name_as_unit:
        return "app", name
    raise UsageError(f"expected unit name, got application name {quote(name)}")


def read_bag(context: Context, relation: Entry, side: str, name: str) -> Settings:
    """The settings, or ToolError in the controller's words."""
    application = model.application_of(name) if side == "unit" else name
    if application not in relation["endpoints"]:
        raise ToolError("permission denied")
    own = application == context.application
    if side == "app" and own and not model.is_peer(relation) and not context.is_leader():
        raise ToolError("permission denied")
    settings = context.bag(relation, side, name)
    if settings is not None:
        return settings
    if side == "app":
        return {}
    raise ToolError(
        f"cannot read settings for unit {quote(name)} in relation {quote(key_of(relation))}: "
        f"unit {quote(name)}: settings not found"
    )


def key_of(relation: Entry) -> str:
    """`haproxy:website web:website`."""
    ends = sorted(relation["endpoints"].items(), key=lambda end: end[1]["role"] == "provider")
    return " ".join(f"{application}:{end['name']}" for application, end in ends)


@tool(
    "relation-set",
    "<key>=<value> [<key>=<value> ...]",
    summary="Sets relation settings.",
    details="""Sets the local unit's settings for a relation; `--app` sets the application's, for
the leader alone. `key=` removes the key. Settings of `--file` give way to those of the command
line. The other side sees them when the hook has ended well.""",
    flags=lambda context: [
        relation_flag(context),
        file_flag("file containing key-value pairs"),
        Flag(("app",), "bool", False, "pick whether you are setting the application's settings"),
    ],
    positional=None,
    deprecated_format=True,
)
def relation_set(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Ask for changes of the own bag."""
    relation = chosen_relation(context, options)
    pairs = key_values(args)
    pairs = {**from_file(options, call), **pairs}
    side = "app" if options["app"] else "unit"
    if side == "app" and not context.is_leader():
        raise ToolError("cannot write relation settings")
    if pairs:
        context.pending.relations.setdefault((relation["id"], side), {}).update(pairs)


@tool(
    "relation-model-get",
    summary="Gets details about the model housing a related application.",
    details="Prints the model's uuid.",
    flags=lambda context: [relation_flag(context)],
    formats=SMART,
)
def relation_model_get(context: Context, options: Options, args: list[str], call: Call) -> Entry:
    """The uuid of the model at the other end."""
    relation = chosen_relation(context, options)
    return {"uuid": relation.get("remote-model") or context.data["model"]["uuid"]}
