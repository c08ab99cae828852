"""One machine: its disk, its lock, its socket for juju-exec, and the agents of its units."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from ..paths import Paths
from ..state import machines, model
from ..state.log import Lines, Log
from ..state.store import Store
from ..values import Entry
from . import files
from .halted import Halted
from .machine_lock import MachineLock
from .run_socket import RunSocket
from .runner import Runner
from .uniter import Uniter


class Machine:
    """What the unit agents of a machine share. All it knows of the controller is its store."""

    def __init__(
        self,
        number: str,
        paths: Paths,
        depot: Paths,
        options: Entry,
        store: Store,
        log: Log,
        runs: Lines,
    ) -> None:
        """`options` are those of bootstrap; `depot` has the controller's copies of charms."""
        self.number = number
        self.paths = paths
        self.depot = depot
        self.options = options
        self.store = store
        self.log = log
        self.lock = MachineLock(paths.lock)
        self.runner = Runner(paths, log, runs, options["path"])
        self.uniters: dict[str, Uniter] = {}
        self.run_socket: RunSocket | None = None
        self.halted = False

    def start(self) -> None:
        """Units that are in the model get their agents."""
        files.install_machine(self.paths, model.profile_of(self.store.data))
        self.start_units()
        self.run_socket = RunSocket(self)

    def units(self) -> list[str]:
        """The units that the model has placed here."""
        return machines.units_on(self.store.data, self.number)

    def start_units(self) -> None:
        """An agent for every unit that has none."""
        with self.store.lock:
            for unit in self.units():
                known = self.uniters.get(unit)
                if known is None or not known.is_alive():
                    self.uniters[unit] = Uniter(self, unit)
                    self.uniters[unit].start()

    def change(self, function: Callable[..., Any], *args: Any) -> Any:
        """A change of the model by an agent of this machine; Halted if it cannot be made."""
        with self.store.lock:
            if self.halted:
                raise Halted
            return self.store.change(function, *args)

    def is_halted(self) -> bool:
        """True once the agent is stopped or cut off; it never comes back, another one does."""
        return self.halted

    def halt(self, number: int | None = None) -> None:
        """End the agent. Its programs get the signal `number`; without one they go on alone."""
        with self.store.lock:
            self.halted = True
            self.store.changed.notify_all()
        if self.run_socket is not None:
            self.run_socket.close()
        if number is not None:
            self.runner.end_programs(number)
            for uniter in self.uniters.values():
                uniter.join()

    def lose_power(self) -> None:
        """The end, as one of the machine's own agents meets it; raises Halted."""
        self.change(machines.set_agent, self.number, "dead")
        self.halt()
        self.runner.end_programs(signal.SIGKILL)
        raise Halted

    def forget(self, units: list[str]) -> None:
        """The files and the agents of units that are no longer in the model."""
        for unit in units:
            files.remove_unit(self.paths, unit)
        for uniter in self.uniters.values():
            uniter.join()
        self.uniters.clear()
