"""What a unit does next: a pure function of the model and of two timers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ..values import Entry, Model
from . import model, relation_hooks, secret_store


@dataclass
class Timers:
    """What the clock says to a unit."""

    retry_due: bool = False
    update_status_due: bool = False


def operation(do: Any, **details: Any) -> Entry:
    """Something to do."""
    return {"do": do, **details}


def hook(name: str, kind: str | None = None, **details: Any) -> Entry:
    """Run a hook."""
    return operation("hook", hook={"name": name, "kind": kind or name, **details})


def next_operation(data: Model, unit: str, timers: Timers) -> Entry | None:
    """The operation that is due, or None if the unit is idle (or waits in error)."""
    state = data["units"].get(unit)
    if state is None:
        return None
    uniter = state["uniter"]
    if uniter["removed"]:
        return operation("terminate")
    if uniter["current"]:
        return unfinished(data, unit, timers)
    if not uniter["installed"]:
        return first_steps(data, unit)
    for step in DYING_STEPS if state["life"] == "dying" else STEPS:
        found = step(data, unit)
        if found:
            return found
    if timers.update_status_due and state["life"] == "alive" and uniter["started"]:
        return hook("update-status")
    return None


def unfinished(data: Model, unit: str, timers: Timers) -> Entry | None:
    """A hook failed or was interrupted: actions and commands may run, nothing else."""
    state = data["units"][unit]
    current = state["uniter"]["current"]
    if current["step"] == "requeued":
        return requests(data, unit) or operation("hook", hook=current["hook"])
    if current["step"] != "failed":
        return None
    resolved = state.get("resolved")
    if resolved == "no-retry":
        return operation("skip", hook=current["hook"])
    automatic = timers.retry_due and data["model"]["config"]["automatically-retry-hooks"]
    waiting = requests(data, unit)
    if waiting:
        return waiting
    if resolved == "retry" or automatic:
        return operation("hook", hook=current["hook"])
    return None


def requests(data: Model, unit: str) -> Entry | None:
    """Actions, then commands: the oldest first."""
    for kind, table in (("action", data["actions"]), ("command", data["commands"])):
        waiting = [
            number
            for number, entry in table.items()
            if entry["unit"] == unit and entry["status"] == "pending"
        ]
        if waiting:
            return operation(kind, id=min(waiting, key=int))
    return None


def first_steps(data: Model, unit: str) -> Entry:
    """Deploy the charm, attach storage, install."""
    state = data["units"][unit]
    if state["uniter"]["charm-revision"] is None:
        return operation("deploy-charm")
    return storage_attached(data, unit) or hook("install")


def upgrade(data: Model, unit: str) -> Entry | None:
    """The application's charm has a newer revision."""
    app = data["applications"][model.application_of(unit)]
    if data["units"][unit]["uniter"]["charm-revision"] != app["charm-revision"]:
        return operation("upgrade-charm")
    return None


def leadership(data: Model, unit: str) -> Entry | None:
    """Elected, deposed without a hook, or told of new settings."""
    uniter = data["units"][unit]["uniter"]
    app = data["applications"][model.application_of(unit)]
    if model.is_leader(data, unit):
        return None if uniter["leader"] else hook("leader-elected")
    if uniter["leader"] or uniter["leader"] is None:
        return operation("not-leader")
    if not model.profile_of(data).has_leader_settings:
        return None
    if uniter["leader-settings-seen"] != app["leader-settings-version"]:
        return hook("leader-settings-changed")
    return None


def secrets(data: Model, unit: str) -> Entry | None:
    """What consumers and owners of secrets are told."""
    for secret_id, secret in sorted(data["secrets"].items()):
        owner = secret_store.owned_by(secret, unit)
        if owner and (secret["owner"]["kind"] == "unit" or model.is_leader(data, unit)):
            found = owner_secret(data, unit, secret_id, secret)
        else:
            found = consumer_secret(data, unit, secret_id, secret)
        if found:
            return found
    return None


def consumer_secret(data: Model, unit: str, secret_id: str, secret: Entry) -> Entry | None:
    """secret-changed: once for each revision after the one that was read."""
    consumer = secret["consumers"].get(unit)
    if not consumer or not secret_store.may_read(data, secret, unit):
        return None
    if max(consumer["revision"], consumer.get("told", 0)) < secret["latest"]:
        label = consumer["label"]
        return hook("secret-changed", secret=secret_id, label=label, latest=secret["latest"])
    return None


def owner_secret(data: Model, unit: str, secret_id: str, secret: Entry) -> Entry | None:
    """secret-rotate, secret-expired, secret-remove."""
    moment = time.time()
    details = {"secret": secret_id, "label": secret["label"]}
    if secret["next-rotate"] and secret["next-rotate"] <= moment:
        return hook("secret-rotate", **details)
    latest = secret["latest"]
    if secret["expire"] and secret["expire"] <= moment and secret.get("expired-told") != latest:
        return hook("secret-expired", revision=latest, **details)
    told = data["units"][unit]["uniter"]["obsolete-seen"]
    for revision in secret_store.obsolete_revisions(secret):
        if f"{secret_id}/{revision}" not in told:
            return hook("secret-remove", revision=revision, **details)
    return None


def storage_attached(data: Model, unit: str) -> Entry | None:
    """Storage that the unit has not been told of."""
    state = data["units"][unit]
    for storage in sorted(state["storage"]):
        if storage not in state["uniter"]["storage"]:
            name = storage.rpartition("/")[0]
            return hook(f"{name}-storage-attached", "storage-attached", storage=storage)
    return None


def storage_detaching(data: Model, unit: str) -> Entry | None:
    """Storage of a unit that goes."""
    for storage in sorted(data["units"][unit]["uniter"]["storage"]):
        name = storage.rpartition("/")[0]
        return hook(f"{name}-storage-detaching", "storage-detaching", storage=storage)
    return None


def config(data: Model, unit: str) -> Entry | None:
    """config-changed: settings, trust or addresses are not what they were."""
    if data["units"][unit]["uniter"]["config-hash"] != model.settings_hash(data, unit):
        return hook("config-changed")
    return None


def start(data: Model, unit: str) -> Entry | None:
    """Once, and again after a reboot."""
    return None if data["units"][unit]["uniter"]["started"] else hook("start")


def by_hand(data: Model, unit: str) -> Entry | None:
    """A hook the operator asked for."""
    queue = data["units"][unit]["uniter"]["queue"]
    return operation("hook", hook=queue[0]) if queue else None


def stop(data: Model, unit: str) -> Entry:
    """The end: stop, then remove."""
    uniter = data["units"][unit]["uniter"]
    return hook("remove") if uniter["stopped"] else hook("stop")


STEPS = (
    upgrade,
    relation_hooks.created,
    leadership,
    secrets,
    requests,
    storage_attached,
    config,
    start,
    by_hand,
    relation_hooks.hooks,
)
DYING_STEPS = (requests, relation_hooks.hooks, storage_detaching, stop)


def deadline(data: Model, unit: str) -> float | None:
    """When time alone makes something due (seconds since the epoch), or None."""
    moments = []
    for secret in data["secrets"].values():
        if secret_store.owned_by(secret, unit):
            moments += [moment for moment in (secret["next-rotate"], secret["expire"]) if moment]
    later = [moment for moment in moments if moment > time.time()]
    return min(later) if later else None
