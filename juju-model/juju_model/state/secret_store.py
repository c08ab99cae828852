"""Secrets in the model: who may read and manage them, revisions, what a flush does.

A secret has an owner ("application", "unit" or "model"), revisions of base64 values, consumers
(unit -> tracked revision and label) and grants (target, relation).
"""

from __future__ import annotations

import datetime
import secrets
import time

from ..values import Entry, Model
from . import model, secret_labels
from .pending import SecretChanges

ALPHABET = "0123456789abcdefghijklmnopqrstuv"
HOUR = 3600
DAY = 24 * HOUR
ROTATION = {
    "never": None,
    "hourly": HOUR,
    "daily": DAY,
    "weekly": 7 * DAY,
    "monthly": 30 * DAY,
    "quarterly": 91 * DAY,
    "yearly": 365 * DAY,
}


class SecretError(Exception):
    """A rule of secrets is broken; the text is the controller's."""


def new_id() -> str:
    """20 characters of 0-9a-v."""
    return "".join(secrets.choice(ALPHABET) for _ in range(20))


def new_secret(owner_kind: str, owner_name: str, content: dict[str, str], fields: Entry) -> Entry:
    """A secret with its first revision."""
    secret: Entry = {
        "owner": {"kind": owner_kind, "name": owner_name},
        "label": "",
        "description": "",
        "rotate": "never",
        "next-rotate": None,
        "expire": None,
        "latest": 1,
        "revisions": {"1": {"data": content}},
        "consumers": {},
        "grants": [],
        "name": "",
    }
    set_fields(secret, fields)
    return secret


def set_fields(secret: Entry, fields: Entry) -> None:
    """Label, description, rotation, expiry: those that are given."""
    for key in ("label", "description", "expire", "name"):
        if fields.get(key) is not None:
            secret[key] = fields[key]
    if fields.get("rotate") is not None and fields["rotate"] != secret["rotate"]:
        secret["rotate"] = fields["rotate"]
        period = ROTATION[secret["rotate"]]
        secret["next-rotate"] = time.time() + period if period else None


def add_revision(secret: Entry, content: dict[str, str]) -> None:
    """A new revision, if the content differs from the newest; old ones nobody tracks stay
    until their owner removes them."""
    if not content or content == secret["revisions"][str(secret["latest"])]["data"]:
        return
    secret["latest"] += 1
    secret["revisions"][str(secret["latest"])] = {"data": content}


def owner_entity(data: Model, unit: str, kind: str) -> str:
    """The owner's name for a secret added by `unit`."""
    return unit if kind == "unit" else model.application_of(unit)


def owned_by(secret: Entry, unit: str) -> bool:
    """True if the unit, or its application, owns the secret."""
    owner = secret["owner"]
    names = {"unit": unit, "application": model.application_of(unit)}
    return names.get(owner["kind"]) == owner["name"]


def is_manager(data: Model, secret: Entry, unit: str) -> bool:
    """True if the unit owns the secret, or leads the application that owns it."""
    if secret["owner"]["kind"] == "application":
        return owned_by(secret, unit) and model.is_leader(data, unit)
    return owned_by(secret, unit)


def may_read(data: Model, secret: Entry, unit: str) -> bool:
    """Owner, the owner's units, and whoever has a grant that still stands."""
    if owned_by(secret, unit):
        return True
    targets = (unit, model.application_of(unit))
    return any(
        grant["target"] in targets and grant_stands(data, grant) for grant in secret["grants"]
    )


def grant_stands(data: Model, grant: Entry) -> bool:
    """A grant dies with its relation; one by the operator has none."""
    return grant["relation"] is None or str(grant["relation"]) in data["relations"]


def track(
    data: Model, secret_id: str, unit: str, revision: int | None = None, label: str | None = None
) -> None:
    """Pin the unit to a revision, or set its own label for the secret."""
    consumers = data["secrets"][secret_id]["consumers"]
    consumer = consumers.setdefault(unit, {"revision": revision, "label": ""})
    if revision is not None:
        consumer["revision"] = revision
    if label:
        consumer["label"] = label


