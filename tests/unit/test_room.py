"""Room on disk for what an order writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from layer_lets_encrypt import room

PLACE = Path("/etc/letsencrypt")


def disk(blocks: int, inodes: int, free_inodes: int) -> os.statvfs_result:
    """What statvfs says of a file system with blocks of 4 KiB."""
    return os.statvfs_result(
        (4096, 4096, 10_000, blocks, blocks, inodes, free_inodes, free_inodes, 0, 255)
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (disk(9_000, 1_000, 500), ""),
        (disk(9_000, 1_000, 3), "No inodes left"),
        (disk(9_000, 1_000, 0), "No inodes left"),
        (disk(9_000, 0, 0), ""),  # btrfs counts none
        (disk(3, 1_000, 500), "No space left"),
    ],
)
def test_inodes_are_needed_like_blocks(found: os.statvfs_result, words: str) -> None:
    said = room.of_disk(PLACE, found)
    assert words in said
    assert bool(said) == bool(words)
    assert not said or (str(PLACE) in said and "; " in said), "which, and what to do"


def test_a_place_that_is_not_there_yet_is_on_its_parents_disk(tmp_path: Path) -> None:
    place = tmp_path / "not" / "there"
    assert room.shortage([place]) == room.of_disk(place, os.statvfs(tmp_path))
