"""Runs a command of the operator: without a shell, for a limited time, with bounded output.

The command dies with the hook. When its time is over, all that it has started goes with it; what it
leaves in the background when it ends by itself is its own affair, and is not waited for.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import time
from typing import Mapping, NamedTuple, Sequence

from layer_lets_encrypt.ca import process
from layer_lets_encrypt.machine import environment as environments
from layer_lets_encrypt.rules.printable import lines, one_line

LIMIT = 300  # seconds for one command
MAX_LINES = 50  # of its output, in the log: each costs a process
MAX_KEPT = 64 * 1024  # bytes of its output, the last ones
MAX_LOGGED = 300
MAX_LAST = 80  # characters of its last line, in the status
_TICK = 0.05
_PORTION = 16 * 1024
_MOST_PORTIONS = 64  # that are read once the command has ended


class Outcome(NamedTuple):
    """How a command has ended: its exit status, None if its time was over; its last words."""

    status: int | None
    output: str = ""

    @property
    def words(self) -> str:
        """Say how it has ended."""
        if self.status is None:
            return f"did not end within {LIMIT} seconds and was killed"
        if self.status < 0:
            return f"was ended by signal {-self.status}"
        return f"ended with exit code {self.status}"

    @property
    def last_line(self) -> str:
        said = [line for line in self.output.splitlines() if line.strip()]
        return one_line(said[-1], MAX_LAST) if said else ""

    @property
    def last_lines(self) -> list[str]:
        return lines("\n".join(self.output.splitlines()[-MAX_LINES:]))


def find(program: str) -> str | None:
    """Return the path of a program, None if there is none that can be run."""
    return shutil.which(program, path=environments.PATH)


def environment(outer: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return all that a command finds in its environment: ``own``, and Juju's proxies."""
    return {**environments.of_program(outer), **own}


def run(words: Sequence[str], env: Mapping[str, str], seconds: float = LIMIT) -> Outcome:
    """Run a command to its end. Raises OSError if it cannot be started."""
    with process.start(words, env, subprocess.DEVNULL, subprocess.STDOUT) as running:
        assert running.stdout is not None
        try:
            output = _listen(running, running.stdout.fileno(), time.monotonic() + seconds)
        except BaseException:
            process.kill_session(running.pid)
            raise
        running.stdout.close()
        if running.poll() is None:
            process.kill_session(running.pid)
            running.wait()
            return Outcome(None, output)
        return Outcome(running.returncode, output)


def _listen(running: subprocess.Popen[str], source: int, deadline: float) -> str:
    """Return the end of what a command says, until it has ended or its time is over."""
    os.set_blocking(source, False)
    said, is_open = b"", True
    while time.monotonic() < deadline:
        has_ended = running.poll() is not None
        for _ in range(_MOST_PORTIONS if is_open else 0):
            portion = _read(source)
            if not portion:
                is_open = portion is None
                break
            said = (said + portion)[-MAX_KEPT:]
        if has_ended:
            break
        if is_open:
            select.select([source], [], [], _TICK)
        else:
            time.sleep(_TICK)
    return said.decode("utf-8", errors="replace")


def _read(source: int) -> bytes | None:
    """Return what can be read now: None for nothing yet, b"" for the end."""
    try:
        return os.read(source, _PORTION)
    except BlockingIOError:
        return None