def obsolete_revisions(secret: Entry) -> list[int]:
    """Revisions that are not the newest and that no consumer tracks, oldest first."""
    tracked = {consumer["revision"] for consumer in secret["consumers"].values()}
    numbers = sorted(int(number) for number in secret["revisions"])
    return [n for n in numbers if n != secret["latest"] and n not in tracked]


def flush(data: Model, unit: str, changes: SecretChanges) -> None:
    """Apply what a hook asked for; SecretError refuses all of it."""
    stored = data["secrets"]
    for secret_id, create in changes.creates.items():
        refuse_unless_managed(data, unit, create)
        refuse_label(data, secret_id, create, create["label"])
        stored[secret_id] = create
    for secret_id, update in changes.updates.items():
        secret = existing(stored, secret_id)
        refuse_unless_managed(data, unit, secret)
        refuse_label(data, secret_id, secret, update["fields"].get("label") or "")
        set_fields(secret, update["fields"])
        add_revision(secret, update["content"])
    for secret_id in changes.track_latest:
        track(data, secret_id, unit, existing(stored, secret_id)["latest"])
    for secret_id, revision in changes.deletes.items():
        if secret_id in stored:
            refuse_unless_managed(data, unit, stored[secret_id])
        remove(stored, secret_id, revision)
    for grant in changes.grants:
        add_grant(existing(stored, grant["secret"]), grant)
    for revoke in changes.revokes:
        drop_grants(existing(stored, revoke["secret"]), revoke)


def refuse_unless_managed(data: Model, unit: str, secret: Entry) -> None:
    """An application's secrets are its leader's: leadership may be lost since the tool ran."""
    if not is_manager(data, secret, unit):
        raise SecretError("this unit is not the leader")


def refuse_label(data: Model, secret_id: str, secret: Entry, label: str) -> None:
    """SecretError if the owner cannot give the label."""
    shared = model.profile_of(data).labels_are_shared
    try:
        secret_labels.refuse_for_owner(data["secrets"], secret_id, secret["owner"], label, shared)
    except secret_labels.LabelTaken as error:
        raise SecretError(str(error)) from None


def existing(secrets: Entry, secret_id: str) -> Entry:
    """The secret, or SecretError."""
    if secret_id not in secrets:
        raise SecretError(f'secret "{secret_id}" not found')
    return secrets[secret_id]


def remove(secrets: Entry, secret_id: str, revision: int | None) -> None:
    """The whole secret, or one revision; the last revision takes the secret with it."""
    secret = secrets.get(secret_id)
    if secret is None:
        return
    if revision is not None:
        secret["revisions"].pop(str(revision), None)
    if revision is None or not secret["revisions"]:
        del secrets[secret_id]
    elif str(secret["latest"]) not in secret["revisions"]:
        secret["latest"] = max(int(number) for number in secret["revisions"])


def add_grant(secret: Entry, grant: Entry) -> None:
    """Let a target read, for as long as the relation lives."""
    entry = {"target": grant["target"], "relation": grant["relation"]}
    if entry not in secret["grants"]:
        secret["grants"].append(entry)


def drop_grants(secret: Entry, revoke: Entry) -> None:
    """Take grants back, by relation or by target; an application's go with its units'."""
    secret["grants"] = [grant for grant in secret["grants"] if not revoked(grant, revoke)]


def revoked(grant: Entry, revoke: Entry) -> bool:
    """True if this grant is meant."""
    if revoke["target"] is None:
        return grant["relation"] == revoke["relation"]
    application = grant["target"].partition("/")[0]
    return revoke["target"] in (grant["target"], application)


def timestamp(moment: float) -> str:
    """RFC3339 in UTC."""
    zone = datetime.timezone.utc
    return datetime.datetime.fromtimestamp(moment, zone).strftime("%Y-%m-%dT%H:%M:%SZ")
