"""Whether the schedule runs: what cron left of its last run, and whether there is a cron."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.rules.records import CLOCK_SLACK
from layer_lets_encrypt.web import processes

SLACK = 86400.0  # a run may come so much later than planned: the machine was asleep, or busy

# Debian's, RHEL's and cronie's; systemd-cron makes timers of the same files; bcron; fcron.
_PROGRAMS = (
    "/usr/sbin/cron", "/usr/sbin/crond", "/usr/bin/crond", "/usr/sbin/bcron-start",
    "/usr/sbin/fcron", "/usr/lib/systemd/system-generators/systemd-crontab-generator",
    "/lib/systemd/system-generators/systemd-crontab-generator",
)  # fmt: skip
_NAMES = ("cron", "crond", "bcron-sched", "fcron")


class Trouble(NamedTuple):
    """Why nothing is renewed by the schedule, and the remedy.

    ``is_certain``: there can be no run; otherwise there has just been none for long.
    """

    cause: str
    remedy: str
    is_certain: bool


def restarted(places: Places) -> None:
    """Remember that the schedule should run from now on. Raises OSError."""
    now = time.time()
    files.write_atomic(places.scheduled, f"{now:.0f}\n", 0o600)
    if _is_ahead(places.ran, now):
        files.remove(places.ran)


def is_ahead(places: Places, now: float) -> bool:
    """Whether what is remembered lies in the future: the clock has been set back since.

    It says nothing then, and would go on to say nothing until that moment.
    """
    return _is_ahead(places.ran, now) or _is_ahead(places.scheduled, now)


def trouble(places: Places, gap: float, now: float, thorough: bool = True) -> Trouble | None:
    """Return what is wrong with the schedule, whose runs are ``gap`` seconds apart at most.

    Not ``thorough``: only whether there can be any run.
    """
    ran, since = _moment(places.ran), _moment(places.scheduled)
    if ran is not None and now - ran < gap + SLACK:
        return None
    if not any(map(os.path.exists, _PROGRAMS)):
        return Trouble("cron is not installed", "run 'apt install cron' on the unit", True)
    if not thorough:
        return None
    known = [moment for moment in (ran, since) if moment is not None]
    if not known or now - max(known) < gap + SLACK:
        return None
    day = time.strftime("%Y-%m-%d", time.gmtime(max(known)))
    if processes.named(_NAMES):
        return Trouble(f"cron has not run its job since {day}", "see cron's log on the unit", False)
    remedy = "run 'service cron start' on the unit"
    return Trouble(f"cron is not running since {day} or before", remedy, False)


def _is_ahead(path: Path, now: float) -> bool:
    moment = _moment(path)
    return moment is not None and moment > now + CLOCK_SLACK


def _moment(path: Path) -> float | None:
    try:
        moment = float(files.read_text(path))
    except (OSError, ValueError):
        return None
    return moment if stored.is_moment(moment) else None
