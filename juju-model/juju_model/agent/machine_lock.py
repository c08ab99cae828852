"""The lock that lets one hook, action or command run at a time on the machine."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator

POLL = 0.25


class MachineLock:
    """flock on a file, tried every 250 ms; units of this agent queue up before it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.queue = threading.Lock()
        os.makedirs(os.path.dirname(path), exist_ok=True)

    @contextlib.contextmanager
    def held(self, until: float | None = None) -> Iterator[None]:
        """Hold the lock; TimeoutError if it could not be taken before `until`."""
        patience = -1 if until is None else max(0.0, until - time.monotonic())
        if not self.queue.acquire(timeout=patience):
            raise TimeoutError("cannot acquire the machine lock")
        try:
            descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            try:
                self.take(descriptor, until)
                yield
            finally:
                os.close(descriptor)
        finally:
            self.queue.release()

    @staticmethod
    def take(descriptor: int, until: float | None) -> None:
        """Wait for whoever else holds the file."""
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if until is not None and time.monotonic() > until:
                    raise TimeoutError("cannot acquire the machine lock") from None
                time.sleep(POLL)
