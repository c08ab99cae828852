"""The socket behind juju-exec and juju-run: commands queue in the unit's agent."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
import time

from .. import wire
from ..state import model

NO_CONTEXT_PATIENCE = 300.0


class RequestError(Exception):
    """The command cannot be queued."""


def new_command(data, unit, relation, remote, script):
    """Queue a command; returns its number."""
    if unit not in data["units"]:
        raise RequestError(f'unit "{unit}" not found on this machine')
    number = str(data["next"]["command"])
    data["next"]["command"] += 1
    data["commands"][number] = {
        "id": number,
        "unit": unit,
        "hook": command_hook(data, unit, relation, remote),
        "script": base64.b64encode(script).decode(),
        "status": "pending",
    }
    return number


def command_hook(data, unit, relation, remote):
    """The relation that was asked for, as a hook would have it."""
    if not relation:
        return {}
    number = relation.rpartition(":")[2]
    found = data["relations"].get(number)
    application = model.application_of(unit)
    if found is None or application not in found["endpoints"]:
        raise RequestError(f"unknown relation id: {relation}")
    members = model.members(found, unit)
    if not remote and len(members) == 1:
        remote = members[0]
    if not remote:
        raise RequestError(
            f"unable to determine remote-unit, please disambiguate: {members}"
            if members
            else "cannot determine remote unit in relation: no remote units"
        )
    return {
        "relation": found["id"],
        "remote-unit": remote,
        "remote-app": model.remote_application(found, application),
    }


def run(store, unit, relation, remote, script):
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


class RunSocket:
    """Serves juju-exec."""

    def __init__(self, agent):
        self.agent = agent
        self.server = wire.listen(agent.paths.run_socket)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """One thread for each caller."""
        while True:
            connection, _ = self.server.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        """One command; its caller may have gone when it ends."""
        with connection:
            try:
                fields = wire.unpack(connection)
                code, stdout, stderr = self.answer(fields)
                connection.sendall(wire.pack([str(code).encode(), stdout, stderr]))
            except (ConnectionError, OSError):
                return

    def answer(self, fields):
        """Exit code and output."""
        unit, relation, remote, no_context = (os.fsdecode(field) for field in fields[:4])
        try:
            if no_context:
                return self.plain(fields[4])
            return run(self.agent.store, unit, relation, remote, fields[4])
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
