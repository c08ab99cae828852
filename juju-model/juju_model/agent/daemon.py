"""The controller and the machine's agent in one process."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import traceback

from ..paths import Paths
from ..state import commit, model
from ..state.store import Store
from . import files
from .control_socket import ControlSocket
from .log import Lines, Log
from .machine_lock import MachineLock
from .run_socket import RunSocket
from .runner import Runner
from .uniter import Uniter


class Agent:
    """What the unit agents of a machine share."""

    def __init__(self, root, options):
        """Open the model below `root`, or begin one; `options` are those of bootstrap."""
        self.paths = Paths(root)
        self.options = options
        self.log = Log(self.paths.log)
        self.runs = Lines(self.paths.runs)
        self.lock = MachineLock(self.paths.lock)
        known = os.path.exists(self.paths.state)
        self.store = Store(self.paths.state, None if known else self.empty_model())
        self.runner = Runner(self.paths, self.log, self.runs, options["path"])
        self.uniters = {}

    def empty_model(self):
        """A new model."""
        options = self.options
        return model.new_model(
            options["profile"], options["private_address"], options["public_address"]
        )

    def forget(self):
        """Begin an empty model in the place of this one: units, charms, log and all else go."""
        with self.lock.held():  # so that no unit is in the middle of anything
            units = list(self.store.data["units"])
            self.store.change(lambda data: data.update(self.empty_model()))
            for unit in units:
                files.remove_unit(self.paths, unit)
            files.remove_stored(self.paths)
            for lines in (self.log, self.runs):
                lines.clear()
        for uniter in self.uniters.values():
            uniter.join()
        self.uniters.clear()

    def start(self):
        """Units that are in the model get their agents."""
        files.install_machine(self.paths, model.profile_of(self.store.data))
        for unit in self.store.data["units"]:
            self.store.change(commit.recover, unit)
        self.start_units()
        RunSocket(self)

    def start_units(self):
        """An agent for every unit that has none."""
        with self.store.lock:
            for unit in self.store.data["units"]:
                known = self.uniters.get(unit)
                if known is None or not known.is_alive():
                    self.uniters[unit] = Uniter(self, unit)
                    self.uniters[unit].start()

    @staticmethod
    def fault(error):
        """A mistake of this program goes to its own output."""
        traceback.print_exception(type(error), error, error.__traceback__)
        sys.stderr.flush()


def main():
    """Run until SIGTERM; with --background the caller gets exit code 0 once all is ready."""
    parser = argparse.ArgumentParser(prog="agent", description=__doc__)
    parser.add_argument("--root", required=True)
    parser.add_argument("--background", action="store_true")
    arguments = parser.parse_args()
    ready = detach() if arguments.background else (lambda: None)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with open(Paths(arguments.root).options, encoding="utf-8") as source:
        agent = Agent(arguments.root, json.load(source))
    with open(agent.paths.pid, "w", encoding="ascii") as target:
        target.write(str(os.getpid()))
    agent.start()
    ControlSocket(agent, stop)
    ready()
    stop.wait()
    os._exit(0)


def detach():
    """Go on in a child with a session of its own; returns what lets the parent end well."""
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        os._exit(0 if os.read(read, 1) else 1)
    os.close(read)
    os.setsid()

    def ready():
        os.write(write, b".")
        os.close(write)

    return ready
