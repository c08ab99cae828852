"""The socket behind juju-exec and juju-run: commands queue in the unit's agent."""

from __future__ import annotations

import base64
import os
import subprocess
import time

from ..state.requests import RequestError, new_command
from .server import Server

NO_CONTEXT_PATIENCE = 300.0


def run_command(store, unit, relation, remote, script):
    """Queue a command and wait for its end: (exit code, stdout, stderr)."""
    number = store.change(new_command, unit, relation, remote, script)
    with store.lock:
        while store.data["commands"].get(number, {"status": "gone"})["status"] in (
            "pending",
            "running",
        ):
            store.changed.wait()
        entry = store.data["commands"].get(number)
        store.change(lambda data: data["commands"].pop(number, None))
    if entry is None:
        raise RequestError("the unit is gone")
    stdout, stderr = base64.b64decode(entry["stdout"]), base64.b64decode(entry["stderr"])
    if entry["error"]:
        return 1, stdout, stderr + f"ERROR {entry['error']}\n".encode()
    return entry["rc"], stdout, stderr


class RunSocket(Server):
    """Serves juju-exec."""

    def __init__(self, agent):
        self.agent = agent
        super().__init__(agent.paths.run_socket)

    def answer(self, fields):
        """Exit code and output of one command."""
        code, stdout, stderr = self.run(fields)
        return [str(code).encode(), stdout, stderr]

    def run(self, fields):
        """Exit code and output."""
        unit, relation, remote, no_context = (os.fsdecode(field) for field in fields[:4])
        try:
            if no_context:
                return self.plain(fields[4])
            return run_command(self.agent.store, unit, relation, remote, fields[4])
        except (RequestError, TimeoutError) as error:
            return 1, b"", f"ERROR {error}\n".encode()

    def plain(self, script):
        """--no-context: the lock, but no unit."""
        with self.agent.lock.held(time.monotonic() + NO_CONTEXT_PATIENCE):
            path = {"PATH": self.agent.options["path"]}
            done = subprocess.run(
                ["/bin/bash", "-s"], input=script, env=path, capture_output=True, check=False
            )
        return done.returncode, done.stdout, done.stderr
