"""Files that survive a kill at any line: written beside, synced, moved into place."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any


def write_atomic(path: Path, content: str, mode: int = 0o600) -> bool:
    """Make ``path`` hold ``content`` with ``mode``; return whether anything was written.

    A reader sees the old file or the new one, never a part, and the new one is on disk
    when this returns. The mode is right from the first byte. Raises OSError.
    """
    if _holds(path, content, mode):
        return False
    import tempfile  # most hooks write nothing

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=str(path.parent), prefix=".new-")
    try:
        with open(descriptor, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, str(path))
    except BaseException:
        remove(Path(temporary))
        raise
    sync_directory(path.parent)
    return True


def _holds(path: Path, content: str, mode: int) -> bool:
    try:
        same_mode = (path.lstat().st_mode & 0o7777) == mode
        return same_mode and not path.is_symlink() and path.read_text("utf-8") == content
    except (OSError, UnicodeDecodeError):
        return False


def sync_directory(directory: Path) -> None:
    """Put the names in ``directory`` on disk."""
    descriptor = os.open(str(directory), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file that may not be there."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def read_json(path: Path, default: Any) -> Any:
    """Return the file's JSON value; ``default`` where there is no file or no JSON in it."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return default


def write_json(path: Path, value: Any, mode: int = 0o600) -> bool:
    """Write ``value`` as JSON by write_atomic."""
    return write_atomic(path, json.dumps(value, indent=1, sort_keys=True) + "\n", mode)
