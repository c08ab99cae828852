"""The process of the controller and its machine."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
from collections.abc import Callable

from ..paths import Paths
from .attached import AgentsSocket
from .control_socket import ControlSocket
from .controller import Controller
from .leases import Leases


def main() -> None:
    """Run until SIGTERM; with --background the caller gets exit code 0 once all is ready."""
    parser = argparse.ArgumentParser(prog="juju_model", description=__doc__)
    parser.add_argument("--root", required=True)
    parser.add_argument("--background", action="store_true")
    arguments = parser.parse_args()
    ready = detach() if arguments.background else (lambda: None)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    with open(Paths(arguments.root).options, encoding="utf-8") as source:
        controller = Controller(arguments.root, json.load(source))
    with open(controller.paths.pid, "w", encoding="ascii") as target:
        target.write(str(os.getpid()))
    controller.start()
    Leases(controller).start()
    ControlSocket(controller, stop)
    AgentsSocket(controller)
    ready()
    stop.wait()
    os._exit(0)


def detach() -> Callable[[], None]:
    """Go on in a child with a session of its own; returns what lets the parent end well."""
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        os._exit(0 if os.read(read, 1) else 1)
    os.close(read)
    os.setsid()

    def ready() -> None:
        os.write(write, b".")
        os.close(write)

    return ready
