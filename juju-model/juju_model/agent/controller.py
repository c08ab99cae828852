"""The controller: the model, the log, and the machines that run its units."""

from __future__ import annotations

import contextlib
import os

from ..paths import Paths
from ..state import commit, machines, model
from ..state.log import Lines, Log
from ..state.lookup import Refused
from ..state.store import Store
from ..tools.context import Context
from ..values import Entry, Model
from . import files
from .attached import Attached
from .machine import Machine


class Controller:
    """What the operator's verbs act on."""

    def __init__(self, root: str, options: Entry) -> None:
        """Open the model below `root`, or begin one; `options` are those of bootstrap."""
        self.paths = Paths(root)
        self.options = options
        self.log = Log(self.paths.log)
        self.runs = Lines(self.paths.runs)
        known = os.path.exists(self.paths.state)
        self.store = Store(self.paths.state, None if known else self.empty_model())
        self.store.change(machines.detach_all)
        self.machines: dict[str, Machine] = {}
        self.attached: dict[str, Attached] = {}
        self.held_contexts: dict[str, tuple[Context, contextlib.ExitStack]] = {}
        self.stopping = False

    def empty_model(self) -> Model:
        """A new model."""
        private, public = self.options["private_address"], self.options["public_address"]
        return model.new_model(self.options["profile"], machines.new_machine(private, public))

    def start(self) -> None:
        """Machines whose agents can work have one, and so have their units."""
        with self.store.lock:
            data = self.store.data
            for number in data["machines"]:
                external = data["machines"][number]["attached"] is not None
                if machines.is_up(data, number) and not external and not self.has_agent(number):
                    self.machines[number] = self.new_agent(number)
            for machine in self.machines.values():
                machine.start_units()

    def has_agent(self, number: str) -> bool:
        """True if the agent of a machine runs."""
        return number in self.machines and not self.machines[number].is_halted()

    def new_agent(self, number: str) -> Machine:
        """The agent of a machine starts."""
        self.store.change(commit.recover_machine, number)
        paths = self.paths.of_machine(number)
        machine = Machine(number, paths, self.paths, self.options, self.store, self.log, self.runs)
        machine.start()
        return machine

    def halt(self, number: str, signal_number: int | None) -> None:
        """The agent of a machine ends, and its programs get a signal unless that is None."""
        machine = self.machines.pop(number, None)
        if machine is not None:
            machine.halt(signal_number)
        agent = self.attached.pop(number, None)
        if agent is not None:
            agent.halt()

    def machine_of(self, unit: str) -> Machine:
        """The machine that a unit is on; Refused if its agent is in another process."""
        number = self.store.data["units"][unit]["machine"]
        if number not in self.machines:
            raise Refused(f'unit "{unit}" is not on a machine of this process')
        return self.machines[number]

    def agent_of(self, unit: str) -> Machine | Attached:
        """What runs the unit; Refused if nothing does."""
        number = self.store.data["units"][unit]["machine"]
        agent = self.machines.get(number) or self.attached.get(number)
        if agent is None or agent.is_halted():
            raise Refused(f'unit "{unit}" is out of reach')
        return agent

    def running(self) -> dict[str, Entry]:
        """What runs now, by unit."""
        found: dict[str, Entry] = {}
        for machine in self.machines.values():
            found.update(machine.runner.running)
        for agent in self.attached.values():
            found.update(agent.running)
        return found

    def forget(self) -> None:
        """Begin an empty model in the place of this one: units, charms, log and all else go."""
        with contextlib.ExitStack() as stack:  # so that no unit is in the middle of anything
            for machine in self.machines.values():
                stack.enter_context(machine.lock.held())
            units = {number: machine.units() for number, machine in self.machines.items()}
            self.store.change(model.replace, self.empty_model())
            files.remove_stored(self.paths)
            for lines in (self.log, self.runs):
                lines.clear()
        for number, machine in list(self.machines.items()):
            machine.forget(units[number])
            if number not in self.store.data["machines"]:
                self.halt(number, None)
        for number in list(self.attached):
            self.halt(number, None)
        self.start()
