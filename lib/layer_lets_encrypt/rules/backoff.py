"""How long to leave the CA alone after a failure: pure. Seconds."""

from __future__ import annotations

import math

from layer_lets_encrypt.rules.renewal import DAY

MINUTE = 60
MAX_WAIT = 60 * DAY  # a CA that names a later moment is not believed

# Let's Encrypt's advice is 1, 10 and 100 minutes, then daily. A failed validation starts
# later: five of them in an hour close the account's door for that name.
WAITS = {
    "transient": (1 * MINUTE, 10 * MINUTE, 100 * MINUTE, DAY),
    "local": (1 * MINUTE, 10 * MINUTE, 100 * MINUTE, DAY),
    "validation": (10 * MINUTE, 100 * MINUTE, DAY),
    "rate-limited": (100 * MINUTE, DAY),
    "paused": (DAY,),
    "refused": (DAY,),
    "configuration": (10 * MINUTE, 100 * MINUTE, DAY),
    # What a service needs to load certificates is checked in each hook at first.
    "waiting": (0, 0, 0, 10 * MINUTE, 100 * MINUTE, DAY),
    "blocked": (0, 0, 0, 10 * MINUTE, 100 * MINUTE, DAY),
    "deployment": (1 * MINUTE, 10 * MINUTE, 100 * MINUTE, DAY),
    # The service is down after a restart of ours: it is tried in each hook.
    "down": (0,),
    # The service serves an old certificate: it is restarted in the next hook.
    "stale": (0, 100 * MINUTE, DAY),
    # A run that was killed may be repeated at once, but not forever.
    "interrupted": (0, 0, 0, 10 * MINUTE, 100 * MINUTE, DAY),
}


def not_before(
    category: str,
    failures: int,
    now: float,
    retry_at: float | None,
    longest: float = math.inf,
) -> float:
    """Return the moment of the next attempt after the ``failures``-th failure in a row.

    ``retry_at`` is what the CA asked for, if anything; the later of the two wins. ``longest`` is
    the longest wait of our own, for a certificate that does not live long.
    """
    waits = WAITS.get(category, WAITS["configuration"])
    own = now + min(waits[max(1, min(failures, len(waits))) - 1], longest)
    return max(own, min(retry_at or 0, now + MAX_WAIT))
