"""What went wrong with an order: a category, which decides what happens next, and words."""

from __future__ import annotations

from dataclasses import dataclass

from layer_lets_encrypt.rules import printable

# category -> who must act: a person (blocked) or time (waiting)
SEVERITY = {
    "transient": "waiting",
    "interrupted": "waiting",
    "rate-limited": "waiting",
    "waiting": "waiting",
    "unready": "waiting",
    "stale": "waiting",
    "down": "blocked",
    "deployment": "blocked",
    "validation": "blocked",
    "paused": "blocked",
    "refused": "blocked",
    "configuration": "blocked",
    "local": "blocked",
    "blocked": "blocked",
}

# What keeps an attempt from being made; "unready" is a doubt, which does so for a while only.
OBSTACLES = ("waiting", "blocked", "unready")

MAX_DETAIL = 190
MAX_CAUSE = 118  # with name, expiry and next attempt, cause and remedy are one status
MIN_SAID = 40
MAX_NAME = 255  # a name in the DNS and a wildcard before it
MAX_KEPT = 4000  # of any detail, whoever has written it; some hold links that must stay whole


@dataclass(frozen=True)
class Problem:
    """Why a certificate was not obtained.

    ``category`` is a key of SEVERITY; those in OBSTACLES kept an attempt from being made.
    ``detail`` is the cause, one printable line; ``remedy`` what the operator can do, unless the
    detail says so. ``retry_at`` is the moment the CA named, in POSIX seconds; ``name`` the one
    that it is about, "" for the certificate as a whole.
    """

    category: str
    detail: str
    retry_at: float | None = None
    name: str = ""
    remedy: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", one_line(self.detail, MAX_KEPT) or "it gave no reason")
        object.__setattr__(self, "name", one_line(self.name, MAX_NAME))
        object.__setattr__(self, "remedy", one_line(self.remedy, MAX_KEPT))

    @property
    def severity(self) -> str:
        """The Juju status it deserves: "blocked" or "waiting"."""
        return SEVERITY[self.category]

    @property
    def words(self) -> str:
        """Cause and remedy."""
        return f"{self.detail}; {self.remedy}" if self.remedy else self.detail

    @property
    def text(self) -> str:
        """Name, cause and remedy."""
        return f"{self.name}: {self.words}" if self.name else self.words


def one_line(text: str, limit: int = MAX_DETAIL) -> str:
    """Return ``text`` as one printable line, cut to ``limit`` characters."""
    return printable.one_line(text, limit)


def bounded(said: str, remedy: str = "", before: str = "") -> str:
    """Return what somebody outside said as a cause: so short that the remedy fits, too.

    ``before`` is put before it; that is never cut.
    """
    return before + one_line(said, max(MAX_CAUSE - len(before) - len(remedy) - 2, MIN_SAID))
