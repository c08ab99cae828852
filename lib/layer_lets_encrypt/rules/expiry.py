"""Who is told when that a certificate comes to its end: pure. Times are POSIX seconds."""

from __future__ import annotations

import time
from typing import NamedTuple

from layer_lets_encrypt.rules import renewal
from layer_lets_encrypt.rules.facts import Certificate
from layer_lets_encrypt.rules.renewal import DAY

NEAR = 1 / 6  # of the lifetime; with less than that left, a person must act
SILENT_WHILE_DUE = 2 * DAY  # for which a certificate may be due without a word


class Stage(NamedTuple):
    """How far a certificate is: ``words`` tell its end, ``severity`` who must act."""

    severity: str
    words: str


def stage(found: Certificate, now: float) -> Stage:
    """Return how close the end is, of a certificate that should have been renewed already."""
    near = found.not_after - now < NEAR * (found.not_after - found.not_before)
    return Stage("blocked" if near else "waiting", words(found, now))


def words(found: Certificate, now: float) -> str:
    """Return when the certificate ends or has ended: the day, or the minute if it is close."""
    if found.expired(now):
        return f"expired on {_day(found.not_after)}"
    if found.not_after - now < SILENT_WHILE_DUE:
        return "expires " + time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(found.not_after))
    return f"expires {_day(found.not_after)}"


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def is_neglected(found: Certificate, now: float, gap: float, ordered: float = 0) -> bool:
    """Whether it has been due for so long that a schedule with this ``gap`` must have failed.

    ``ordered`` is the moment of its order by the unit's clock, which may be ahead of the CA's.
    """
    due = renewal.due_at(found.not_before, found.not_after, found.serial)
    reserve = found.not_after - due
    patience = max(min(SILENT_WHILE_DUE, reserve / 3), min(1.5 * gap, reserve / 2))
    return now - max(due, ordered) > patience


def is_of_age(found: Certificate, now: float) -> bool:
    """Whether half the lifetime has passed: from then on a silent schedule matters."""
    return now > (found.not_before + found.not_after) / 2
