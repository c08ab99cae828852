"""Has two folders change places, so that there is always one, and nothing is lost."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from pathlib import Path

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100
_CANNOT = (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EBUSY)


def exchange(fresh: Path, config_dir: Path = CONFIG_DIR) -> bool:
    """Have ``fresh`` take the place of certbot's folder, which gets its name.

    It is one step, if the file system can do that with this folder. Returns whether there was a
    folder before. Raises OSError.
    """
    if not os.path.lexists(str(config_dir)):
        os.rename(str(fresh), str(config_dir))
        files.sync_directory(config_dir.parent)
        return False
    try:
        _rename_exchange(str(fresh), str(config_dir))
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        exchange_contents(fresh, config_dir)
    files.sync_directory(config_dir.parent)
    return True


def exchange_contents(fresh: Path, config_dir: Path) -> None:
    """Have what is in two folders change places, one after the other. Raises OSError.

    A container's file system may be unable to rename a folder that came with its image, and
    nothing can rename one that is mounted.
    """
    between = fresh / ".between"
    for name in sorted({*os.listdir(str(fresh)), *os.listdir(str(config_dir))}):
        ours, theirs = config_dir / name, fresh / name
        has_ours, has_theirs = (os.path.lexists(str(path)) for path in (ours, theirs))
        if has_ours:
            _move(ours, between)
        if has_theirs:
            _move(theirs, ours)
        if has_ours:
            _move(between, theirs)
    seen, other = config_dir.stat(), fresh.stat()
    for path, access in ((config_dir, other), (fresh, seen)):
        os.chown(str(path), access.st_uid, access.st_gid)
        os.chmod(str(path), stat.S_IMODE(access.st_mode))


def _move(source: Path, target: Path) -> None:
    """Rename a file, link or folder, or else copy it with owners and modes, and remove it."""
    try:
        os.rename(str(source), str(target))
    except OSError as error:
        if error.errno not in _CANNOT or source.is_symlink() or not source.is_dir():
            raise
        target.mkdir(mode=0o700)
        for inner in sorted(os.listdir(str(source))):
            _move(source / inner, target / inner)
        seen = source.stat()
        os.chown(str(target), seen.st_uid, seen.st_gid)
        os.chmod(str(target), stat.S_IMODE(seen.st_mode))
        source.rmdir()


def _rename_exchange(one: str, other: str) -> None:
    """Have two names change places in one step. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other),
                          _RENAME_EXCHANGE)  # fmt: skip
    if done != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), other)
