"""The clock that is moved, and the cron daemon whose clock runs faster."""

from __future__ import annotations

import time

import pytest

from world.clock import Clock
from world.cron import Cron
from world.world import World

DAY = 86400
WAIT = "import threading as h, time as t; b = t.time(); h.Event().wait(0.5); print(t.time() - b)"


def days_ahead(world: World) -> float:
    """How far the world's clock is ahead, for a program that is started now."""
    return (float(world.run(["date", "+%s"]).stdout) - time.time()) / DAY


def test_the_clock_moves_and_comes_back(world: World):
    clock = Clock(world)
    for days in (65, -3):
        clock.shift(days=days)
        assert days_ahead(world) == pytest.approx(days, abs=0.001)
        python = world.run(["python3", "-c", "import time; print(time.time())"]).stdout
        assert (float(python) - time.time()) / DAY == pytest.approx(days, abs=0.001)
    clock.back()
    assert days_ahead(world) == pytest.approx(0, abs=0.001)


def test_waiting_takes_no_longer_under_a_moved_clock(world: World):
    clock = Clock(world)
    clock.shift(days=65)
    try:
        waited = float(world.run(["python3", "-c", WAIT], timeout=60).stdout)
    finally:
        clock.back()
    assert 0.4 < waited < 60


def test_a_running_program_follows_a_later_shift(world: World):
    clock = Clock(world)
    clock.shift(days=1)
    tell, wait = "printf '%(%s)T\\n'", "until [ -e /tmp/moved ]; do sleep 0.1; done"
    process = world.popen(["bash", "-c", f"{tell}; {wait}; {tell}"], stdout=-1, text=True)
    assert process.stdout is not None
    first = int(process.stdout.readline())
    clock.shift(days=10)
    world.write("/tmp/moved", "")
    second = int(process.communicate(timeout=60)[0])
    clock.back()
    assert (second - first) / DAY == pytest.approx(9, abs=0.001)


@pytest.mark.timeout(200)
def test_a_faster_cron_fires_every_ten_seconds_and_its_jobs_have_real_time(world: World):
    world.write("/etc/cron.d/job", "* * * * * root (date +\\%s; env) >> /tmp/job.log\n")
    log = world.path("/tmp/job.log")
    with Cron(world, speed=6) as cron:
        until = time.monotonic() + 150
        while time.monotonic() < until and log_times(log) < 3:
            time.sleep(0.5)
            cron.check()
    text = log.read_text()
    assert "LD_PRELOAD" not in text and "FAKETIME" not in text
    times = [int(line) for line in text.splitlines() if line.isdigit()]
    assert len(times) >= 3
    assert abs(times[-1] - time.time()) < 60
    # a busy machine starts a job late; a clock of cron's own would show a minute between them
    assert all(0 < later - earlier < 40 for earlier, later in zip(times, times[1:]))


def log_times(log) -> int:
    return sum(line.isdigit() for line in log.read_text().splitlines()) if log.exists() else 0
