"""A CA that says when it wants certificates renewed (RFC 9773) is asked, seldom, and heeded."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from world import probe, renewal_info
from world.acme2certifier import DIRECTORY_PATH, Acme2certifier
from world.clock import Clock
from world.front import RENEWAL_INFO, Front
from world.renewal_info import RUBBISH, future, past, refusal
from world.site import STATE, Site, open_site

NAME = "www.example.com"
DAY, HOUR = 86400, 3600
INTERVAL = 6 * HOUR  # what the front says in Retry-After


class Stage:
    """A site behind a front, which counts from each test's begin."""

    def __init__(self, site: Site, front: Front):
        self.site = site
        self.name = ""
        self.front = front
        self.clock = Clock(site.world)
        self.ahead = 0
        self.seen = {"renewalInfo": 0, "newOrder": 0}

    def begin(self, name: str = NAME) -> None:
        """At real time again, with a certificate that is new; the CA says nothing of renewals, and
        nothing is known of what it has said. From here on the clock only goes forward."""
        self.name, self.ahead = name, 0
        self.front.behave()
        self.site.world.path(f"{STATE}/renewal-info.json").unlink(missing_ok=True)
        self.clock.shift()  # for whatever starts now, to follow it later
        self.site.want(name)
        assert self.site.status() == ("active", "serving https")
        self.seen = {resource: self.front.requests(resource) for resource in self.seen}

    def cron_after(self, seconds: float) -> None:
        """Let time pass on the machine, then do what cron does."""
        self.ahead += round(seconds)
        self.clock.shift(seconds=self.ahead)
        self.site.renew_by_cron()

    def questions(self) -> int:
        return self.front.requests("renewalInfo") - self.seen["renewalInfo"]

    def answers(self) -> list[int]:
        return self.front.statuses("renewalInfo")[self.seen["renewalInfo"] :]

    def orders(self) -> int:
        return self.front.requests("newOrder") - self.seen["newOrder"]

    def pem(self) -> str:
        """The certificate on disk."""
        return self.site.world.run(["cat", f"/etc/letsencrypt/live/{self.name}/cert.pem"]).stdout


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Those tests that renew have a certificate of their own, which lives 90 days."""
    with open_site() as site, Front(site.acme) as front:
        yield Stage(site, front)
        assert site.status() == ("active", "serving https")
        assert "failed: exit status" not in site.log()
        assert "Traceback" not in site.log()


def test_a_ca_without_renewal_info_is_not_asked(stage: Stage) -> None:
    stage.begin()
    stage.cron_after(DAY)
    assert (stage.questions(), stage.orders()) == (0, 0)


def test_a_window_in_the_future_is_waited_for(stage: Stage) -> None:
    stage.begin()
    stage.front.renewal_info(future())
    stage.cron_after(DAY + HOUR)
    identifier = renewal_info.identifier(stage.pem())
    assert stage.questions() == 1
    assert stage.front.paths("renewalInfo")[-1] == f"{RENEWAL_INFO}/{identifier}"
    assert stage.orders() == 0


def test_the_ca_is_asked_no_sooner_than_it_says_and_only_by_cron(stage: Stage) -> None:
    stage.begin()
    stage.front.renewal_info(future())
    stage.cron_after(DAY + HOUR)
    asked = stage.questions()
    stage.cron_after(INTERVAL - HOUR)
    stage.site.hook()
    assert stage.questions() == asked == 1
    stage.cron_after(HOUR + 60)
    assert stage.questions() == asked + 1
    assert stage.orders() == 0


ANSWERS = {**RUBBISH, "404": refusal(404), "409": refusal(409), "500": refusal(500)}
SOME = ("html", "404")


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[] if kind in SOME else pytest.mark.slow) for kind in ANSWERS],
)
def test_an_answer_that_says_nothing_changes_nothing(stage: Stage, kind: str) -> None:
    stage.begin()
    stage.front.renewal_info(future())
    stage.cron_after(DAY + HOUR)
    stage.front.renewal_info(ANSWERS[kind])
    stage.cron_after(DAY)
    assert stage.questions() == 2
    assert stage.orders() == 0
    assert stage.site.status() == ("active", "serving https")


@pytest.mark.slow
def test_a_busy_ca_is_asked_again_when_it_says(stage: Stage) -> None:
    stage.begin()
    stage.front.renewal_info({"status": 503, "headers": {"Retry-After": "7200"}})
    stage.cron_after(DAY)
    stage.cron_after(2 * HOUR - 600)
    assert stage.questions() == 1
    stage.cron_after(1200)
    assert stage.questions() == 2
    assert stage.orders() == 0


def test_a_window_in_the_past_renews_what_has_most_of_its_life_left(stage: Stage) -> None:
    stage.begin("past.example.com")
    before = stage.site.served(stage.name)
    stage.front.renewal_info(past())
    stage.site.hook()
    assert stage.orders() == 0, "only cron asks"
    stage.cron_after(DAY)
    assert stage.orders() == 1
    assert stage.site.served(stage.name).serial != before.serial
    assert stage.site.status() == ("active", "serving https")


def test_the_lifetime_counts_where_the_ca_wants_it_later_or_says_nothing(stage: Stage) -> None:
    stage.begin("later.example.com")
    year = time.time() + 365 * DAY
    stage.front.renewal_info(renewal_info.window(year, year + DAY))
    stage.cron_after(56 * DAY)
    assert stage.orders() == 0
    stage.cron_after(5 * DAY)
    assert stage.orders() == 1
    stage.front.renewal_info(refusal(404))
    stage.cron_after(DAY)
    assert stage.orders() == 2, "by its clock, the new one of real time is due as well"


# On a server that others have written


@pytest.fixture(scope="module")
def other() -> Iterator[tuple[Stage, Acme2certifier]]:
    with (
        open_site() as site,
        Acme2certifier(site.acme) as server,
        Front(site.acme, server.url, DIRECTORY_PATH) as front,
    ):
        yield Stage(site, front), server


def test_a_real_server_is_asked_and_heeded(other: tuple[Stage, Acme2certifier]) -> None:
    stage, server = other
    stage.clock.shift()
    server.suggest(percent=66, seconds=DAY)
    stage.begin("heeded.example.com")
    before = stage.pem()
    stage.cron_after(DAY + HOUR)
    assert stage.answers() == [200]
    assert stage.orders() == 0, "it suggests the last third"
    server.suggest(percent=0, seconds=60)
    stage.cron_after(INTERVAL + HOUR)
    assert stage.answers() == [200, 200]
    assert stage.orders() == 1
    assert stage.pem() != before
    assert stage.site.status() == ("active", "serving https")


def test_a_ca_that_always_wants_a_renewal_gets_one_a_day(
    other: tuple[Stage, Acme2certifier],
) -> None:
    """Its limits would be used up in three days by a cron that runs twice a day."""
    stage, server = other
    stage.clock.shift()
    server.suggest(percent=0, seconds=60)
    stage.begin("always.example.com")
    for _ in range(4):
        stage.cron_after(12 * HOUR + 60)
    assert stage.orders() == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("days", "due"),
    [(6, 3), (45, 30), (64, 64 * 2 / 3), (90, 60)],
)
def test_each_lifetime_is_renewed_by_its_rule(
    other: tuple[Stage, Acme2certifier], days: int, due: float
) -> None:
    stage, server = other
    stage.clock.shift()
    server.suggest(percent=99, seconds=60, days=days)
    stage.begin(f"d{days}.example.com")
    lives = probe.look(stage.name, server.root(), connect=stage.site.world.connect)
    assert (lives.not_after - lives.not_before).total_seconds() == pytest.approx(days * DAY, abs=60)
    spread = days / 50
    stage.cron_after((due - spread) * DAY - HOUR)
    assert stage.orders() == 0
    stage.cron_after(spread * DAY + 2 * HOUR)
    assert stage.orders() == 1
