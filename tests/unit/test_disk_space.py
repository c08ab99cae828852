"""Room on disk for what an order writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from layer_lets_encrypt.ca import gate as certbot
from layer_lets_encrypt.machine import disk_space

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
    said = disk_space.of_disk(PLACE, found)
    assert words in said
    assert bool(said) == bool(words)
    assert not said or (str(PLACE) in said and "; " in said), "which, and what to do"


def test_a_place_that_is_not_there_yet_is_on_its_parents_disk(tmp_path: Path) -> None:
    place = tmp_path / "not" / "there"
    assert disk_space.shortage([place]) == disk_space.of_disk(place, os.statvfs(tmp_path))


@pytest.mark.parametrize("writes", ["exit 1", "echo 'An error'; exit 1"])
def test_a_full_log_folder_is_named_if_certbot_can_say_nothing(
    writes: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "certbot"
    program.write_text(f"#!/bin/sh\n{writes}\n")
    program.chmod(0o755)
    monkeypatch.setattr(certbot, "SEARCH_PATH", str(tmp_path))
    monkeypatch.setattr(disk_space, "BYTES", 1 << 62)  # so the disk has less
    with pytest.raises(certbot.CertbotError) as raised:
        certbot.run(["register"], {}, tmp_path / "log")
    seen = raised.value.problem
    if "echo" in writes:
        assert (seen.category, seen.detail) == ("transient", "An error")
    else:
        assert seen.category == "local"
        assert f"No space left on device for {tmp_path}/log" in seen.detail
