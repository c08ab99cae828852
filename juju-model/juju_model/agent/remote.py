"""The controller as an agent in a process of its own sees it."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

from .. import wire
from ..connection import Connection, JujuError
from ..paths import Paths
from ..state.log import Log
from ..state.store import Store
from ..values import Entry
from . import changes
from .halted import Halted


class RemoteStore(Store):
    """The controller's model: read from a copy, changed by the controller."""

    def __init__(self, link: Connection, number: str) -> None:
        """Attach as the agent of a machine; OSError if the controller is out of reach."""
        self.link = link
        self.number = number
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.is_cut_off = False
        self.version = -1
        self.connection = wire.connect(link.paths.agents_socket)
        try:
            self.connection.sendall(wire.pack([number.encode()]))
            (options,) = wire.unpack(self.connection)
            self.options: Entry = json.loads(options)
            self.receive(self.connection)
        except OSError:
            self.connection.close()
            raise
        threading.Thread(target=self.follow, daemon=True).start()

    def receive(self, connection: socket.socket) -> None:
        """Take the next model that the controller sends."""
        version, text = wire.unpack(connection)
        self.take(int(version), text.decode())

    def take(self, version: int, text: str) -> None:
        """Keep a model if it is newer."""
        with self.lock:
            if version > self.version:
                self.version, self.text = version, text
                self.data = json.loads(text)
                self.changed.notify_all()

    def follow(self) -> None:
        """Until the controller is out of reach."""
        with contextlib.suppress(OSError):
            while True:
                self.receive(self.connection)
        self.cut_off()

    def cut_off(self) -> None:
        """The controller is out of reach, or wants nothing more of this agent."""
        with self.lock:
            self.is_cut_off = True
            self.changed.notify_all()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)  # wakes whoever reads from it
        self.connection.close()

    def change(self, function: Callable[..., Any], *args: Any) -> Any:
        """Have the controller make a change; Halted if it cannot be reached."""
        message = changes.request(function, args)
        with self.lock:
            try:
                answer = self.link.ask("agent_change", number=self.number, message=message)
            except JujuError:
                raise Halted from None
            self.take(answer["version"], answer["text"])
            return changes.result(answer)


class RemoteLog(Log):
    """The controller's log; what cannot be sent waits."""

    def __init__(self, link: Connection, name: str) -> None:
        """`name` is "log" or "runs"."""
        self.link = link
        self.name = name
        self.lock = threading.Lock()
        self.waiting: list[Entry] = []

    def append(self, entry: Entry) -> None:
        """Send a line, and those that waited."""
        with self.lock:
            self.waiting.append(entry)
            lines: Entry = {"log": [], "runs": [], self.name: self.waiting}
            with contextlib.suppress(JujuError):
                self.link.ask("agent_lines", **lines)
                self.waiting = []


class Reported(dict[str, Entry]):
    """What runs now, told to the controller for its status."""

    def __init__(self, link: Connection, number: str) -> None:
        super().__init__()
        self.link = link
        self.number = number

    def __setitem__(self, unit: str, running: Entry) -> None:
        super().__setitem__(unit, running)
        self.tell(unit, running)

    def pop(self, unit: str, *default: Any) -> Any:
        """The unit runs nothing."""
        self.tell(unit, None)
        return super().pop(unit, *default)

    def tell(self, unit: str, running: Entry | None) -> None:
        """Report one unit; a controller out of reach learns nothing."""
        with contextlib.suppress(JujuError):
            self.link.ask("agent_running", number=self.number, unit=unit, running=running)


def link_to(depot: Paths) -> Connection:
    """The way to the controller whose files are in a folder."""
    link = Connection(depot.root)
    link.paths = depot
    return link
