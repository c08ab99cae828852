"""The real cron daemon in a world, if wanted with a clock that runs faster.

    with Cron(w, speed=6):        # a "* * * * *" line fires about every ten seconds
        ...

Only the daemon's own clock is faster: the environment of a job is made by cron from its table, so
the preloaded clock does not reach it, and a job sees real time (or the world's shifted clock).
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from .world import World, WorldError

LOG = "/var/log/world/cron.log"


def faketime_library() -> str:
    """Path of libfaketime on this machine; WorldError if it is not installed."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        raise WorldError("libfaketime is not installed; run: make install")
    return str(found[0])


class Cron:
    """A running ``cron -f``; a context manager."""

    def __init__(self, world: World, speed: int = 1):
        self._world = world
        self._speed = speed
        self._process: subprocess.Popen[Any] | None = None

    def __enter__(self) -> Cron:
        env = {}
        if self._speed != 1:
            env = {"LD_PRELOAD": faketime_library(), "FAKETIME": f"+0 x{self._speed}"}
        with self._world.path(LOG).open("ab") as log:
            command = ["cron", "-f", "-L", "5"]
            self._process = self._world.popen(command, env, stdout=log, stderr=log)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def check(self) -> None:
        """Raise WorldError with its last words if the daemon has ended."""
        if self._process is None or self._process.poll() is not None:
            said = self._world.path(LOG).read_text(errors="replace")[-1000:]
            raise WorldError(f"cron does not run: {said}")

    def stop(self) -> None:
        """End the daemon; jobs that it started go on."""
        if self._process:
            self._world.stop(self._process)
            self._process = None
