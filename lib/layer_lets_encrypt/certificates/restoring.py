"""Puts a backup of certbot's folder back: on the machine that made it, or on another one.

It is unpacked next to the folder and checked as a whole; ``exchange`` then puts it in its place.
"""

from __future__ import annotations

import contextlib
import grp
import gzip
import json
import os
import pwd
import shutil
import stat
import tarfile
import tempfile
import time
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Iterator

from layer_lets_encrypt.certificates import certificate, ledger
from layer_lets_encrypt.certificates.backup import MEMORY, TOP, BackupError
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR, PARTS
from layer_lets_encrypt.rules.records import History

MAX_SIZE = 2 << 30  # bytes unpacked
MAX_MEMBERS = 200_000
MAX_MEMORY = 64 << 20
PORTION = 1 << 16


def unpack(path: Path, config_dir: Path = CONFIG_DIR) -> tuple[Path, History]:
    """Unpack a backup next to certbot's folder and look at it; return the new folder, the history.

    Nothing else is touched. Raises BackupError, and OSError.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    fresh = Path(tempfile.mkdtemp(dir=str(config_dir.parent), prefix=f"{config_dir.name}.{stamp}-"))
    try:
        with _opened(path) as stream:
            past = _unpack_all(stream, fresh)
        _check(fresh)
        return fresh, past
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        shutil.rmtree(str(fresh))
        raise BackupError(f"{path} is not a whole backup: {error}") from error
    except BaseException:
        shutil.rmtree(str(fresh))
        raise


def _opened(path: Path) -> IO[bytes]:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        opened = os.open(str(path), flags)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise BackupError(f"{path} is not a file")
    return os.fdopen(opened, "rb")


def _unpack_all(stream: IO[bytes], fresh: Path) -> History:
    """Unpack what belongs to certbot's folder; return the history that came with it."""
    past, is_there, folders = History(), False, []
    with gzip.open(stream) as plain, tarfile.open(fileobj=plain, mode="r:") as archive:
        for member in _bounded(archive):
            if member.name == MEMORY and member.isreg():
                past = _history(archive, member)
                continue
            target = fresh.joinpath(*_parts(member))
            is_there = is_there or target == fresh
            if member.isdir():
                folders.append((target, member))
            _unpack_one(archive, member, target, fresh)
        while plain.read(PORTION):  # to the checksum at the end
            pass
    if not is_there:
        raise BackupError("it has no folder of certbot")
    for target, member in reversed(folders):
        _give(target, member)
    return past


def _bounded(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    size = 0
    for number, member in enumerate(archive):
        size += member.size
        if size > MAX_SIZE or number > MAX_MEMBERS:
            raise BackupError("it is larger than a backup of certificates can be")
        yield member


def _parts(member: tarfile.TarInfo) -> tuple[str, ...]:
    """Return a member's path below certbot's folder. Raises BackupError."""
    parts = PurePosixPath(member.name).parts
    if parts[:1] != (TOP,) or ".." in parts:
        raise BackupError(f"{member.name!r} does not belong to a backup")
    return parts[1:]


def _unpack_one(
    archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, fresh: Path
) -> None:
    """Unpack one file, folder or link, never through a link. Raises BackupError, and OSError."""
    if target != fresh and not _is_own_folder(target.parent, fresh):
        raise BackupError(f"{member.name!r} comes before its folder")
    if member.isdir():
        if target != fresh:
            target.mkdir(mode=0o700)
    elif member.issym():
        os.symlink(member.linkname, str(target))
        os.lchown(str(target), *_owner(member))
    elif member.isreg():
        source = archive.extractfile(member)
        assert source is not None
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with open(os.open(str(target), flags, 0o600), "wb") as stream:
            shutil.copyfileobj(source, stream)
            stream.flush()
            os.fsync(stream.fileno())
        _give(target, member)
    else:
        raise BackupError(f"{member.name!r} is neither a file, a folder nor a link")


def _is_own_folder(folder: Path, fresh: Path) -> bool:
    """Whether a folder has been unpacked, and no link leads to it."""
    above = [folder, *folder.parents]
    steps = above[: above.index(fresh)]
    return all(step.is_dir() and not step.is_symlink() for step in steps)


def _owner(member: tarfile.TarInfo) -> tuple[int, int]:
    """Return owner and group by name where this machine has them, else by number."""
    owner, group = member.uid, member.gid
    with contextlib.suppress(KeyError):
        owner = pwd.getpwnam(member.uname).pw_uid
    with contextlib.suppress(KeyError):
        group = grp.getgrnam(member.gname).gr_gid
    return owner, group


def _give(target: Path, member: tarfile.TarInfo) -> None:
    os.chown(str(target), *_owner(member))
    os.chmod(str(target), member.mode & 0o777)


def _history(archive: tarfile.TarFile, member: tarfile.TarInfo) -> History:
    source = archive.extractfile(member)
    if source is None or member.size > MAX_MEMORY:
        return History()
    try:
        return ledger.from_plain(json.loads(source.read().decode("utf-8")))
    except (ValueError, RecursionError):
        return History()


def _check(fresh: Path) -> None:
    """Raise BackupError unless each lineage has a certificate with its key."""
    live = fresh / "live"
    names = os.listdir(str(live)) if live.is_dir() else []
    for name in sorted(names):
        folder = live / name
        if not folder.is_dir() or folder.is_symlink():
            continue
        fault = _fault(folder)
        if fault:
            raise BackupError(f"{name}: {fault}; nothing was replaced")


def _fault(folder: Path) -> str:
    paths = {part: folder / f"{part}.pem" for part in PARTS}
    if not any(os.path.lexists(str(path)) for path in paths.values()):
        return ""
    try:
        for part in ("cert", "fullchain"):
            certificate.read(files.read_text(paths[part], follow=True))
    except (OSError, ValueError) as error:
        return f"its certificate cannot be read ({error})"
    if not certificate.key_matches(paths["fullchain"], paths["privkey"]):
        return "its key does not belong to its certificate"
    return ""
