"""Hook tools that read secrets."""

from __future__ import annotations

import base64

from ..formats import Fields, NilList, quote
from ..state import secret_labels, secret_store
from ..values import Entry, Model, Options, Settings
from . import secret_args
from .command import SMART, YAML_FIRST, Call, ToolError, tool
from .context import Context
from .gnuflag import Flag, UsageError
from .secret import known_secret, managed, owned


def label_flag() -> Flag:
    """--label."""
    return Flag(("label",), "string", "", "a label used to identify the secret")


@tool(
    "secret-get",
    "<ID> [key[#base64]]",
    summary="Gets the content of a secret.",
    details="""The first read pins the revision that later reads give; `--refresh` moves on to the
newest, `--peek` shows it once. An ID together with `--label` names the secret for later.""",
    flags=lambda context: [
        label_flag(),
        Flag(("peek",), "bool", False, "get the latest revision just this time"),
        Flag(("refresh",), "bool", False, "get the latest revision from now on"),
    ],
    formats=YAML_FIRST,
    positional=2,
)
def secret_get(context: Context, options: Options, args: list[str], call: Call) -> Settings | str:
    """The content, or one value of it."""
    if not args and not options["label"]:
        raise UsageError("require either a secret URI or label")
    if options["peek"] and options["refresh"]:
        raise UsageError("specify one of --peek or --refresh but not both")
    secret_id = secret_args.secret_id(args[0]) if args and args[0] else None
    key = args[1] if len(args) > 1 else ""
    if secret_id is None:
        secret_id = by_label(context, options["label"])
    data = read(context, secret_id, options)
    if not key:
        return {name: decoded(value) for name, value in data.items()}
    name, _, encoding = key.partition("#")
    if name not in data:
        raise ToolError(f"secret key value {quote(key)} not found")
    return data[name] if encoding == "base64" else decoded(data[name])


def decoded(value: str) -> str:
    """The text of a base64 value."""
    return base64.b64decode(value).decode("utf-8", "surrogateescape")


def by_label(context: Context, label: str) -> str:
    """The id of a secret by its owner's label or by this unit's own."""
    every = {**context.data["secrets"], **context.pending.secrets.creates}
    for secret_id, secret in every.items():
        if secret["label"] == label and secret_store.owned_by(secret, context.unit):
            return secret_id
        consumer = secret["consumers"].get(context.unit)
        if consumer and consumer["label"] == label:
            return secret_id
    raise ToolError(f"consumer label {quote(label)} not found")


def read(context: Context, secret_id: str, options: Options) -> Settings:
    """The content this unit gets; its first read pins the revision at once."""
    secret = known_secret(context, secret_id)
    if secret is None:
        raise ToolError(f"secret {quote(secret_id)} not found")
    if not secret_store.may_read(context.data, secret, context.unit):
        raise ToolError("permission denied")
    changes = context.pending.secrets
    if secret_id in changes.creates:
        return secret["revisions"]["1"]["data"]
    if secret_store.owned_by(secret, context.unit) and not context.profile.pins_owners:
        return newest(context, secret_id, secret, options)
    pin(context, secret_id, secret, options)
    if options["refresh"]:
        changes.track_latest.add(secret_id)
    if options["peek"] or secret_id in changes.track_latest:
        return with_pending(context, secret_id, secret)
    tracked = context.data["secrets"][secret_id]["consumers"][context.unit]["revision"]
    revision = secret["revisions"].get(str(tracked))
    if revision is None:
        raise ToolError(f'secret revision "{secret_id}/{tracked}" not found')
    return revision["data"]


def newest(context: Context, secret_id: str, secret: Entry, options: Options) -> Settings:
    """What an owner gets before Juju 3.1.7: it reads the newest revision, and tracks none."""
    if options["refresh"]:
        raise ToolError("secret owner cannot use --refresh")
    return with_pending(context, secret_id, secret)


def with_pending(context: Context, secret_id: str, secret: Entry) -> Settings:
    """The newest revision, as this hook may have changed it."""
    pending = context.pending.secrets.updates.get(secret_id, {}).get("content")
    return pending or secret["revisions"][str(secret["latest"])]["data"]


def pin(context: Context, secret_id: str, secret: Entry, options: Options) -> None:
    """Become a consumer, or take a new label."""
    consumer = secret["consumers"].get(context.unit)
    label = options["label"]
    if label == secret["label"] and secret_store.is_manager(context.data, secret, context.unit):
        label = ""  # an owner's own name for it
    if label and context.profile.labels_are_shared:
        try:
            secrets = context.data["secrets"]
            secret_labels.refuse_for_reader(secrets, secret_id, context.unit, label)
        except secret_labels.LabelTaken as error:
            raise ToolError(str(error)) from None
    if consumer is None:
        arguments = (secret_id, context.unit, secret["latest"], label)
        context.store.change(secret_store.track, *arguments)
    elif label and consumer["label"] != label:
        context.store.change(secret_store.track, secret_id, context.unit, None, label)


@tool(
    "secret-ids",
    summary="Prints secret IDs.",
    details="Those this unit, or as leader its application, owns.",
    formats=SMART,
)
def secret_ids(context: Context, options: Options, args: list[str], call: Call) -> NilList:
    """Ids of owned secrets."""
    return NilList(owned(context))


@tool(
    "secret-info-get",
    "<ID>",
    summary="Gets a secret's metadata info.",
    details="For owned secrets alone.",
    flags=lambda context: [label_flag()],
    formats=YAML_FIRST,
    positional=1,
)
def secret_info_get(context: Context, options: Options, args: list[str], call: Call) -> Entry:
    """All but the content."""
    label = options["label"]
    if not args and not label:
        raise UsageError("require either a secret URI or label")
    if args and label:
        raise UsageError("specify either a secret URI or label but not both")
    wanted = secret_args.secret_id(args[0]) if args else label
    for secret_id, secret in owned(context).items():
        if wanted in (secret_id, label and secret["label"]):
            managed(context, secret_id)
            stored = secret_id in context.data["secrets"]
            return {secret_id: info(context.data, secret, stored)}
    raise ToolError(f"secret {quote(wanted)} not found")


def info(data: Model, secret: Entry, stored: bool) -> Fields:
    """The fields in their order; empty ones are left out. A pending secret has no rotation yet."""
    result = Fields(revision=secret["latest"], label=secret["label"], owner=secret["owner"]["kind"])
    if secret["description"]:
        result["description"] = secret["description"]
    if secret["rotate"] != "never":
        result["rotation"] = secret["rotate"]
    if secret["expire"]:
        result["expiry"] = secret_store.timestamp(secret["expire"])
    if secret["next-rotate"] and stored:
        result["rotates"] = secret_store.timestamp(secret["next-rotate"])
    access = [grant_info(data, secret, grant) for grant in secret["grants"]]
    if access:
        result["access"] = access
    return result


def grant_info(data: Model, secret: Entry, grant: Entry) -> Fields:
    """Who may read, and through what."""
    kind = "unit" if "/" in grant["target"] else "application"
    relation = data["relations"].get(str(grant["relation"]))
    scope = f"application-{secret['owner']['name']}"
    if relation:
        ends = (f"{name}.{end['name']}" for name, end in sorted(relation["endpoints"].items()))
        scope = f"relation-{'#'.join(ends)}"
    return Fields(target=f"{kind}-{grant['target'].replace('/', '-')}", scope=scope, role="view")
