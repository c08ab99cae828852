"""A site with a certificate that is due for renewal, day after day, and a front before its CA."""

from __future__ import annotations

import json
import time

from world.clock import Clock
from world.front import Front
from world.site import STATE, Site

NAME = "www.example.com"
DAY = 86400
LIFETIME = 900  # days
DUE = LIFETIME * DAY * 2 // 3
PLENTY = 60 * DAY


class Stage:
    """A site behind a front, with a certificate that is due by the machine's clock."""

    def __init__(self, site: Site, front: Front):
        self.site = site
        self.front = front
        self.clock = Clock(site.world)
        self.ahead = DUE
        self.kept = site.served(NAME)

    @property
    def now(self) -> float:
        """The time on the machine."""
        return time.time() + self.ahead

    def later(self, seconds: float) -> None:
        self.ahead += round(seconds)
        self.clock.shift(seconds=self.ahead)

    def begin(self) -> None:
        """Keep what is served now, with a certificate that is not near its end.

        That would be a status of its own. The CA dates a new one by real time, so that the clock
        can be set back.
        """
        if self.ahead > DUE + PLENTY:
            self.ahead = DUE
            self.later(DAY)
            self.site.renew_by_cron()
            assert not self.not_before(), "it is renewed, and nothing is waited for"
        self.kept = self.site.served(NAME)

    def renew(self) -> tuple[str, str]:
        """Have cron ask for the renewal, a day and more after all that was; returns the status."""
        self.later(max(0, self.not_before() - self.now) + DAY)
        self.site.renew_by_cron()
        return self.site.status()

    def not_before(self, name: str = NAME) -> float:
        """The moment of the next attempt, as the layer remembers it."""
        history = json.loads(self.site.read(f"{STATE}/history.json"))
        return history["records"].get(name, {}).get("not_before", 0)

    def told(self) -> str:
        """The moment of the next attempt, as the status must say it."""
        text = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(self.not_before()))
        return f"next attempt {text}"

    def orders(self) -> int:
        return self.front.requests("newOrder")

    def assert_unharmed(self) -> None:
        """The service is up and serves what it did, and no hook has failed."""
        assert self.site.nginx_runs()
        assert self.site.served(NAME).serial == self.kept.serial
        assert not self.site.exists(f"{STATE}/journal.json")
        log = self.site.log()
        assert "Traceback" not in log
        assert "failed: exit status" not in log
