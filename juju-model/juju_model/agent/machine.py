"""One machine: its disk, its lock, its socket for juju-exec, and the agents of its units."""

from __future__ import annotations

import sys
import traceback

from ..paths import Paths
from ..state import commit, model
from ..state.store import Store
from ..values import Entry
from . import files
from .log import Lines, Log
from .machine_lock import MachineLock
from .run_socket import RunSocket
from .runner import Runner
from .uniter import Uniter


class Machine:
    """What the unit agents of a machine share. All it knows of the controller is its store."""

    def __init__(self, paths: Paths, options: Entry, store: Store, log: Log, runs: Lines) -> None:
        """`options` are those of bootstrap; `log` and `runs` are the controller's."""
        self.paths = paths
        self.options = options
        self.store = store
        self.log = log
        self.lock = MachineLock(paths.lock)
        self.runner = Runner(paths, log, runs, options["path"])
        self.uniters: dict[str, Uniter] = {}

    def start(self) -> None:
        """Units that are in the model get their agents."""
        files.install_machine(self.paths, model.profile_of(self.store.data))
        for unit in self.store.data["units"]:
            self.store.change(commit.recover, unit)
        self.start_units()
        RunSocket(self)

    def start_units(self) -> None:
        """An agent for every unit that has none."""
        with self.store.lock:
            for unit in self.store.data["units"]:
                known = self.uniters.get(unit)
                if known is None or not known.is_alive():
                    self.uniters[unit] = Uniter(self, unit)
                    self.uniters[unit].start()

    def forget(self, units: list[str]) -> None:
        """The files and the agents of units that are no longer in the model."""
        for unit in units:
            files.remove_unit(self.paths, unit)
        for uniter in self.uniters.values():
            uniter.join()
        self.uniters.clear()

    @staticmethod
    def fault(error: BaseException) -> None:
        """A mistake of this program goes to its own output."""
        traceback.print_exception(type(error), error, error.__traceback__)
        sys.stderr.flush()
