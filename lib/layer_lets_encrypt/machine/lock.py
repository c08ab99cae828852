"""One pass at a time on a machine, whatever units there are."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

MACHINE_LOCK = Path("/run/layer-lets-encrypt.lock")


@contextmanager
def machine_lock() -> Iterator[None]:
    """Wait for the lock and hold it; the kernel gives it up for a killed process."""
    lock = os.open(str(MACHINE_LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
