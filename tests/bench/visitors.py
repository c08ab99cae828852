"""Visitors from before an operation until after it, and what they met."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import crowd
from outcome import BenchFailed
from world import load
from world.world import World

HERE = Path(__file__).resolve().parent
PAGE = "the page of the bench"
PATH = "/bench.html"  # no index: which file that is, is the charm's business
LOG = "/tmp/crowd.jsonl"
AROUND = 1.0  # seconds with visitors before and after the operation
LONGEST = 300.0


class Visits(NamedTuple):
    """``events`` start at seconds since the operation's begin, which took ``seconds``; ``rate``
    is how many came each second."""

    events: list[load.Event]
    seconds: float
    rate: float

    @property
    def during(self) -> int:
        """Requests that were sent while the operation ran."""
        return sum(0 <= event.start <= self.seconds for event in self.events)

    @property
    def failed(self) -> int:
        """All that failed, also shortly before and after."""
        return load.summary(self.events).failed

    @property
    def gap(self) -> float:
        return load.summary(self.events).longest_gap

    def errors(self) -> list[str]:
        """What went wrong, each kind once."""
        return sorted({event.error or str(event.status) for event in self.events if not event.good})


def put_up_the_page(world: World) -> None:
    """What visitors want to see; certbot's own server answers other pages, and with 200, too."""
    world.write(f"/var/www/html{PATH}", f"<!DOCTYPE html>\n<title>{PAGE}</title>\n")


def visit_during(world: World, rate: float, operation: Callable[[], object]) -> Visits:
    """Send visitors to port 80 at this rate, and run the operation among them."""
    words = ["--host", "www.example.com", "--path", PATH, "--rate", rate, "--log", LOG]
    words += ["--expect", PAGE, "--seconds", LONGEST]
    command = [world.python_path, "-B", HERE / "crowd.py", *words]
    process = world.popen(command, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(AROUND)
        begin = time.monotonic()
        operation()
        end = time.monotonic()
        time.sleep(AROUND)
        world.signal(process, signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    if process.returncode:
        raise BenchFailed(f"the visitors ended with {process.returncode}: {said}")
    events = crowd.read(world.path(LOG))
    since = [event._replace(start=event.start - begin) for event in events]
    visits = Visits(since, end - begin, rate)
    check(visits, said.strip())
    return visits


def check(visits: Visits, said: str) -> None:
    """Raise BenchFailed unless about as many came as should have, and were served at first.

    Otherwise everything would count as an outage, whatever the operation does.
    """
    wanted = visits.rate * visits.seconds
    if visits.during < 0.9 * wanted:
        raise BenchFailed(f"only {visits.during} of {wanted:.0f} visitors came: {said}")
    before = [event.good for event in visits.events if event.end < 0]
    if sum(before) < 0.9 * max(1, len(before)):
        failed = ", ".join(visits.errors())
        raise BenchFailed(f"visitors were not served before the operation began: {failed}")
