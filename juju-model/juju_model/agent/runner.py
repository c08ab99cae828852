"""One hook, action or command: context, socket, program, outcome."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..paths import Paths
from ..state.log import Lines, Log
from ..tools.context import Context
from ..values import Entry
from . import environment
from .process import OnLine, Program
from .tool_socket import ToolSocket

PATIENCE = 5.0  # seconds that a program has to heed a signal
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
    def ok(self) -> bool:
        """It ended well, or there was nothing to run."""
        return not self.error and self.code in (0, None)


def script_of(charm: str, folder: str, name: str) -> str | None:
    """The program for a hook or an action: `dispatch` if there is one; None if there is none."""
    dispatch = os.path.join(charm, "dispatch")
    if os.path.isfile(dispatch) and os.access(dispatch, os.X_OK):
        return dispatch
    path = os.path.join(charm, folder, name)
    return path if os.path.exists(path) else None


class Runner:
    """Runs programs for the units of one machine."""

    def __init__(self, paths: Paths, log: Log, runs: Lines, agent_path: str) -> None:
        self.paths = paths
        self.log = log
        self.runs = runs
        self.agent_path = agent_path
        self.running: dict[str, Entry] = {}

    @contextlib.contextmanager
    def serving(self, context: Context) -> Iterator[None]:
        """The agent's socket is there for this context."""
        context.fetch_resource = lambda name, path: self.resource(context, name, path)
        os.makedirs(self.paths.charm(context.unit), exist_ok=True)
        socket = ToolSocket(context, self.paths.socket(context.unit))
        try:
            yield
        finally:
            socket.close()

    def resource(self, context: Context, name: str, stored: str) -> str:
        """A resource's file below the unit agent's directory, fetched if need be."""
        folder = os.path.join(self.paths.agent(context.unit), "resources", name)
        target = os.path.join(folder, os.path.basename(stored))
        os.makedirs(folder, exist_ok=True)
        with open(stored, "rb") as source, open(target, "wb") as copy:
            copy.write(source.read())
        return target

    def hook(self, context: Context) -> Outcome:
        """Run a hook's program."""
        script = script_of(self.paths.charm(context.unit), "hooks", context.name)
        return self.program(context, script, self.to_log(context))

    def action(self, context: Context) -> Outcome:
        """Run an action's program."""
        assert context.action
        script = script_of(self.paths.charm(context.unit), "actions", context.action["name"])
        return self.program(context, script, self.to_log(context))

    def command(self, context: Context, script: bytes) -> Outcome:
        """Run a shell script, given to bash on its standard input."""
        return self.program(context, "/bin/bash", lambda name, text: None, ["-s"], script)

    def to_log(self, context: Context) -> OnLine:
        """Where lines of output go."""
        levels = {"stdout": "DEBUG", "stderr": "WARNING"}
        return lambda pipe, text: context.say(levels[pipe], text)

    def program(
        self,
        context: Context,
        path: str | None,
        on_line: OnLine,
        arguments: Iterable[str] = (),
        script: bytes | None = None,
    ) -> Outcome:
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

    def end_programs(self, number: int) -> None:
        """Send a signal to the programs that run, and SIGKILL to those that do not heed it."""
        for running in list(self.running.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running["pid"], number)
        end = time.monotonic() + PATIENCE
        while self.running and time.monotonic() < end:
            time.sleep(0.01)
        for running in list(self.running.values()):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running["pid"], signal.SIGKILL)
