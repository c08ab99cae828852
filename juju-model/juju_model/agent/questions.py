"""The verbs of the control socket that change nothing: status, settings, logs."""

from __future__ import annotations

import time

from ..state import charm as charms
from ..state import lookup, machines, report
from ..state.log import show
from ..state.resolver import Timers, next_operation
from ..values import Entry, Model
from .controller import Controller
from .verbs import verb


@verb
def get_config(controller: Controller, name: str) -> Entry:
    """The settings with type, default and where the value comes from."""
    app = lookup.application(controller.store.data, name)
    values = charms.settings(app["charm"], app["config"])
    return {
        key: {
            "value": values[key],
            "default": option["default"],
            "type": option["type"],
            "source": "user" if key in app["config"] else "default",
        }
        for key, option in app["charm"]["options"].items()
    }


@verb
def get_model_config(controller: Controller) -> Entry:
    """Model configuration."""
    return controller.store.data["model"]["config"]


@verb
def get_status(controller: Controller) -> Entry:
    """All that `juju status --format json` shows."""
    with controller.store.lock:
        return report.report(controller.store.data, controller.running())


@verb
def settle(controller: Controller, timeout: float | None) -> list[str] | None:
    """Wait until every unit is idle or in error; returns the units in error, None on timeout."""
    end = None if timeout is None else time.monotonic() + timeout
    with controller.store.lock:
        while not is_settled(controller):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return None
            controller.store.changed.wait(left)
        units = controller.store.data["units"]
        return sorted(name for name, unit in units.items() if unit["agent"]["status"] == "error")


def is_settled(controller: Controller) -> bool:
    """True if no unit runs or has anything to run; those out of reach do not count."""
    data = controller.store.data
    for unit, state in data["units"].items():
        if not machines.is_up(data, state["machine"]):
            continue
        if state["agent"]["status"] == "executing" or is_asked(data, unit):
            return False
        if state["machine"] in controller.attached:
            if next_operation(data, unit, Timers()) or unit in controller.running():
                return False
            continue
        uniter = controller.machine_of(unit).uniters.get(unit)
        if uniter is None or uniter.busy or uniter.pending():
            return False
    return True


def is_asked(data: Model, unit: str) -> bool:
    """True if the unit has an action or a command to run, or runs one."""
    entries = [*data["actions"].values(), *data["commands"].values()]
    asked = (entry for entry in entries if entry["unit"] == unit)
    return any(entry["status"] in ("pending", "running") for entry in asked)


@verb
def log(
    controller: Controller, unit: str | None = None, level: str = "TRACE", last: int | None = None
) -> list[Entry]:
    """Entries of the debug log, with the line as it is printed."""
    entries = controller.log.entries(unit, level, last)
    return [{**entry, "line": show(entry)} for entry in entries]


@verb
def runs(controller: Controller) -> list[Entry]:
    """Every program that was run."""
    return controller.runs.read()


@verb
def model_data(controller: Controller) -> Model:
    """The whole model."""
    with controller.store.lock:
        return controller.store.data
