"""The controller: the model, the log, and the machines that run its units."""

from __future__ import annotations

import contextlib
import os

from ..paths import Paths
from ..state import machines, model
from ..state.store import Store
from ..tools.context import Context
from ..values import Entry, Model
from . import files
from .log import Lines, Log
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
        self.machines: dict[str, Machine] = {}
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
                if machines.is_up(data, number) and not self.has_agent(number):
                    self.machines[number] = self.new_agent(number)
            for machine in self.machines.values():
                machine.start_units()

    def has_agent(self, number: str) -> bool:
        """True if the agent of a machine runs."""
        return number in self.machines and not self.machines[number].is_halted()

    def new_agent(self, number: str) -> Machine:
        """The agent of a machine starts."""
        machine = Machine(number, self.paths, self.options, self.store, self.log, self.runs)
        machine.start()
        return machine

    def halt(self, number: str, signal_number: int | None) -> None:
        """The agent of a machine ends, and its programs get a signal unless that is None."""
        machine = self.machines.pop(number, None)
        if machine is not None:
            machine.halt(signal_number)

    def machine_of(self, unit: str) -> Machine:
        """The machine that a unit is on."""
        return self.machines[self.store.data["units"][unit]["machine"]]

    def running(self) -> dict[str, Entry]:
        """What runs now, by unit."""
        found: dict[str, Entry] = {}
        for machine in self.machines.values():
            found.update(machine.runner.running)
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
        self.start()
