"""Which relation hook is due."""

from __future__ import annotations

from typing import Any

from ..values import Entry, Model
from . import model


def relation_hook(relation: Entry, unit: str, suffix: str, **details: Any) -> Entry:
    """A relation hook as the agent runs it."""
    application = model.application_of(unit)
    name = f"{model.endpoint_name(relation, application)}-relation-{suffix}"
    hook = {
        "name": name,
        "kind": f"relation-{suffix}",
        "relation": relation["id"],
        "remote-unit": "",
        "remote-app": model.remote_application(relation, application),
        **details,
    }
    return {"do": "hook", "hook": hook}


def created(data: Model, unit: str) -> Entry | None:
    """Relations the unit has not entered yet."""
    local = data["units"][unit]["uniter"]["relations"]
    for relation in model.relations_of(data, model.application_of(unit)):
        if relation["life"] == "alive" and str(relation["id"]) not in local:
            return relation_hook(relation, unit, "created")
    return None


def hooks(data: Model, unit: str) -> Entry | None:
    """The next hook of any relation the unit is in, oldest relation first."""
    local = data["units"][unit]["uniter"]["relations"]
    for relation in model.relations_of(data, model.application_of(unit)):
        if str(relation["id"]) in local:
            found = of_relation(data, unit, relation, local[str(relation["id"])])
            if found:
                return found
    return None


def of_relation(data: Model, unit: str, relation: Entry, local: Entry) -> Entry | None:
    """departed, broken, changed after joined, changed of the application, joined, changed."""
    dying = data["units"][unit]["life"] == "dying"
    going = dying or relation["life"] != "alive"
    present = [] if going else model.members(relation, unit)
    for member in sorted(local["members"], key=model.unit_number):
        if member not in present:
            who = unit if dying else member
            return relation_hook(
                relation, unit, "departed", **{"remote-unit": member, "departing": who}
            )
    if going:
        return relation_hook(relation, unit, "broken")
    return changes(data, unit, relation, local, present)


def changes(
    data: Model, unit: str, relation: Entry, local: Entry, present: list[str]
) -> Entry | None:
    """What the other side has written or who has come."""
    for member, version in local["members"].items():
        if version is None:
            return relation_hook(relation, unit, "changed", **{"remote-unit": member})
    if application_changed(data, unit, relation, local):
        return relation_hook(relation, unit, "changed")
    for member in present:
        if member not in local["members"]:
            return relation_hook(relation, unit, "joined", **{"remote-unit": member})
    for member in present:
        if local["members"][member] != relation["units"][member]["version"]:
            return relation_hook(relation, unit, "changed", **{"remote-unit": member})
    return None


def application_changed(data: Model, unit: str, relation: Entry, local: Entry) -> bool:
    """True if the remote application's bag is news; a leader knows what it wrote itself."""
    if model.is_peer(relation) and model.is_leader(data, unit):
        return False
    remote = model.remote_application(relation, model.application_of(unit))
    bag = relation["apps"].get(remote, {"version": 0})
    return local["app-version"] != bag["version"]


def enter(data: Model, unit: str, hook: Entry) -> None:
    """Before -relation-created: the unit is in scope, with Juju's own settings in its bag."""
    relation = data["relations"][str(hook["relation"])]
    bag = relation["units"].setdefault(unit, {"settings": {}, "version": 0, "in-scope": True})
    bag["in-scope"] = True
    bag["settings"].update(model.relation_defaults(data, unit))


def commit(data: Model, unit: str, hook: Entry) -> None:
    """After a relation hook: what the unit now knows."""
    relation = data["relations"].get(str(hook["relation"]))
    if relation is None:
        return
    known = data["units"][unit]["uniter"]["relations"]
    rid = str(relation["id"])
    member = hook.get("remote-unit")
    kind = hook["kind"]
    if kind == "relation-created":
        known[rid] = {"members": {}, "app-version": 0}
    elif kind == "relation-joined":
        known[rid]["members"][member] = None
    elif kind == "relation-changed" and member:
        if member in known[rid]["members"]:
            known[rid]["members"][member] = hook["version"]
    elif kind == "relation-changed":
        known[rid]["app-version"] = hook["version"]
    elif kind == "relation-departed":
        known[rid]["members"].pop(member, None)
    elif kind == "relation-broken":
        known.pop(rid, None)
        leave(data, unit, relation)


def version(data: Model, hook: Entry) -> int:
    """What version of the bag a changed hook will see."""
    relation = data["relations"][str(hook["relation"])]
    if hook.get("remote-unit"):
        return relation["units"].get(hook["remote-unit"], {"version": 0})["version"]
    return relation["apps"].get(hook["remote-app"], {"version": 0})["version"]


def leave(data: Model, unit: str, relation: Entry) -> None:
    """Out of scope; the last one out of a dying relation takes it away."""
    stays = model.is_peer(relation) and model.profile_of(data).removed_peers_stay
    if unit in relation["units"] and not (stays and relation["life"] == "alive"):
        relation["units"][unit]["in-scope"] = False
    remove_if_empty(data, relation)


def remove_if_empty(data: Model, relation: Entry) -> None:
    """A dying relation without units is gone, and with it the grants that hung on it."""
    present = (bag["in-scope"] and name in data["units"] for name, bag in relation["units"].items())
    if relation["life"] == "alive" or any(present):
        return
    data["relations"].pop(str(relation["id"]), None)
    for secret in data["secrets"].values():
        secret["grants"] = [g for g in secret["grants"] if g["relation"] != relation["id"]]


def refresh_addresses(data: Model, unit: str) -> None:
    """After config-changed: the addresses in the unit's own bags are up to date."""
    for relation in model.relations_of(data, model.application_of(unit)):
        bag = relation["units"].get(unit)
        if not bag or not bag["in-scope"]:
            continue
        settings = {**bag["settings"], **model.relation_defaults(data, unit)}
        if settings != bag["settings"]:
            bag["settings"] = settings
            bag["version"] += 1
