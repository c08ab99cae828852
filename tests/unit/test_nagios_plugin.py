"""The plugin that nrpe runs: its exit codes and its one line."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "files" / "lets-encrypt" / "check_lets_encrypt"
DAY = 86400


def run(*words: object) -> tuple[int, str]:
    command = [sys.executable, "-I", str(PLUGIN), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode, done.stdout


def lasting(lifetime: float, left: float) -> list[float]:
    now = time.time()
    return [now + left - lifetime, now + left]


@pytest.mark.parametrize(
    ("lifetime", "left", "code"),
    [
        (90 * DAY, 90 * DAY, 0), (90 * DAY, 15.1 * DAY, 0), (90 * DAY, 14.9 * DAY, 1),
        (90 * DAY, 7.6 * DAY, 1), (90 * DAY, 7.4 * DAY, 2), (90 * DAY, -1, 2),
        (6 * DAY, 1.1 * DAY, 0), (6 * DAY, 0.9 * DAY, 1), (6 * DAY, 0.4 * DAY, 2),
    ],
)  # fmt: skip
def test_a_sixth_of_the_lifetime_is_a_warning_and_a_twelfth_critical(
    tmp_path: Path, lifetime: float, left: float, code: int
) -> None:
    path = tmp_path / "expiry.json"
    path.write_text(json.dumps({"a.example.com": lasting(lifetime, left)}))
    status, said = run(path)
    assert status == code
    assert said.startswith("TLS " + ("OK", "WARNING", "CRITICAL")[code] + ": ")
    assert ("a.example.com" in said) == (code > 0) and said.count("\n") == 1


def test_the_worst_ones_are_named(tmp_path: Path) -> None:
    path = tmp_path / "expiry.json"
    expired = {f"{letter}.example.com": lasting(90 * DAY, -DAY) for letter in "abcde"}
    path.write_text(json.dumps({**expired, "fine.example.com": lasting(90, 90), "new.org": None}))
    status, said = run(path)
    assert status == 2 and "a.example.com expired 2" in said and said.endswith("(and 2 more)\n")
    assert "fine" not in said and "new.org" not in said
    path.write_text(json.dumps({"new.org": None}))
    assert run(path) == (1, "TLS WARNING: new.org there is none yet\n")
    path.write_text("{}")
    assert run(path) == (0, "TLS OK: 0 certificates\n")


@pytest.mark.parametrize("content", ["", "[", "[]", "3", '{"a": 1}', '{"a": [1, 1]}', '{"a": [1]}'])
def test_what_cannot_be_read_is_unknown(tmp_path: Path, content: str) -> None:
    path = tmp_path / "expiry.json"
    path.write_text(content)
    status, said = run(path)
    assert status == 3 and said.startswith("TLS UNKNOWN: ")


def test_a_missing_file_is_unknown(tmp_path: Path) -> None:
    assert run(tmp_path / "none")[0] == 3
    assert run()[0] == 3
