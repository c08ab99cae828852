"""The agent of one machine as a process: `python3 -m juju_model.agent.machine_daemon`.

It runs where the machine's disk and network are, and needs the controller's folder at the same
path as the controller does, for its sockets, charms and resources.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time

from ..connection import Connection
from ..paths import Paths
from .halted import Halted
from .machine import Machine
from .remote import RemoteLog, RemoteStore, Reported, link_to

AGAIN = 0.1  # seconds between two attempts to attach


class Agent:
    """Attaches, works until it is cut off, and attaches again."""

    def __init__(self, number: str, root: str, controller: str) -> None:
        self.number = number
        self.paths = Paths(root, number)
        self.depot = Paths(root, number, controller)
        self.link: Connection = link_to(self.depot)
        self.log = RemoteLog(self.link, "log")
        self.runs = RemoteLog(self.link, "runs")
        self.machine: Machine | None = None

    def run(self) -> None:
        """Until the process ends."""
        while True:
            try:
                store = RemoteStore(self.link, self.number)
            except OSError:
                time.sleep(AGAIN)
                continue
            with contextlib.suppress(Halted):
                self.work(store)
            if self.machine is not None:
                self.machine.halt()
            store.cut_off()

    def work(self, store: RemoteStore) -> None:
        """One time of being attached."""
        machine = Machine(
            self.number, self.paths, self.depot, store.options, store, self.log, self.runs
        )
        machine.runner.running = Reported(self.link, self.number)
        self.machine = machine
        machine.start()
        with store.lock:
            while not store.is_cut_off and not machine.is_halted():
                machine.start_units()
                store.changed.wait()

    def stop(self) -> None:
        """End as a service does: its programs get SIGTERM."""
        if self.machine is not None:
            self.machine.halted = True
            self.machine.runner.end_programs(signal.SIGTERM)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="juju-agent", description=__doc__)
    parser.add_argument("--machine", required=True)
    parser.add_argument("--root", default="/", help="the machine's disk (default: /)")
    parser.add_argument("--controller", help="the controller's folder")
    arguments = parser.parse_args()
    folder = arguments.controller or Paths(arguments.root).controller
    agent = Agent(arguments.machine, arguments.root, folder)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=agent.run, daemon=True).start()
    stop.wait()
    agent.stop()


if __name__ == "__main__":
    main()
