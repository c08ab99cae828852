"""Processes that run certbot: each dies with ours, and is killed when its time is up."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shlex
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, BinaryIO, Callable, Mapping, Optional, Sequence, Tuple

from layer_lets_encrypt.machine import files

TICK = 0.25
MAX_SAID = 1 << 20  # bytes of what it says while it starts
START = 60  # seconds for Python to start, on a machine that is very busy
RUNNER = Path(__file__).with_name("prefork.py")


class Enough(Exception):
    """Raised by what is called at each tick: the run is to be ended now, as if it were late."""


Outcome = Tuple[Optional[int], str]  # exit status, None if its time was up; output

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def run_once(
    command: Sequence[str],
    env: Mapping[str, str],
    on_tick: Callable[[], None],
    timeout: float,
    tick: float = TICK,
) -> Outcome:
    """Run a command to its end; ``on_tick`` is called every ``tick`` seconds until then."""
    with start(command, env, subprocess.DEVNULL, subprocess.STDOUT) as process:
        try:
            return _await(process, on_tick, time.monotonic() + timeout, tick)
        except BaseException:
            kill_session(process.pid)
            raise


def _await(
    process: subprocess.Popen[str], on_tick: Callable[[], None], deadline: float, tick: float
) -> Outcome:
    while time.monotonic() < deadline:
        try:
            output = process.communicate(timeout=tick)[0]
            return process.returncode, output
        except subprocess.TimeoutExpired:
            try:
                on_tick()
            except Enough:
                break
    kill_session(process.pid)
    return None, process.communicate()[0]


class Runner:
    """One start of certbot's Python for several runs. Raises OSError if that is impossible.

    ``binary`` is certbot's script, in whose interpreter it runs; ``console`` the file that
    takes the words of a run.
    """

    def __init__(self, binary: str, env: Mapping[str, str], console: Path) -> None:
        self.console = console
        files.make_folder(console.parent, 0o700)
        command = [*_interpreter(binary), str(RUNNER), binary]
        with open(os.memfd_create("certbot"), "w+b") as said:
            self._process = start(command, env, subprocess.PIPE, said.fileno())
            if self._answer(lambda: None, time.monotonic() + START, TICK).get("ready") is not True:
                self.close()
                raise OSError(f"{command[0]} cannot import certbot: {_last_line(said)}")

    def run(
        self,
        arguments: Sequence[str],
        on_tick: Callable[[], None],
        timeout: float,
        tick: float = TICK,
    ) -> Outcome:
        """Run certbot to its end, as run_once() does. A runner whose time was up is dead."""
        assert self._process.stdin is not None
        asked = {"arguments": list(arguments), "output": str(self.console)}
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
            answer = self._answer(on_tick, time.monotonic() + timeout, tick)
        except BaseException:
            self.close()
            raise
        if "status" not in answer:
            self.close()
        return answer.get("status"), self._console_text()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End the runner, and with it a certbot that may still run. May be repeated."""
        kill_session(self._process.pid)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def _answer(self, on_tick: Callable[[], None], deadline: float, tick: float) -> dict[str, Any]:
        """Return the runner's next line, {} if there is none before the deadline or its end."""
        assert self._process.stdout is not None
        while time.monotonic() < deadline:
            if select.select([self._process.stdout], [], [], tick)[0]:
                line = self._process.stdout.readline()
                return dict(json.loads(line)) if line.strip() else {}
            try:
                on_tick()
            except Enough:
                break
        return {}

    def _console_text(self) -> str:
        try:
            return self.console.read_text("utf-8", errors="replace")
        except OSError:
            return ""


def _last_line(said: BinaryIO) -> str:
    said.seek(0)
    lines = said.read(MAX_SAID).decode("utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")


def command(binary: str, arguments: Sequence[str]) -> list[str]:
    """Return what runs certbot once: without its cli.ini, if it is a Python script."""
    try:
        return [*_interpreter(binary), str(RUNNER), binary, *arguments]
    except (OSError, ValueError):  # the latter: a quote that is never closed
        return [binary, *arguments]


def is_python(binary: str) -> bool:
    """Whether certbot is a Python script, and not a snap's program, say."""
    return command(binary, ())[0] != binary


def _interpreter(binary: str) -> list[str]:
    """Return the command of the Python that a script names in its first line."""
    with open(binary, "rb") as script:
        first = script.readline(512).decode("utf-8", errors="replace")
    words = shlex.split(first[2:]) if first.startswith("#!") else []
    if not words or "python" not in os.path.basename(words[0]):
        raise OSError(f"{binary} is not a Python script")
    return words


def start(
    command: Sequence[str], env: Mapping[str, str], stdin: int, stderr: int
) -> subprocess.Popen[str]:
    """Start a program in a session of its own; the kernel kills it when this process dies."""
    parent = os.getpid()
    return subprocess.Popen(
        command,
        env=dict(env),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd="/",
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=lambda: _begin_child(parent),
    )


def _begin_child(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, however that happens.

    What it writes for others, they must be able to read, whatever the hook's umask is.
    """
    os.umask(files.UMASK)
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)  # it died before we could ask


def kill_session(pid: int) -> None:
    """Kill the processes of a session that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
