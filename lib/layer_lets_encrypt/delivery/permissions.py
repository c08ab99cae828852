"""Gives a lineage's files and folders the owner, group and mode that the operator wants.

Links are never followed, and what is right already is not touched. Folders stay root's: whoever
owned one could put a link into it, and certbot would write to where that leads.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from layer_lets_encrypt.delivery.owners import Granted
from layer_lets_encrypt.machine import paths
from layer_lets_encrypt.machine.paths import CONFIG_DIR

CERTBOTS_FOLDER = 0o755  # of live/NAME and archive/NAME
CERTBOTS_TOP = 0o700  # of live and archive
PUBLIC = 0o644
KEY = 0o600

_FILE = re.compile(r"(cert|chain|fullchain|privkey)[0-9]*\.pem\Z")


def apply(name: str, access: Granted, config_dir: Path = CONFIG_DIR) -> None:
    """Open the files of a lineage, and the folders on the way to them. Raises OSError."""
    live, archive, _ = paths.places(name, config_dir)
    for folder in (live, archive):
        for path in _files(folder):
            _give(path, access.owner, access.group, access.mode, stat.S_IFREG)
        _give(folder, 0, access.group, access.folder_mode, stat.S_IFDIR)
        _let_pass(folder.parent, access)


def take_back(name: str, config_dir: Path = CONFIG_DIR) -> None:
    """Give the files of a lineage the modes that certbot gives. Raises OSError."""
    live, archive, _ = paths.places(name, config_dir)
    for folder in (live, archive):
        for path in _files(folder):
            mode = KEY if path.name.startswith("privkey") else PUBLIC
            _give(path, 0, 0, mode, stat.S_IFREG)
        _give(folder, 0, 0, CERTBOTS_FOLDER, stat.S_IFDIR)


def close_tops(config_dir: Path = CONFIG_DIR) -> None:
    """Give the folders around all lineages the modes that certbot gives. Raises OSError."""
    for folder in (config_dir / "live", config_dir / "archive"):
        _give(folder, 0, 0, CERTBOTS_TOP, stat.S_IFDIR)


def _files(folder: Path) -> list[Path]:
    try:
        return [folder / name for name in sorted(os.listdir(str(folder))) if _FILE.match(name)]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _let_pass(folder: Path, access: Granted) -> None:
    """Open a folder that other lineages share, without closing it to anybody else."""
    try:
        seen = folder.lstat()
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(seen.st_mode)
    if seen.st_gid in (0, access.group):
        _give(folder, seen.st_uid, access.group, mode | access.folder_mode, stat.S_IFDIR)
    else:  # the group is that of another unit, or the operator's own choice
        passing = access.folder_mode & 0o705 | 0o001
        _give(folder, seen.st_uid, seen.st_gid, mode | passing, stat.S_IFDIR)


def _give(path: Path, owner: int, group: int, mode: int, kind: int) -> None:
    """Give a file or folder owner, group and mode; a link or anything else stays as it is."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        opened = os.open(str(path), flags)
    except OSError:
        if path.is_symlink() or not os.path.lexists(str(path)):
            return
        raise
    try:
        seen = os.fstat(opened)
        if stat.S_IFMT(seen.st_mode) != kind:
            return
        if (seen.st_uid, seen.st_gid) != (owner, group):
            # Whoever comes in must not read more than the new mode allows, even for a moment.
            os.fchmod(opened, stat.S_IMODE(seen.st_mode) & mode)
            os.fchown(opened, owner, group)
            seen = os.fstat(opened)
        if stat.S_IMODE(seen.st_mode) != mode:
            os.fchmod(opened, mode)
    finally:
        os.close(opened)
