"""The visitors notice an outage, and nothing else."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from world import load
from world.world import PROJECT, World

LOAD = PROJECT / "tests" / "world" / "load.py"


def event(start: float, status: int = 200, duration: float = 0.1) -> load.Event:
    return load.Event(start, duration, status, "" if status else "refused")


def visit(world: World, name: str, *more: str) -> list[Any]:
    words = ["--url", "http://www.example.com/", "--rate", "20", "--seconds", "100"]
    return [world.python_path, "-B", LOAD, *words, "--log", f"/tmp/{name}", *more]


def test_a_summary_counts_refusals_and_other_answers():
    events = [event(0), event(1, 0), event(2, 404), event(3)]
    tried, failed, gap = load.summary(events)
    assert (tried, failed, gap) == (4, 2, pytest.approx(3))


def test_an_outage_at_either_end_is_a_gap():
    assert load.summary([event(0, 0), event(5)]).longest_gap == pytest.approx(5.1)
    assert load.summary([event(0), event(5, 0)]).longest_gap == pytest.approx(5)
    assert load.summary([event(0, 500), event(5, 500)]).longest_gap == pytest.approx(5.1)
    assert load.summary([]) == (0, 0, 0.0)


@pytest.mark.parametrize(
    ("window", "left"), [((0.9, 2.2), 0), ((1.05, 1.06), 1), ((3, 4), 2), ((2.1, 9), 1)]
)
def test_only_announced_windows_excuse(window, left):
    events = [event(0), event(1, 0), event(2, 503), event(3)]
    assert len(load.judge(events, [window])) == left


def test_nobody_misses_anything_while_the_server_runs(site: World):
    command = visit(site, "calm", "--expect", "the right page", "--count", "60")
    done = site.run(command, check=False)
    assert done.returncode == 0, done.stdout
    result = json.loads(done.stdout)
    assert result["tried"] == 60 and result["failed"] == 0


@pytest.mark.parametrize("announced", [False, True])
def test_a_planted_stop_turns_it_red_unless_it_was_announced(site: World, announced: bool):
    now = time.time()
    window = ["--window", f"{now}:{now + 1000}"] if announced else []
    process = site.popen(visit(site, f"stop-{announced}", *window), stdout=-1, text=True)
    log = site.path(f"/tmp/stop-{announced}")
    wait_for(log, 5, good=True)
    site.run(["service", "nginx", "stop"])
    began = time.monotonic()
    wait_for(log, 10, good=False)
    lasted = time.monotonic() - began
    site.run(["service", "nginx", "start"])
    site.signal(process, signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    result = json.loads(output)
    assert result["failed"] >= 10 and result["longest_gap"] >= lasted
    assert process.returncode == (0 if announced else 1)
    assert (result["unexcused"] == 0) is announced
    assert len(load.read(log)) == result["tried"]


def wait_for(log: Path, visits: int, *, good: bool) -> None:
    """Until that many visits have succeeded, or failed."""
    until = time.monotonic() + 60
    while sum(event.good is good for event in load.read(log)) < visits:
        assert time.monotonic() < until, load.read(log)
        time.sleep(0.05)


def test_the_wrong_page_is_a_failure(site: World):
    command = visit(site, "wrong", "--expect", "some other page", "--count", "3")
    done = site.run(command, check=False)
    assert (done.returncode, json.loads(done.stdout)["failed"]) == (1, 3)


@pytest.mark.parametrize("words", [["--rate", "1000"], ["--seconds", "99999"], ["--rate", "0"]])
def test_it_refuses_to_be_an_attack(site: World, words: list[str]):
    done = site.run(visit(site, "refused", *words), check=False)
    assert done.returncode == 2 and "at most" in done.stderr
