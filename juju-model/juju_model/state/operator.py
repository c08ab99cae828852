"""What an operator does with single units and with the model."""

from __future__ import annotations

from typing import Any

from ..values import Entry, Model, Settings
from . import model
from .lookup import Refused, application, unit


def set_exposed(data: Model, name: str, exposed: bool) -> None:
    """Nothing that a unit could see."""
    application(data, name)["exposed"] = exposed


def set_trust(data: Model, name: str, trust: bool) -> None:
    """`juju trust`."""
    application(data, name)["trust"] = trust


def set_leader(data: Model, name: str, leader: str) -> None:
    """Move leadership."""
    leader = unit(data, leader)
    if model.application_of(leader) != name:
        raise Refused(f'unit "{leader}" is not of application "{name}"')
    application(data, name)["leader"] = leader


def resolve(data: Model, name: str, retry: bool) -> None:
    """`juju resolved`."""
    name = unit(data, name)
    current = data["units"][name]["uniter"]["current"]
    if not current or current["step"] != "failed":
        raise Refused(f'unit "{name}" is not in an error state')
    data["units"][name]["resolved"] = "retry" if retry else "no-retry"


def queue_hook(data: Model, name: str, hook: Entry, relation: Entry, remote_unit: str) -> None:
    """Run a hook by hand."""
    name = unit(data, name)
    entry = {"name": hook, "kind": hook, "by-hand": True}
    if relation:
        number = str(relation).rpartition(":")[2]
        found = data["relations"].get(number)
        if found is None:
            raise Refused(f'relation "{relation}" not found')
        remote = model.remote_application(found, model.application_of(name))
        entry.update({"relation": int(number), "remote-unit": remote_unit, "remote-app": remote})
    data["units"][name]["uniter"]["queue"].append(entry)


def model_config(data: Model, values: Entry) -> None:
    """Model configuration; words become booleans."""
    words = {"true": True, "false": False}
    for key, value in values.items():
        if key not in data["model"]["config"]:
            raise Refused(f'unknown model option "{key}"')
        data["model"]["config"][key] = words.get(str(value).lower(), value)


def set_addresses(data: Model, name: str, addresses: Settings) -> None:
    """Another private or public address of a unit."""
    data["units"][unit(data, name)]["addresses"].update(addresses)


def edit(data: Model, place: list[str], value: Any) -> None:
    """Put a value at a place in the model, as no operator could: for tests of the tools."""
    *path, last = place
    for key in path:
        data = data[key]
    data[last] = value
