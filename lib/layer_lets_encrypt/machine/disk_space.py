"""Whether there is enough disk space for what an order writes: reads only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Iterable

BYTES = 512 * 1024  # a certificate takes some 20 KiB, and certbot's log and own files more
INODES = 64  # a new lineage takes some 15


def shortage(places: Iterable[Path]) -> str:
    """Return which of the places has no space left for an order, and what to do; "" for none."""
    for place in places:
        try:
            found = of_disk(place, os.statvfs(str(_existing(place))))
        except OSError:
            continue  # whoever writes there will say what is wrong
        if found:
            return found
    return ""


def of_disk(place: Path, disk: os.statvfs_result) -> str:
    """Return what the place's file system is short of, and what to do; "" for nothing."""
    if disk.f_bavail * disk.f_frsize < BYTES:
        return f"No space left on device for {place}; free some space there"
    # Some file systems, such as btrfs, count no inodes: they make them as they are needed.
    if disk.f_files and disk.f_favail < INODES:
        return f"No inodes left on device for {place}; remove files there"
    return ""


def _existing(place: Path) -> Path:
    """Return the place, or the nearest folder above it that is there."""
    return next((path for path in (place, *place.parents) if path.exists()), Path("/"))
