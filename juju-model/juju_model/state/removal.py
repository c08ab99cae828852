"""How units and applications leave the model."""

from __future__ import annotations

from ..values import Model
from . import leadership, lookup, machines, model, relation_hooks


def terminate(data: Model, unit: str) -> None:
    """The unit leaves the model; leadership moves on; the last unit of a dying application
    takes the application with it."""
    application = model.application_of(unit)
    del data["units"][unit]
    for secret_id, secret in list(data["secrets"].items()):
        secret["consumers"].pop(unit, None)
        if secret["owner"] == {"kind": "unit", "name": unit}:
            del data["secrets"][secret_id]
    app = data["applications"][application]
    if app["leader"] == unit:
        leadership.hand_over(data, application)
    if app["life"] == "dying" and not model.units_of(data, application):
        remove_application(data, application)


def remove_application(data: Model, application: str) -> None:
    """The application and what it owned."""
    for relation in list(data["relations"].values()):
        if application in relation["endpoints"]:
            relation["life"] = "dying"
            relation_hooks.remove_if_empty(data, relation)
    for secret_id, secret in list(data["secrets"].items()):
        if secret["owner"] == {"kind": "application", "name": application}:
            del data["secrets"][secret_id]
    del data["applications"][application]


def force_remove_unit(data: Model, name: str) -> None:
    """`remove-unit --force`: the unit runs no more hooks, whatever its agent does."""
    unit = lookup.unit(data, name)
    for relation in model.relations_of(data, model.application_of(unit)):
        relation_hooks.leave(data, unit, relation)
    terminate(data, unit)


def remove_machine(data: Model, number: str, force: bool) -> None:
    """A machine leaves the model; with `force` its units go first."""
    machines.machine(data, number)
    units = machines.units_on(data, number)
    if units and not force:
        raise lookup.Refused(f"machine {number} has unit(s) {', '.join(units)}")
    if number == machines.FIRST:
        raise lookup.Refused("machine 0 holds the controller's files")
    for unit in units:
        force_remove_unit(data, unit)
    del data["machines"][number]
