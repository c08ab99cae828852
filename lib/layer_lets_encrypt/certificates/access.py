"""Who may read the files of a lineage: carried over to the one that replaces it.

certbot does so when it renews a certificate. It cannot where a damaged lineage was moved aside.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

from layer_lets_encrypt.machine.paths import PARTS

_MODE = 0o777
_MODE_OF_KEY = 0o774  # whatever it was before, others do not write or run it
_LISTS = ("system.posix_acl_access", "system.posix_acl_default")


def carry_over(old_live: Path, old_archive: Path, live: Path, archive: Path) -> None:
    """Give the new folders and files the owner, group and mode that the old ones have."""
    _copy(old_live, live, _MODE)
    _copy(old_archive, archive, _MODE)
    for part in PARTS:
        old = _file_behind(old_live / f"{part}.pem", old_archive, part)
        if old is not None:
            for new in archive.glob(f"{part}[0-9]*.pem"):
                _copy(old, new, _MODE_OF_KEY if part == "privkey" else _MODE)


def _file_behind(link: Path, archive: Path, part: str) -> Path | None:
    """Return the old file of a part that services read, or else the newest; None for none.

    The link leads nowhere: it has been moved, as has the archive.
    """
    if link.is_file() and not link.is_symlink():
        return link  # a copy that has followed the links
    numbered = {}
    for path in archive.glob(f"{part}*.pem"):
        number = re.match(part + r"([0-9]+)\.pem\Z", path.name)
        if number and path.is_file():
            numbered[int(number.group(1))] = path
    with suppress(OSError):
        named = archive / os.path.basename(os.readlink(str(link)))
        if named.is_file():
            return named
    return numbered[max(numbered)] if numbered else None


def _copy(old: Path, new: Path, mask: int) -> None:
    """Give ``new`` the owner, group and mode of ``old``, as far as they can be given."""
    with suppress(OSError):
        seen = old.stat()
        opened = os.open(str(new), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_IFMT(os.fstat(opened).st_mode) == stat.S_IFMT(seen.st_mode):
                os.fchown(opened, seen.st_uid, seen.st_gid)
                os.fchmod(opened, seen.st_mode & mask)
                _copy_lists(old, opened)
        finally:
            os.close(opened)


def _copy_lists(old: Path, opened: int) -> None:
    """Copy the access control lists, where the file system has any."""
    for name in _LISTS:
        with suppress(OSError):
            os.setxattr(opened, name, os.getxattr(str(old), name))
