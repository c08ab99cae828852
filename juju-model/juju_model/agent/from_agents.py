"""The verbs of the control socket that agents in processes of their own use."""

from __future__ import annotations

from ..state.lookup import Refused
from ..values import Entry
from . import changes
from .attached import Attached
from .controller import Controller
from .verbs import verb


def attached(controller: Controller, number: str) -> Attached:
    """The agent of a machine; Refused if it is cut off."""
    agent = controller.attached.get(number)
    if agent is None or agent.is_halted():
        raise Refused(f"machine {number} has no agent that is attached")
    return agent


@verb
def agent_change(controller: Controller, number: str, message: Entry) -> Entry:
    """A change of the model: how it went, and the model as it is then."""
    with controller.store.lock:
        attached(controller, number)
        answer = changes.apply(controller.store, message)
        version, text = controller.store.version, controller.store.text
        return {**answer, "version": version, "text": text}


@verb
def agent_lines(controller: Controller, log: list[Entry], runs: list[Entry]) -> None:
    """Lines of the log and of the list of runs."""
    for entry in log:
        controller.log.append(entry)
    for entry in runs:
        controller.runs.append(entry)


@verb
def agent_running(controller: Controller, number: str, unit: str, running: Entry | None) -> None:
    """What a unit runs now, or nothing."""
    with controller.store.lock:
        now = attached(controller, number).running
        now.pop(unit, None)
        if running is not None:
            now[unit] = running
        controller.store.changed.notify_all()
