"""A folder of this machine inside a world that already runs: how worlds share one controller.

    bind(world, juju.paths.controller)       # at the same path in the world, writable

The folder's mount is taken here, without a place, and given one by a process that enters the
world: neither can reach the other's mounts by a path.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from .world import World

OPEN_TREE = 428  # the system call, the same on all architectures
AT_FDCWD = -100
CLONE_TREE = 0x1 | 0x8000  # OPEN_TREE_CLONE, AT_RECURSIVE
PLACE = Path(__file__).resolve().parent / "place_mount.py"


def bind(world: World, folder: str | Path) -> None:
    """Show a folder in a world, at the path that it has here. OSError if that is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    mount = libc.syscall(OPEN_TREE, AT_FDCWD, os.fsencode(folder), CLONE_TREE)
    if mount < 0:
        raise OSError(ctypes.get_errno(), f"cannot take the mount of {folder}")
    try:
        world.run(["mkdir", "-p", folder])
        words = [sys.executable, "-B", PLACE, f"/proc/{world.pid}/ns/mnt", str(mount), str(folder)]
        done = subprocess.run(words, pass_fds=[mount], stderr=subprocess.PIPE, text=True)
    finally:
        os.close(mount)
    if done.returncode:
        raise OSError(f"cannot place {folder} in the world: {done.stderr.strip()}")
