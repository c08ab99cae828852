"""When a certificate is due: pure arithmetic on its lifetime. Times are POSIX seconds."""

from __future__ import annotations

import hashlib

SPREAD = 1 / 50  # of the lifetime; so much earlier, at most, is renewed what was issued together
DAY = 86400.0
LAST_PART = 1 / 30  # of the lifetime; with less than that left, no schedule is waited for
SHORT_LIFETIME = 10 * 86400  # below this, half the lifetime is kept in reserve


def due_at(not_before: float, not_after: float, seed: str = "") -> float:
    """Return the moment from which a certificate should be renewed.

    A third of its lifetime is left then; half, where it lives less than ten days. With a
    ``seed``, such as its serial, it is a little more, another moment for each.
    """
    latest, spread = _latest(not_before, not_after)
    return latest - spread * _fraction(seed)


def is_due(not_before: float, not_after: float, seed: str, now: float) -> bool:
    """Whether due_at() has passed: quick for the thousands of which that is clear."""
    latest, spread = _latest(not_before, not_after)
    return now >= latest - spread and now >= due_at(not_before, not_after, seed)


def _latest(not_before: float, not_after: float) -> tuple[float, float]:
    """Return when a certificate is due at the latest, and how much earlier it may be."""
    lifetime = not_after - not_before
    reserve = lifetime / 2 if lifetime < SHORT_LIFETIME else lifetime / 3
    return not_after - reserve, lifetime * SPREAD


def urgent_at(not_before: float, not_after: float, seed: str, gap: float) -> float:
    """Return the moment from which any hook should renew: the schedule may come too late.

    ``gap`` is the longest time between two scheduled runs. Two of them, and a day of failures,
    must still fit into what is left of the lifetime.
    """
    left = max(2 * gap, DAY, (not_after - not_before) * LAST_PART)
    return max(due_at(not_before, not_after, seed), not_after - left)


def is_urgent(not_before: float, not_after: float, seed: str, gap: float, now: float) -> bool:
    """Whether urgent_at() has passed: quick like is_due()."""
    due = is_due(not_before, not_after, seed, now)
    return due and now >= urgent_at(not_before, not_after, seed, gap)


def longest_wait(not_before: float, not_after: float) -> float:
    """Return how long to wait at most after a failure, so that many attempts fit into the end."""
    return (not_after - not_before) / 10


def _fraction(seed: str) -> float:
    """Return a number from 0 to 1, always the same for a seed; 0 without one."""
    digest = hashlib.sha256(seed.encode("utf-8")).digest() if seed else b""
    return int.from_bytes(digest[:4], "big") / (1 << 32)
