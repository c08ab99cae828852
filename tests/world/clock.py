"""Move the clock of a world: "65 days later" for programs, set from outside at any time.

    clock = Clock(w)
    clock.shift(days=65)      # hooks, certbot, date, nginx after a restart
    clock.shift(days=66)      # takes effect at once, also in programs started since the first shift
    clock.back()              # real time again

Works through the world's /etc/ld.so.preload, so it reaches programs whose environment is emptied.
Programs started before the first shift keep real time, and so do Go programs (Pebble) and the
kernel: the times of files stay real. See ``clock.c``.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from pathlib import Path

from .world import PROJECT, World, WorldError

SOURCE = Path(__file__).resolve().parent / "clock.c"
BUILT = PROJECT / "build" / "world-clock.so"
PRELOAD = "/etc/ld.so.preload"
LIBRARY = "/usr/local/lib/world-clock.so"
OFFSET = "/etc/world-clock"
COMPILERS = ("cc", "gcc", "clang", "tcc")


def compiled() -> Path:
    """The library, compiled if it is missing or older than its source."""
    if BUILT.exists() and BUILT.stat().st_mtime >= SOURCE.stat().st_mtime:
        return BUILT
    compiler = next((name for name in COMPILERS if shutil.which(name)), None)
    if compiler is None:
        raise WorldError(f"no C compiler ({', '.join(COMPILERS)}) is installed; run: make install")
    BUILT.parent.mkdir(exist_ok=True)
    fresh = BUILT.with_name(f"{BUILT.name}.{os.getpid()}")  # several processes may be at it
    command = [compiler, "-shared", "-fPIC", "-o", str(fresh), str(SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise WorldError(f"{' '.join(command)}: {done.stderr}")
    fresh.replace(BUILT)
    return BUILT


class Clock:
    """The clock of one world."""

    def __init__(self, world: World):
        self._world = world

    def shift(self, days: float = 0, seconds: float = 0) -> None:
        """Put the clock this far ahead of real time (negative: behind)."""
        self._set(round(days * 86400 + seconds))
        if not self._world.path(LIBRARY).exists():
            self._world.copy_in(compiled(), LIBRARY)
        self._world.write(PRELOAD, LIBRARY + "\n")

    def back(self) -> None:
        """Real time again, at once, also for programs that were started under a shift."""
        self._set(0)
        self._world.path(PRELOAD).unlink(missing_ok=True)

    def _set(self, offset: int) -> None:
        """In place, not by a new file: running programs have mapped this one."""
        target = self._world.path(OFFSET)
        if not target.exists():
            self._world.write(OFFSET, b"\0" * 8)
        with target.open("r+b") as stream:
            stream.write(struct.pack("=q", offset))
