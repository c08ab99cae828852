"""The verbs of the control socket that end and start the agents of machines."""

from __future__ import annotations

import signal

from ..state import commit, machines, removal
from .controller import Controller
from .verbs import verb


@verb
def stop_agent(controller: Controller, machine: str) -> None:
    """The agent is stopped as a service is: SIGTERM for all of its programs."""
    controller.store.change(machines.set_agent, machine, "stopped")
    controller.halt(machine, signal.SIGTERM)


@verb
def kill_machine(controller: Controller, machine: str) -> None:
    """The power is gone."""
    controller.store.change(machines.set_agent, machine, "dead")
    controller.halt(machine, signal.SIGKILL)


@verb
def partition(controller: Controller, machine: str) -> None:
    """The controller is out of reach: the agent's work is lost, programs go on alone."""
    controller.store.change(machines.set_reachable, machine, False)
    controller.halt(machine, None)


@verb
def start_agent(controller: Controller, machine: str) -> None:
    """All that was done to the machine is over."""
    with controller.store.lock:
        was_dead = machines.machine(controller.store.data, machine)["agent"] == "dead"
        controller.store.change(machines.set_agent, machine, "started")
        controller.store.change(machines.set_reachable, machine, True)
        if was_dead:
            controller.store.change(commit.reboot, machine)
        controller.start()


@verb
def remove_machine(controller: Controller, number: str, force: bool) -> None:
    """A machine leaves the model."""
    controller.store.change(removal.remove_machine, number, force)
    controller.halt(number, signal.SIGKILL)
