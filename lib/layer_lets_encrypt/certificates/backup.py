"""Backs up certbot's folder, with keys: links, owners and modes as they are."""

from __future__ import annotations

import os
import stat
import tarfile
import tempfile
import time
from pathlib import Path

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR

FOLDER = Path("/var/backups")
TOP = "letsencrypt"  # certbot's folder in the archive
MEMORY = "layer-lets-encrypt/history.json"


class BackupError(Exception):
    """A backup could not be made or put back; str() says why and what to do."""


def place_for(written: str, unit: str, now: float) -> Path:
    """Return where a backup goes: what is written, or a new name. Raises BackupError."""
    if not written:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        return FOLDER / f"lets-encrypt-{unit}-{stamp}.tar.gz"
    path = Path(os.path.normpath(written))
    if not written.startswith("/") or not written.isprintable() or FOLDER not in path.parents:
        raise BackupError(f"backups go below {FOLDER}; leave path empty or write {FOLDER}/NAME")
    if not path.name.endswith(".tar.gz"):
        raise BackupError("the name of a backup ends in .tar.gz")
    return path


def write(path: Path, past: Path, config_dir: Path = CONFIG_DIR) -> int:
    """Write certbot's folder and the history to ``path``; return the size in bytes.

    Nobody but root can read it. What is at ``path`` is replaced as a whole. Raises BackupError,
    and OSError.
    """
    if not config_dir.is_dir():
        raise BackupError(f"there is no {config_dir} to back up")
    files.make_folder(path.parent, 0o700)
    if path.is_dir():
        raise BackupError(f"{path} is a folder; name a file in it")
    descriptor, temporary = tempfile.mkstemp(dir=str(path.parent), prefix=".new-")
    try:
        with open(descriptor, "wb") as stream:
            with tarfile.open(fileobj=stream, mode="w:gz", format=tarfile.PAX_FORMAT) as archive:
                _add_all(archive, config_dir)
                if past.is_file():
                    _add(archive, str(past), MEMORY)
            stream.flush()
            os.fsync(stream.fileno())
        size = os.stat(temporary).st_size
        os.replace(temporary, str(path))
    except BaseException:
        files.remove(Path(temporary))
        raise
    files.sync_directory(path.parent)
    return size


def _add_all(archive: tarfile.TarFile, config_dir: Path) -> None:
    """Add certbot's folder: what is in it, and nothing that links lead to."""
    for here, folders, names in os.walk(str(config_dir)):
        inner = os.path.relpath(here, str(config_dir))
        _add(archive, here, os.path.normpath(f"{TOP}/{inner}"))
        links = [name for name in folders if os.path.islink(f"{here}/{name}")]
        for name in sorted([*names, *links]):
            _add(archive, f"{here}/{name}", os.path.normpath(f"{TOP}/{inner}/{name}"))


def _add(archive: tarfile.TarFile, path: str, name: str) -> None:
    """Add a file, folder or link. What else there is, such as a socket, is left out."""
    mode = os.lstat(path).st_mode
    if stat.S_ISREG(mode):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(path, flags), "rb") as stream:
            info = archive.gettarinfo(arcname=name, fileobj=stream)
            info.type, info.linkname = tarfile.REGTYPE, ""  # a second name is a second file
            info.size = os.fstat(stream.fileno()).st_size
            archive.addfile(info, stream)
    elif stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        archive.addfile(archive.gettarinfo(path, name))
