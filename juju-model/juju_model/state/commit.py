"""How the model changes when a hook begins, ends well, fails, is interrupted or is skipped."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..values import Entry, Model
from . import machines, model, relation_hooks, secret_store
from .flush import flush
from .pending import Pending

Settle = Callable[[Model, str, Entry], None]
BEGIN_STATUS = {
    "install": ("maintenance", "installing charm software"),
    "stop": ("maintenance", "stopping charm software"),
    "remove": ("maintenance", "cleaning up prior to charm deletion"),
}


def begin_hook(data: Model, unit: str, hook: Entry) -> Entry:
    """The hook is about to run; returns the hook with what it will have seen."""
    state = data["units"][unit]
    hook = dict(hook)
    if hook["kind"] == "relation-created":
        relation_hooks.enter(data, unit, hook)
    if hook["kind"] == "relation-changed" and str(hook["relation"]) in data["relations"]:
        hook["version"] = relation_hooks.version(data, hook)
    if hook["kind"] == "config-changed":
        hook["hash"] = model.settings_hash(data, unit)
    if hook["kind"] == "leader-settings-changed":
        app = data["applications"][model.application_of(unit)]
        hook["version"] = app["leader-settings-version"]
    if hook["kind"] in BEGIN_STATUS:
        state["workload"] = model.status(*BEGIN_STATUS[hook["kind"]])
    state["agent"] = model.status("executing", f"running {hook['name']} hook")
    state["uniter"]["current"] = {"hook": hook, "step": "running"}
    state.pop("resolved", None)
    return hook


def commit_hook(data: Model, unit: str, pending: Pending, hook: Entry) -> None:
    """The hook ended well: keep what it asked for, and what the unit now knows."""
    flush(data, unit, pending)
    message = data["units"][unit]["workload"]["message"]
    if hook["kind"] == "start" and message == BEGIN_STATUS["install"][1]:
        data["units"][unit]["workload"] = model.status("unknown")
    settle_hook(data, unit, hook)
    if pending.reboot:
        reboot(data, data["units"][unit]["machine"])


def settle_hook(data: Model, unit: str, hook: Entry) -> None:
    """The hook counts as done."""
    uniter = data["units"][unit]["uniter"]
    uniter["current"] = None
    if hook.get("by-hand"):
        uniter["queue"] = uniter["queue"][1:]
        return
    if hook["kind"].startswith("relation-"):
        relation_hooks.commit(data, unit, hook)
    elif hook["kind"].startswith("secret-"):
        settle_secret(data, unit, hook)
    elif hook["kind"].startswith("storage-"):
        settle_storage(data, unit, hook)
    elif hook["kind"] in SETTLE:
        SETTLE[hook["kind"]](data, unit, hook)


def mark(field: str) -> Settle:
    """A hook that sets one field of the unit agent's state."""

    def settle(data: Model, unit: str, hook: Entry) -> None:
        data["units"][unit]["uniter"][field] = True

    return settle


def settle_config(data: Model, unit: str, hook: Entry) -> None:
    """config-changed has seen these settings."""
    data["units"][unit]["uniter"]["config-hash"] = hook["hash"]
    relation_hooks.refresh_addresses(data, unit)


def settle_leader_settings(data: Model, unit: str, hook: Entry) -> None:
    """leader-settings-changed has seen this version."""
    data["units"][unit]["uniter"]["leader-settings-seen"] = hook["version"]


def settle_stop(data: Model, unit: str, hook: Entry) -> None:
    """Next comes remove."""
    data["units"][unit]["uniter"]["stopped"] = True
    data["units"][unit]["workload"] = model.status("maintenance", "stopping charm software")


def settle_remove(data: Model, unit: str, hook: Entry) -> None:
    """The unit is over."""
    data["units"][unit]["uniter"]["removed"] = True
    data["units"][unit]["workload"] = model.status("terminated")


SETTLE = {
    "install": mark("installed"),
    "start": mark("started"),
    "leader-elected": mark("leader"),
    "config-changed": settle_config,
    "leader-settings-changed": settle_leader_settings,
    "stop": settle_stop,
    "remove": settle_remove,
}


def settle_secret(data: Model, unit: str, hook: Entry) -> None:
    """Told once of each change."""
    secret = data["secrets"].get(hook["secret"])
    if secret is None:
        return
    if hook["kind"] == "secret-changed":
        secret["consumers"].setdefault(unit, {"revision": 0, "label": ""})["told"] = hook["latest"]
    elif hook["kind"] == "secret-rotate":
        period = secret_store.ROTATION[secret["rotate"]]
        secret["next-rotate"] = time.time() + period if period else None
    elif hook["kind"] == "secret-expired":
        secret["expired-told"] = hook["revision"]
    else:
        seen = data["units"][unit]["uniter"]["obsolete-seen"]
        seen.append(f"{hook['secret']}/{hook['revision']}")


def settle_storage(data: Model, unit: str, hook: Entry) -> None:
    """Attached storage is known, detached storage is gone."""
    state = data["units"][unit]
    if hook["kind"] == "storage-attached":
        state["uniter"]["storage"].append(hook["storage"])
        return
    state["uniter"]["storage"].remove(hook["storage"])
    state["storage"].pop(hook["storage"], None)


def reboot(data: Model, machine: str) -> None:
    """The machine has booted again: every unit on it runs start once more."""
    for unit in machines.units_on(data, machine):
        data["units"][unit]["uniter"]["started"] = False


def fail_hook(data: Model, unit: str, hook: Entry) -> None:
    """The unit is in error until the hook is resolved."""
    state = data["units"][unit]
    state["uniter"]["current"] = {"hook": hook, "step": "failed"}
    message = f'hook failed: "{hook["name"]}"'
    state["agent"] = model.status("error", message)


def requeue_hook(data: Model, unit: str, hook: Entry) -> None:
    """The hook's process was killed: it will be run again."""
    data["units"][unit]["uniter"]["current"] = {"hook": hook, "step": "requeued"}


def skip_hook(data: Model, unit: str, hook: Entry) -> None:
    """`resolved --no-retry`: go on as if the hook had ended well."""
    data["units"][unit].pop("resolved", None)
    settle_hook(data, unit, hook)


def recover_machine(data: Model, machine: str) -> None:
    """The agent of a machine has been started again."""
    for unit in machines.units_on(data, machine):
        recover(data, unit)


def recover(data: Model, unit: str) -> None:
    """The agent has been started again: a hook whose end it did not see has failed."""
    state = data["units"][unit]
    current = state["uniter"]["current"]
    if current and current["step"] == "running":
        fail_hook(data, unit, current["hook"])
    forget_news_of_secrets(data, unit)
    for action in data["actions"].values():
        if action["unit"] == unit and action["status"] == "running":
            action.update(status="failed", message="action terminated")
    for number, command in list(data["commands"].items()):
        if command["unit"] == unit:
            del data["commands"][number]


def forget_news_of_secrets(data: Model, unit: str) -> None:
    """An agent that starts takes the newest revisions for those that its unit was told of.

    So a revision that came while the agent was down causes no hook, if one has before.
    """
    for secret in data["secrets"].values():
        reader = secret["consumers"].get(unit, {})
        if "told" in reader:
            reader["told"] = secret["latest"]


def not_leader(data: Model, unit: str) -> None:
    """No hook is run for it."""
    data["units"][unit]["uniter"]["leader"] = False


def idle(data: Model, unit: str) -> None:
    """Nothing to do."""
    data["units"][unit]["agent"] = model.status("idle")
