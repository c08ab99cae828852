"""Processes that outlive the hook and notice its end: each holds the reading end of a pipe.

On a machine with systemd such a process is a unit of its own, so that it also outlives the
control group of the hook; elsewhere it has a session of its own.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Sequence

from layer_lets_encrypt.machine.paths import LIBRARY
from layer_lets_encrypt.web import systemd

READY = b"ready\n"  # what a process says as soon as it watches
READY_TIMEOUT = 10  # seconds for it to say so, and for it to end
STOP_TIMEOUT = 5  # seconds that a shutdown of the machine waits for it
OWN_UNIT = "own-unit"  # last argument of a process that is a unit


class Watch:
    """One process of ``python -m MODULE ARGUMENTS`` at a time that watches over this one.

    ``name`` begins the names of units, ``log`` takes the errors of a process.
    """

    def __init__(self, module: str, arguments: Sequence[str], name: str, log: Path) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._name = name
        self._log = log
        # None is forgotten before the end: one that was abandoned, but starts late, must not
        # see its pipe close and take this process for dead.
        self._started: list[subprocess.Popen[bytes]] = []

    def begin(self) -> None:
        """Start a process; it watches when this returns. Raises OSError if none starts."""
        with suppress(OSError):
            if systemd.present() and self._start(self._as_unit()):
                return
        if not self._start(self._command):
            raise OSError(f"the guard did not start; see {self._log}")

    def _as_unit(self) -> list[str]:
        unit = f"{self._name}-{os.getpid()}-{len(self._started)}"
        command = ["systemd-run", "--quiet", "--collect", "--pipe", "--unit=" + unit]
        command += ["--property=KillMode=mixed", f"--property=TimeoutStopSec={STOP_TIMEOUT}"]
        command += [f"--setenv={name}={value}" for name, value in _environment().items()]
        return [*command, "--", *self._command, OWN_UNIT]

    def _start(self, command: list[str]) -> bool:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if self._started else os.O_TRUNC)
        with open(os.open(str(self._log), flags, 0o600), "wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=_environment(),
                start_new_session=True,
            )
        self._started.append(process)
        return _says_ready(process)

    def has_ended(self) -> bool:
        """Whether the latest process is gone: nobody holds the other end of its pipe."""
        pipe = self._started[-1].stdout
        assert pipe is not None
        return _is_readable(pipe.fileno(), 0) and not os.read(pipe.fileno(), len(READY))

    def dismiss(self, wait: bool = True) -> None:
        """Close the pipes: what watches wakes up, looks whether anything is left, and ends."""
        for process in self._started:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        while wait and self._started:
            _end(self._started.pop())
        self._started.clear()


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(LIBRARY)}


def _says_ready(process: subprocess.Popen[bytes]) -> bool:
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    return _is_readable(pipe, READY_TIMEOUT) and os.read(pipe, len(READY)) == READY


def _is_readable(descriptor: int, seconds: float) -> bool:
    return bool(select.select([descriptor], [], [], seconds)[0])


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(READY_TIMEOUT)
    except subprocess.TimeoutExpired:  # systemd-run that got no answer; a unit lives on without
        process.kill()
        process.wait()
