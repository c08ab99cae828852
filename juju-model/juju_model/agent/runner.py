"""One hook, action or command: context, socket, program, outcome."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass

from . import environment
from .process import Program
from .tool_socket import ToolSocket

KILLED = (-signal.SIGTERM, -signal.SIGKILL)


@dataclass
class Outcome:
    """What came of a program: exit code (None: there was none to run), output, process id."""

    code: int | None
    stdout: bytes = b""
    stderr: bytes = b""
    pid: int | None = None
    error: str = ""

    @property
    def ok(self):
        """It ended well, or there was nothing to run."""
        return not self.error and self.code in (0, None)


def script_of(charm, folder, name):
    """The program for a hook or an action: `dispatch` if there is one; None if there is none."""
    dispatch = os.path.join(charm, "dispatch")
    if os.path.isfile(dispatch) and os.access(dispatch, os.X_OK):
        return dispatch
    path = os.path.join(charm, folder, name)
    return path if os.path.exists(path) else None


class Runner:
    """Runs programs for the units of one machine."""

    def __init__(self, paths, log, runs, agent_path):
        self.paths = paths
        self.log = log
        self.runs = runs
        self.agent_path = agent_path
        self.running = {}

    @contextlib.contextmanager
    def serving(self, context):
        """The agent's socket is there for this context."""
        context.fetch_resource = lambda name, path: self.resource(context, name, path)
        os.makedirs(self.paths.charm(context.unit), exist_ok=True)
        socket = ToolSocket(context, self.paths.socket(context.unit))
        try:
            yield
        finally:
            socket.close()

    def resource(self, context, name, stored):
        """A resource's file below the unit agent's directory, fetched if need be."""
        folder = os.path.join(self.paths.agent(context.unit), "resources", name)
        target = os.path.join(folder, os.path.basename(stored))
        os.makedirs(folder, exist_ok=True)
        with open(stored, "rb") as source, open(target, "wb") as copy:
            copy.write(source.read())
        return target

    def hook(self, context):
        """Run a hook's program."""
        script = script_of(self.paths.charm(context.unit), "hooks", context.name)
        return self.program(context, script, self.to_log(context))

    def action(self, context):
        """Run an action's program."""
        script = script_of(self.paths.charm(context.unit), "actions", context.action["name"])
        return self.program(context, script, self.to_log(context))

    def command(self, context, script):
        """Run a shell script, given to bash on its standard input."""
        return self.program(context, "/bin/bash", lambda name, text: None, ["-s"], script)

    def to_log(self, context):
        """Where lines of output go."""
        levels = {"stdout": "DEBUG", "stderr": "WARNING"}
        return lambda pipe, text: context.say(levels[pipe], text)

    def program(self, context, path, on_line, arguments=(), script=None):
        """Start a program, wait for it, write down that it ran."""
        if path is None:
            return Outcome(None)
        variables = environment.build(context, self.paths, self.agent_path)
        started, clock = time.time(), time.monotonic()
        try:
            with context.store.lock:
                program = Program(
                    [path, *arguments],
                    variables,
                    self.paths.charm(context.unit),
                    on_line,
                    has_stdin=script is not None,
                )
                context.kill = program.kill
                self.running[context.unit] = {
                    "hook": context.name,
                    "pid": program.pid,
                    "kind": context.kind,
                    "start": started,
                }
                context.store.changed.notify_all()
        except OSError as error:
            context.say("ERROR", f"cannot run {path}: {error.strerror}")
            return Outcome(None, error=str(error))
        if script is not None:
            program.send(script)
        code, stdout, stderr = program.wait()
        with context.store.lock:
            self.running.pop(context.unit, None)
        self.runs.append(
            {
                "unit": context.unit,
                "hook": context.name,
                "kind": context.kind,
                "start": started,
                "duration": round(time.monotonic() - clock, 4),
                "rc": code,
                "pid": program.pid,
            }
        )
        return Outcome(code, stdout, stderr, program.pid)
