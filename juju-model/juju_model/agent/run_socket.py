"""The socket behind juju-exec and juju-run: commands queue in the unit's agent."""

from __future__ import annotations

import base64
import os
import subprocess
import time
from typing import TYPE_CHECKING

from ..state.requests import RequestError, drop_command, new_command
from ..values import Entry
from .halted import Halted
from .server import Server

if TYPE_CHECKING:
    from .attached import Attached
    from .machine import Machine

Outputs = tuple[int, bytes, bytes]  # exit code, stdout, stderr
NO_CONTEXT_PATIENCE = 300.0


def run_command(
    agent: Machine | Attached, unit: str, relation: str, remote: str, script: bytes
) -> Outputs:
    """Queue a command and wait for its end: (exit code, stdout, stderr)."""
    store = agent.store
    encoded = base64.b64encode(script).decode()
    number = store.change(new_command, unit, relation, remote, encoded)
    with store.lock:
        while not agent.is_halted() and is_waiting(store.data["commands"].get(number)):
            store.changed.wait()
        entry = store.data["commands"].get(number)
        store.change(drop_command, number)
    if entry is None or is_waiting(entry):
        raise RequestError("the unit is gone")
    stdout, stderr = base64.b64decode(entry["stdout"]), base64.b64decode(entry["stderr"])
    if entry["error"]:
        return 1, stdout, stderr + f"ERROR {entry['error']}\n".encode()
    return entry["rc"], stdout, stderr


def is_waiting(command: Entry | None) -> bool:
    """True if a command has not come to its end."""
    return command is not None and command["status"] in ("pending", "running")


class RunSocket(Server):
    """Serves juju-exec."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        super().__init__(machine.paths.run_socket)

    def answer(self, fields: list[bytes]) -> list[bytes]:
        """Exit code and output of one command."""
        code, stdout, stderr = self.run(fields)
        return [str(code).encode(), stdout, stderr]

    def run(self, fields: list[bytes]) -> Outputs:
        """Exit code and output."""
        unit, relation, remote, no_context = (os.fsdecode(field) for field in fields[:4])
        try:
            if no_context:
                return self.plain(fields[4])
            if unit not in self.machine.units():
                raise RequestError(f'unit "{unit}" not found on this machine')
            return run_command(self.machine, unit, relation, remote, fields[4])
        except (RequestError, TimeoutError, Halted) as error:
            return 1, b"", f"ERROR {error}\n".encode()

    def plain(self, script: bytes) -> Outputs:
        """--no-context: the lock, but no unit."""
        with self.machine.lock.held(time.monotonic() + NO_CONTEXT_PATIENCE):
            path = {"PATH": self.machine.options["path"]}
            done = subprocess.run(
                ["/bin/bash", "-s"], input=script, env=path, capture_output=True, check=False
            )
        return done.returncode, done.stdout, done.stderr
