"""What the operating system refused, in words for an operator: what, where, what to do. Pure."""

from __future__ import annotations

import errno

REMEDIES = {
    errno.ENOSPC: "free some space on that file system",
    errno.EDQUOT: "free some space on that file system",
    errno.EROFS: "mount that file system for writing",
    errno.EACCES: "look at its permissions and attributes (lsattr)",
    errno.EPERM: "look at its permissions and attributes (lsattr)",
    errno.EIO: "look at the disk with dmesg",
    errno.ENOMEM: "give the machine more memory",
    errno.EMFILE: "look at what holds the files open",
    errno.ENFILE: "look at what holds the files open",
    errno.EBUSY: "look at what is mounted there",
    errno.ENOTDIR: "look at what is in the place of a folder",
    errno.EISDIR: "move that folder away",
    errno.EEXIST: "look at what is in its place",
    errno.ELOOP: "look at the links there",
}


# With these, nothing else will go better: the others have to do with one path.
_OF_MACHINE = (None, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM,
               errno.EMFILE, errno.ENFILE)  # fmt: skip


def is_of_machine(error: OSError) -> bool:
    """Whether an error is about the machine as a whole, not about one file."""
    return error.errno in _OF_MACHINE


def words(error: OSError) -> str:
    """Return what went wrong, with its path, and the remedy if one is known."""
    place = f" for {_text(error.filename)}" if error.filename else ""
    if error.strerror is None:
        return str(error)
    remedy = REMEDIES.get(error.errno or 0, "")
    return f"{error.strerror}{place}" + (f"; {remedy}" if remedy else "")


def _text(path: object) -> str:
    return path.decode("utf-8", errors="replace") if isinstance(path, bytes) else str(path)
