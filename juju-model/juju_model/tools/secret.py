"""Hook tools about secrets: adding, changing, granting. Reading is in tools_secret_get."""

from __future__ import annotations

from ..formats import quote
from ..state import model, secret_labels, secret_store
from ..values import Entry, Options
from . import secret_args
from .command import Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError
from .relation import relation_flag


def known_secret(context: Context, secret_id: str) -> Entry | None:
    """A secret as this hook sees it, pending ones included; None if there is none."""
    changes = context.pending.secrets
    if secret_id in changes.creates:
        return changes.creates[secret_id]
    if secret_id in changes.deletes and changes.deletes[secret_id] is None:
        return None
    return context.data["secrets"].get(secret_id)


def managed(context: Context, secret_id: str) -> Entry:
    """A secret this unit may change, or ToolError."""
    secret = known_secret(context, secret_id)
    if secret is None or not secret_store.owned_by(secret, context.unit):
        raise ToolError(f"secret {quote(secret_id)} not found")
    if secret["owner"]["kind"] == "application" and not context.is_leader():
        raise ToolError("this unit is not the leader")
    return secret


def owned(context: Context) -> dict[str, Entry]:
    """The secrets this unit may change: its own, and the leader its application's."""
    every = {**context.data["secrets"], **context.pending.secrets.creates}
    kinds = ("unit", "application") if context.is_leader() else ("unit",)
    return {
        secret_id: secret
        for secret_id, secret in sorted(every.items())
        if known_secret(context, secret_id) is not None
        and secret_store.owned_by(secret, context.unit)
        and secret["owner"]["kind"] in kinds
    }


@tool(
    "secret-add",
    "[key[#base64|#file]=value...]",
    summary="Adds a new secret.",
    details="""Prints the secret's URI. The application owns it (for the leader alone) unless
`--owner unit` is given. `key#base64=` takes base64, `key#file=` the name of a file. The secret is
made when the hook has ended well.""",
    flags=secret_args.edit_flags,
    positional=None,
)
def secret_add(context: Context, options: Options, args: list[str], call: Call) -> str:
    """A new secret."""
    fields = secret_args.fields(options)
    if not args and not options["file"]:
        raise UsageError("missing secret value or filename")
    content = secret_args.content(args, options["file"], call)
    kind = options["owner"]
    if kind == "application" and not context.is_leader():
        raise ToolError("this unit is not the leader")
    name = secret_store.owner_entity(context.data, context.unit, kind)
    secret = secret_store.new_secret(kind, name, content, fields)
    others = {**context.data["secrets"], **context.pending.secrets.creates}
    shared = context.profile.labels_are_shared
    try:
        secret_labels.refuse_for_owner(others, "", secret["owner"], secret["label"], shared)
    except secret_labels.LabelTaken as error:
        raise ToolError(str(error)) from None
    secret_id = secret_store.new_id()
    context.pending.secrets.creates[secret_id] = secret
    return f"secret:{secret_id}\n"


@tool(
    "secret-set",
    "<ID> [key[#base64]=value...]",
    summary="Updates an existing secret.",
    details="New content makes a new revision; without content only the metadata is changed.",
    flags=secret_args.edit_flags,
    positional=None,
)
def secret_set(context: Context, options: Options, args: list[str], call: Call) -> None:
    """New content or metadata."""
    secret_id = secret_args.required_id(args)
    fields = secret_args.fields(options)
    content = secret_args.content(args[1:], options["file"], call)
    managed(context, secret_id)
    changes = context.pending.secrets
    if secret_id in changes.creates:
        secret_store.set_fields(changes.creates[secret_id], fields)
        if content:
            changes.creates[secret_id]["revisions"]["1"]["data"] = content
        return
    update = changes.updates.setdefault(secret_id, {"fields": {}, "content": {}})
    update["fields"].update({key: value for key, value in fields.items() if value is not None})
    update["content"] = content or update["content"]


@tool(
    "secret-remove",
    "<ID>",
    summary="Removes an existing secret.",
    details="With `--revision` only that revision.",
    flags=lambda context: [
        Flag(("revision",), "value", None, "remove the specified revision", revision_number)
    ],
    positional=1,
)
def secret_remove(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Remove a secret or one revision."""
    secret_id = secret_args.required_id(args)
    managed(context, secret_id)
    context.pending.secrets.forget(secret_id)
    context.pending.secrets.deletes[secret_id] = options["revision"]


def revision_number(text: str) -> int:
    """A number from 1."""
    if not text.isdigit():
        raise ValueError(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    return int(text)


@tool(
    "secret-grant",
    "<ID>",
    summary="Grants access to a secret.",
    details="""The remote application of the relation, or with `--unit` one of its units, may read
the secret for as long as the relation lives.""",
    flags=lambda context: [
        relation_flag(context),
        Flag(("unit",), "string", "", "the unit to grant access"),
    ],
    positional=1,
)
def secret_grant(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Let the other end of a relation read."""
    secret_id = secret_args.required_id(args)
    relation = context.relation(options["relation"])
    if relation is None:
        raise UsageError("no relation id specified")
    remote = model.remote_application(relation, context.application)
    unit = options["unit"]
    if unit and model.application_of(unit) != remote:
        raise UsageError(
            f"cannot specify unit {quote(unit)} in relation to application {quote(remote)}"
        )
    managed(context, secret_id)
    context.pending.secrets.grants.append(
        {"secret": secret_id, "target": unit or remote, "relation": relation["id"]}
    )


@tool(
    "secret-revoke",
    "<ID>",
    summary="Revokes access to a secret.",
    details="By relation, by application or by unit.",
    flags=lambda context: [
        relation_flag(context),
        Flag(("app", "application"), "string", "", "the application to revoke access"),
        Flag(("unit",), "string", "", "the unit to revoke access"),
    ],
    positional=1,
)
def secret_revoke(context: Context, options: Options, args: list[str], call: Call) -> None:
    """Take the permission back."""
    secret_id = secret_args.required_id(args)
    application, unit = options["application"], options["unit"]
    if application and unit:
        raise UsageError("specify only one of application or unit")
    if not (application or unit or options["relation"] is not None):
        raise UsageError("missing relation or application or unit")
    managed(context, secret_id)
    context.pending.secrets.revokes.append(
        {
            "secret": secret_id,
            "target": unit or application or None,
            "relation": options["relation"],
        }
    )
