"""Files that survive a kill at any line: written next to their place, synced, moved into it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

MAX_READ = 64 * 1024 * 1024  # bytes; ten thousand certificates take a tenth of it
UMASK = 0o022  # of programs that write for others
TEMPORARY = ".new-"  # begins the name of a file that is not in its place yet
COPIES = 3  # of what was set aside, for each file


def write_atomic(path: Path, content: str, mode: int = 0o600) -> bool:
    """Make ``path`` hold a text, as write_content() does."""
    return write_content(path, content.encode("utf-8"), mode)


def write_content(
    path: Path, content: bytes, mode: int = 0o600, owner: tuple[int, int] | None = None
) -> bool:
    """Make ``path`` hold ``content`` with ``mode``; return whether anything was written.

    A reader sees the old file or the new one, never a part, and the new one is on disk
    when this returns. Mode, and ``owner`` with group, are right from the first byte. A folder
    that has to be made is as open as the file. Raises OSError.
    """
    if _holds(path, content, mode, owner):
        return False
    import tempfile  # most hooks write nothing

    make_folder(path.parent, 0o755 if mode & 0o004 else 0o700)
    descriptor, temporary = tempfile.mkstemp(dir=str(path.parent), prefix=TEMPORARY)
    try:
        with open(descriptor, "wb") as stream:
            if owner is not None:
                os.fchown(stream.fileno(), *owner)
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if path.is_dir() and not path.is_symlink():
            set_aside(path)
        os.replace(temporary, str(path))
    except BaseException as error:
        remove(Path(temporary))
        if isinstance(error, OSError) and error.filename is None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    sync_directory(path.parent)
    return True


def make_folder(path: Path, mode: int = 0o755) -> None:
    """Make a folder with just this mode, whatever the umask is, and its parents with 0755.

    What is there stays as it is. Raises OSError.
    """
    if path.is_dir():
        return
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=mode)
        path.chmod(mode)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def open_folder(path: Path) -> None:
    """Make a folder of the layer's own that others may enter, also if it was there. Raises OSError.

    Others may have made it before, with the umask of their day.
    """
    make_folder(path)
    seen = path.stat()
    if seen.st_uid == os.geteuid() and seen.st_mode & 0o055 != 0o055:
        path.chmod(0o755)


def _holds(path: Path, content: bytes, mode: int, owner: tuple[int, int] | None) -> bool:
    try:
        seen = path.lstat()
        expected = owner or (os.geteuid(), seen.st_gid)
        as_made = (seen.st_mode & 0o7777, seen.st_uid, seen.st_gid) == (mode, *expected)
        return as_made and seen.st_nlink == 1 and read_bytes(path) == content
    except OSError:
        return False


def sync_directory(directory: Path) -> None:
    """Put the names in ``directory`` on disk."""
    descriptor = os.open(str(directory), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file that may not be there; a folder in its place is set aside."""
    with contextlib.suppress(FileNotFoundError):
        if path.is_dir() and not path.is_symlink():
            set_aside(path)
        else:
            path.unlink()


def read_text(path: Path, follow: bool = False, errors: str = "strict") -> str:
    """Return the text of a regular file, read as read_bytes() does.

    Raises OSError, and ValueError for what is not UTF-8 unless ``errors`` says otherwise.
    """
    return read_bytes(path, follow).decode("utf-8", errors)


def read_bytes(path: Path, follow: bool = False) -> bytes:
    """Return the content of a regular file.

    Nothing else is waited for or read: no pipe, device or folder, and no link unless ``follow``
    says so. Raises OSError.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    with open(os.open(str(path), flags), "rb") as stream:
        seen = os.fstat(stream.fileno())
        if not stat.S_ISREG(seen.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        content = stream.read(MAX_READ + 1)
    if len(content) > MAX_READ:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return content


def is_in_the_way(path: Path) -> bool:
    """Whether there is something at ``path`` that is not a regular file of a usual size."""
    try:
        seen = path.lstat()
    except OSError:
        return False
    return not stat.S_ISREG(seen.st_mode) or seen.st_size > MAX_READ


def set_aside(path: Path) -> Path:
    """Rename what cannot be read, so that nobody stumbles over it again; return its new place.

    A few copies are kept; the oldest is deleted for a new one. Raises OSError.
    """
    copies = [path.with_name(f"{path.name}.aside-{number}") for number in range(1, COPIES + 1)]
    free = [copy for copy in copies if not os.path.lexists(str(copy))]
    target = free[0] if free else min(copies, key=lambda copy: copy.lstat().st_ctime_ns)
    if not free:
        _discard(target)
    os.rename(str(path), str(target))
    sync_directory(path.parent)
    return target


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(str(path))
    else:
        path.unlink()


def read_json(path: Path, default: Any) -> Any:
    """Return the file's JSON value; ``default`` if there is none that can be read."""
    try:
        return json.loads(read_text(path))
    except (OSError, ValueError, RecursionError):
        return default


def write_json(path: Path, value: Any, mode: int = 0o600) -> bool:
    """Write ``value`` as JSON by write_atomic."""
    return write_atomic(path, json.dumps(value, indent=1, sort_keys=True) + "\n", mode)
