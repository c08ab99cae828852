"""Agents in processes of their own, as the controller sees them.

An agent keeps one connection open. Over it come its number and, in the other direction, the model
whenever it has changed. The end of the connection is the end of the agent.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import TYPE_CHECKING

from .. import wire
from ..state import commit, machines
from ..state.store import Store
from ..values import Entry
from .server import Server

if TYPE_CHECKING:
    from .controller import Controller


class Attached:
    """One agent that has a connection to the controller."""

    def __init__(self, store: Store, number: str) -> None:
        self.store = store
        self.number = number
        self.running: dict[str, Entry] = {}
        self.halted = False

    def is_halted(self) -> bool:
        """True once the agent is gone or cut off."""
        return self.halted

    def halt(self) -> None:
        """Have nothing more to do with it: its connection ends."""
        with self.store.lock:
            self.halted = True
            self.store.changed.notify_all()


class AgentsSocket(Server):
    """Where agents attach."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.store = controller.store
        super().__init__(controller.paths.agents_socket)

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            (number,) = wire.unpack(connection)
            agent = self.attach(number.decode())
            if agent is None:
                return
            threading.Thread(target=self.await_end, args=(agent, connection), daemon=True).start()
            try:
                self.send_changes(agent, connection)
            finally:
                self.detach(agent)
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)  # wakes await_end, too

    def attach(self, number: str) -> Attached | None:
        """A new agent for a machine that may have one: it is started, and in reach."""
        with self.store.lock:
            machine = self.store.data["machines"].get(number, {})
            able = machine.get("agent") == "started" and machine.get("reachable")
            if machine.get("attached") is None or not able:
                return None
            self.controller.halt(number, None)
            agent = self.controller.attached[number] = Attached(self.store, number)
            self.store.change(machines.set_attached, number, True)
            self.store.change(commit.recover_machine, number)
            return agent

    def send_changes(self, agent: Attached, connection: socket.socket) -> None:
        """The options, then the model whenever it is another."""
        connection.sendall(wire.pack([json.dumps(self.controller.options).encode()]))
        sent = -1
        while True:
            with self.store.lock:
                while not agent.halted and self.store.version == sent:
                    self.store.changed.wait()
                if agent.halted:
                    return
                sent, text = self.store.version, self.store.text
            connection.sendall(wire.pack([str(sent).encode(), text.encode()]))

    def await_end(self, agent: Attached, connection: socket.socket) -> None:
        """An agent says nothing here: what comes is its end."""
        with contextlib.suppress(OSError):
            connection.recv(1)
        agent.halt()

    def detach(self, agent: Attached) -> None:
        """The agent is gone; its machine is out of reach until another one attaches."""
        agent.halt()
        with self.store.lock:
            if self.controller.attached.get(agent.number) is agent:
                del self.controller.attached[agent.number]
                if agent.number in self.store.data["machines"]:
                    self.store.change(machines.set_attached, agent.number, False)
