"""What went wrong with an order: a category, which decides what happens next, and words."""

from dataclasses import dataclass
from typing import Optional

from layer_lets_encrypt import printable

# category -> who must act: a person (blocked) or time (waiting)
SEVERITY = {
    "transient": "waiting",
    "interrupted": "waiting",
    "rate-limited": "waiting",
    "waiting": "waiting",
    "unready": "waiting",
    "stale": "waiting",
    "down": "blocked",
    "validation": "blocked",
    "paused": "blocked",
    "refused": "blocked",
    "configuration": "blocked",
    "local": "blocked",
    "blocked": "blocked",
}

# What keeps an attempt from being made; "unready" is a doubt, which does so for a while only.
OBSTACLES = ("waiting", "blocked", "unready")

MAX_DETAIL = 190  # with the next attempt's time it still fits into a line of `juju status`
MAX_KEPT = 4000  # of any detail, whoever has written it; some hold links that must stay whole


@dataclass(frozen=True)
class Problem:
    """Why there is no certificate. ``detail`` is one printable line for the operator.

    ``category`` is a key of SEVERITY; those in OBSTACLES kept an attempt from being made.
    ``retry_at`` is the moment the CA named, in POSIX seconds.
    """

    category: str
    detail: str
    retry_at: Optional[float] = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", one_line(self.detail, MAX_KEPT) or "it gave no reason")

    @property
    def severity(self) -> str:
        """The Juju status it deserves: "blocked" or "waiting"."""
        return SEVERITY[self.category]


def one_line(text: str, limit: int = MAX_DETAIL) -> str:
    """Return ``text`` as one printable line, cut to ``limit`` characters."""
    return printable.one_line(text, limit)
