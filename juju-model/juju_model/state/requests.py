"""How the model changes around charm revisions, actions and commands."""

from __future__ import annotations

from ..values import Entry, Model
from . import action_params, model
from .lookup import application, unit


class RequestError(Exception):
    """The command cannot be queued."""


def set_revision(data: Model, unit: str, revision: int, is_upgrade: bool) -> None:
    """The unit runs this revision; an upgrade is followed by its two hooks."""
    uniter = data["units"][unit]["uniter"]
    uniter["charm-revision"] = revision
    if is_upgrade:
        hook = {"name": "upgrade-charm", "kind": "upgrade-charm"}
        uniter["current"] = {"hook": hook, "step": "requeued"}
        uniter["config-hash"] = None


def add_action(data: Model, name: str, action: str, params: Entry) -> str:
    """Queue an action; returns its number."""
    name = unit(data, name)
    charm = application(data, model.application_of(name))["charm"]
    number = str(data["next"]["action"])
    data["next"]["action"] += 1
    entry = {
        "id": number,
        "unit": name,
        "name": action,
        "params": params,
        "results": {},
        "log": [],
        "message": "",
        "status": "pending",
    }
    try:
        entry["params"] = action_params.prepare(charm, model.profile_of(data), action, params)
    except action_params.ActionError as error:
        entry.update(status="failed", message=str(error))
    data["actions"][number] = entry
    return number


def start_action(data: Model, number: str) -> Entry:
    """The action runs now; returns a copy to work with."""
    data["actions"][number]["status"] = "running"
    return {**data["actions"][number], "results": {}, "log": []}


def new_command(data: Model, unit: str, relation: str, remote: str, script: str) -> str:
    """Queue a command, a script in base64; returns its number."""
    if unit not in data["units"]:
        raise RequestError(f'unit "{unit}" not found on this machine')
    number = str(data["next"]["command"])
    data["next"]["command"] += 1
    data["commands"][number] = {
        "id": number,
        "unit": unit,
        "hook": command_hook(data, unit, relation, remote),
        "script": script,
        "status": "pending",
    }
    return number


def command_hook(data: Model, unit: str, relation: str, remote: str) -> Entry:
    """The relation that was asked for, as a hook would have it."""
    if not relation:
        return {}
    number = relation.rpartition(":")[2]
    found = data["relations"].get(number)
    application = model.application_of(unit)
    if found is None or application not in found["endpoints"]:
        raise RequestError(f"unknown relation id: {relation}")
    members = model.members(found, unit)
    if not remote and len(members) == 1:
        remote = members[0]
    if not remote:
        raise RequestError(
            f"unable to determine remote-unit, please disambiguate: {members}"
            if members
            else "cannot determine remote unit in relation: no remote units"
        )
    return {
        "relation": found["id"],
        "remote-unit": remote,
        "remote-app": model.remote_application(found, application),
    }


def start_command(data: Model, number: str) -> Entry:
    """The command runs now."""
    data["commands"][number]["status"] = "running"
    return dict(data["commands"][number])


def store_entry(data: Model, table: str, entry: Entry) -> None:
    """Write an action or command back."""
    if entry["id"] in data[table]:
        data[table][entry["id"]] = entry


def drop_command(data: Model, number: str) -> None:
    """The caller has its answer, or has gone."""
    data["commands"].pop(number, None)
