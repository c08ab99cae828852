"""What is published, or may be: written before a record is, and gone after it is."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterator

from layer_lets_encrypt_dns.failure import configuration, transient

LOCK = "/run/layer-lets-encrypt-dns.lock"
PATIENCE = 180.0
TICK = 0.1
STAYS = "stays for now"  # in the log's line of a record that could not be removed


@dataclass(frozen=True)
class Entry:
    """One record. ``owner`` is the certbot that wants it; ``extra`` what its removal needs."""

    name: str
    fqdn: str
    zone: str
    value: str
    owner: str = ""
    extra: dict[str, str] = field(default_factory=dict)


class Journal:
    """The file; every change is on the disk when the call returns. Call it under ``lock``."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def entries(self) -> list[Entry]:
        """Return all entries. Raises Failure if the file cannot be read."""
        try:
            return [Entry(**one) for one in json.loads(self._path.read_text("utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, TypeError) as error:
            raise configuration(
                f"the journal of published records cannot be read ({type(error).__name__}); "
                f"look at {self._path}, and delete it when its records are gone from the DNS"
            ) from None

    def add(self, entry: Entry) -> None:
        self._write([*(e for e in self.entries() if e != entry), entry])

    def drop(self, entry: Entry) -> None:
        self._write([e for e in self.entries() if e != entry])

    def _write(self, entries: list[Entry]) -> None:
        """Replace the file as a whole; a kill leaves the old or the new one. Raises Failure."""
        new = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(new, "w", encoding="utf-8", opener=_private) as file:
                json.dump([asdict(e) for e in entries], file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise transient(f"cannot write the journal {self._path}: {error.strerror}") from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


@contextlib.contextmanager
def lock(path: str = LOCK, patience: float = PATIENCE) -> Iterator[None]:
    """Let one process of the machine at a time write to the DNS. Raises Failure.

    Providers read a whole set of records, change it and write it back: two at once lose one.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _acquire(descriptor, time.monotonic() + patience)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise transient(
                    "another process on this machine keeps writing to the DNS"
                ) from None
            time.sleep(TICK)


def identity(pid: int) -> str:
    """Return words for a process that no later one shares; "" if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{pid} {fields[19]}"


def is_alive(owner: str) -> bool:
    """Whether the process that ``identity`` named is still there."""
    return bool(owner) and identity(int(owner.split()[0])) == owner
