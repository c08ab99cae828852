"""Tests that `make test` leaves out are counted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from charmbuild import PROJECT

TESTS = """
import pytest

@pytest.mark.parametrize("number", range(3))
@pytest.mark.slow
def test_slow(number): pass

def test_fast(): pass
"""


@pytest.mark.parametrize("processes", ["0", "2"])
@pytest.mark.parametrize(("marked", "left_out"), [("not slow", True), ("", False)])
def test_the_number_of_slow_tests_is_told(
    tmp_path: Path, processes: str, marked: str, left_out: bool
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = slow\n")
    (tmp_path / "test_some.py").write_text(TESTS)
    command = [sys.executable, "-B", "-m", "pytest", "-p", "left_out", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-n", processes, "-m", marked], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PROJECT / "tests" / "build")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = "3 slow tests were left out; make test-all runs them" in done.stdout
    assert told == left_out
