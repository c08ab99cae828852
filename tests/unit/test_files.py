"""Files that survive a kill, and the one that ships."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

from conftest import ROOT
from layer_lets_encrypt.machine import files

ENDLESS_WRITER = ROOT / "tests" / "unit" / "programs" / "endless_writer.py"


def test_a_file_is_written_once_and_has_its_mode_at_once(tmp_path) -> None:
    path = tmp_path / "new" / "secret"
    assert files.write_atomic(path, "text", 0o600)
    assert not files.write_atomic(path, "text", 0o600)
    assert (path.stat().st_mode & 0o777) == 0o600
    assert files.write_atomic(path, "text", 0o644)
    assert files.write_atomic(path, "other", 0o644)
    assert path.read_text() == "other"
    assert os.listdir(path.parent) == ["secret"]


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path) -> None:
    path = tmp_path / "file"
    files.write_atomic(path, "a" * 100000)  # the writer may be killed before its first write ends
    for seed in range(5):
        command = [sys.executable, ENDLESS_WRITER, ROOT / "lib", path]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(random.Random(seed).random() / 20)
            writer.kill()
        text = path.read_text()
        assert len(text) == 100000
        assert len(set(text)) == 1


def test_the_dh_parameters_are_the_published_ones() -> None:
    path = ROOT / "files" / "lets-encrypt" / "dhparam.pem"
    said = subprocess.run(
        ["openssl", "dhparam", "-in", path, "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "GROUP: ffdhe3072" in said
