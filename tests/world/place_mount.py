"""Run by bind.py: enters a mount namespace and gives a mount, taken elsewhere, a place there.

place_mount.py NAMESPACE DESCRIPTOR TARGET
"""

from __future__ import annotations

import ctypes
import os
import sys

MOVE_MOUNT = 429  # the system call, the same on all architectures
AT_FDCWD = -100
EMPTY_PATH = 0x4  # MOVE_MOUNT_F_EMPTY_PATH


def main(namespace: str, mount: str, target: str) -> str:
    """What went wrong, or an empty text."""
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.setns(os.open(namespace, os.O_RDONLY), 0) or libc.syscall(
        MOVE_MOUNT, int(mount), b"", AT_FDCWD, os.fsencode(target), EMPTY_PATH
    )
    return os.strerror(ctypes.get_errno()) if failed else ""


sys.exit(main(*sys.argv[1:]) or 0)
