"""Who is turned away while a certificate is issued and while it is renewed, and for how long.

Real nginx with visitors at a steady rate, each over a new connection. All ways work in one world on
one nginx; each issues once, then they renew in an order that a fixed seed has mixed, and the ways
without interruption go on until enough requests have been counted. Only requests that were sent
while the operation ran are counted; failures count from a second before it to a second after it.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import peers
import picture
from charmbuild import BUILD, PROJECT
from outcome import BenchFailed, Outcome, Ratio, table
from visitors import Visits, put_up_the_page, visit_during
from ways import Way, all_of_ours
from world.site import Site, open_site

SEED = 20
RATE = 500.0  # visitors a second: about a tenth of one core for them, and as much for nginx
# certbot's own server has room for five who wait: with more visitors than this, the CA's
# connections are turned away as well, and the gap depends on when they are tried again
RATE_OF_STOPPING = 100.0
STOPPING = ("ours_standalone", "certbot_standalone")
ENOUGH, QUICK_ENOUGH = 20_000, 2_000  # requests, for each way without interruption
MOST_TURNS = 60
TURNS = {"ours_standalone": 7, "certbot_standalone": 7, "dehydrated_webroot": 3, "uacme_webroot": 3}
QUICK_TURNS = 2
UNINTERRUPTED = ("webroot", "stateless")
PICTURE, QUICK_PICTURE = PROJECT / "docs" / "renewal.svg", BUILD / "renewal.svg"
STOPPED = 1.0  # seconds, with PLANT_STOP; stopping and starting take some time themselves,
STOP_AT_MOST = 4.0  # so that up to so many seconds are lost in all


class Turn(NamedTuple):
    """One operation of one way among visitors."""

    way: str
    renewal: bool
    visits: Visits


class Contest:
    """The turns of all ways in one world."""

    def __init__(self, site: Site, quick: bool):
        self.site = site
        self.quick = quick
        self.ways: list[Way] = [*all_of_ours(site), *peers.all_of_them(site.world)]
        self.turns: list[Turn] = []
        self.planted = bool(os.environ.get("PLANT_STOP"))

    def play(self) -> None:
        """All issue; then all renew, mixed; then the uninterrupted go on until it is enough."""
        for way in self.ways:
            self._turn(way, renewal=False)
        times = {way.name: QUICK_TURNS if self.quick else TURNS.get(way.name, 0)
                 for way in self.ways}  # fmt: skip
        order = [way for way in self.ways for _ in range(times[way.name])]
        random.Random(SEED).shuffle(order)
        for way in order:
            self._turn(way, renewal=True)
        for way in self.ways:
            while way.name in map(_ours, UNINTERRUPTED) and not self._enough(way):
                self._turn(way, renewal=True)
        self._turn(self.ways[0], renewal=True, rate=RATE_OF_STOPPING)  # for the picture

    def _enough(self, way: Way) -> bool:
        seen = self.of(way.name)
        if len(seen) > MOST_TURNS:
            raise BenchFailed(f"{way.label}: not enough requests in {MOST_TURNS} turns")
        wanted = QUICK_ENOUGH if self.quick else ENOUGH
        return sum(turn.visits.during for turn in seen) >= wanted and seen[-1].renewal

    def _turn(self, way: Way, renewal: bool, rate: float = 0) -> None:
        way.prepare()
        before = way.certificate() if renewal else b""
        issued = self.site.counts().issued
        operation = self._perhaps_planted(way, way.renew if renewal else way.issue)
        rate = rate or (RATE_OF_STOPPING if way.name in STOPPING else RATE)
        visits = visit_during(self.site.world, rate, operation)
        self.turns.append(Turn(way.name, renewal, visits))
        orders = self.site.counts().issued - issued
        if orders != 1 or way.certificate() == before:
            raise BenchFailed(f"{way.label}: {orders} certificates were issued; one is wanted")
        word = "renewed" if renewal else "issued"
        print(f"  {way.label}: {word} in {visits.seconds:.2f} s, {visits.failed} of "
              f"{len(visits.events)} failed, gap {visits.gap:.3f} s", flush=True)  # fmt: skip

    def _perhaps_planted(self, way: Way, operation: Callable[[], None]) -> Callable[[], None]:
        """With PLANT_STOP, an outage that is nobody's: the checks must notice it."""
        if not self.planted or way.name not in map(_ours, UNINTERRUPTED):
            return operation

        def planted() -> None:
            self.site.world.run(["service", "nginx", "stop"])
            time.sleep(STOPPED)
            self.site.world.run(["service", "nginx", "start"])
            operation()

        return planted

    # What came of it

    def of(self, name: str, renewal: bool | None = None) -> list[Turn]:
        """The turns of one way, perhaps only its renewals or only its issues."""
        return [turn for turn in self.turns
                if turn.way == name and renewal in (None, turn.renewal)]  # fmt: skip

    def figures(self, name: str) -> dict[str, Any]:
        """Counts over all turns, medians over renewals."""
        turns, renewals = self.of(name), self.of(name, renewal=True)
        gaps = [turn.visits.gap for turn in renewals]
        return {
            "turns": len(turns),
            "rate": turns[0].visits.rate,
            "planted": round(sum(turn.visits.rate * STOPPED for turn in turns)),
            "requests": sum(turn.visits.during for turn in turns),
            "failed": sum(turn.visits.failed for turn in turns),
            "gap_issue": round(self.of(name, renewal=False)[0].visits.gap, 4),
            "gap": round(statistics.median(gaps), 4),
            "gap_least": round(min(gaps), 4),
            "gap_most": round(max(gaps), 4),
            "seconds": round(statistics.median(t.visits.seconds for t in renewals), 3),
            "errors": sorted({error for turn in turns for error in turn.visits.errors()}),
        }

    def typical(self, name: str) -> Visits:
        """Of the renewals at the lower rate, the one whose gap is the median one."""
        seen = [turn.visits for turn in self.of(name, renewal=True)]
        slow = [visits for visits in seen if visits.rate == RATE_OF_STOPPING]
        return sorted(slow, key=lambda visits: visits.gap)[len(slow) // 2]


def _ours(challenge: str) -> str:
    return f"ours_{challenge}"


def run(quick: bool) -> Outcome:
    """The whole contest, its table, and the picture."""
    with open_site() as site:
        site.trust_the_ca()
        put_up_the_page(site.world)
        peers.furnish(site.world, site.acme)
        contest = Contest(site, quick)
        contest.play()
    figures = {way.name: contest.figures(way.name) for way in contest.ways}
    if contest.planted:
        return _of_the_planted(figures)
    path = draw(contest, quick)
    outcome = _outcome(figures)
    outcome.text = f"{describe(contest, figures)}\n{path.relative_to(PROJECT)} shows a renewal"
    return outcome


def _outcome(figures: dict[str, dict[str, Any]]) -> Outcome:
    """The figures under the names by which others know them, and the check for zero failures."""
    ours, certbot = figures["ours_standalone"], figures["certbot_standalone"]
    ratio = Ratio("longest gap, standalone", ours["gap"], certbot["gap"], "s",
                  "certbot with stop and start hooks", "at most 1")  # fmt: skip
    kept = {name: {key: value for key, value in seen.items() if key != "planted"}
            for name, seen in figures.items()}  # fmt: skip
    flat: dict[str, Any] = {"visitors": kept, "standalone_gap_ratio": round(ratio.value, 4)}
    for challenge in UNINTERRUPTED:
        flat[f"failed_requests_{challenge}"] = figures[_ours(challenge)]["failed"]
        flat[f"requests_{challenge}"] = figures[_ours(challenge)]["requests"]
    return Outcome(flat, "", [ratio], _failures(figures))


def _failures(figures: dict[str, dict[str, Any]]) -> list[str]:
    """The check for zero failures."""
    return [f"{challenge}: {seen['failed']} requests failed: {', '.join(seen['errors'])}"
            for challenge in UNINTERRUPTED
            if (seen := figures[_ours(challenge)])["failed"]]  # fmt: skip


def _of_the_planted(figures: dict[str, dict[str, Any]]) -> Outcome:
    """The check must be red for each, and for nothing but the stops; nothing of this is kept."""
    red = _failures(figures)
    for challenge in UNINTERRUPTED:
        seen = figures[_ours(challenge)]
        if seen["failed"] < 0.9 * seen["planted"] or seen["gap"] < STOPPED:
            raise BenchFailed(f"{challenge}: the planted stops went unnoticed: {seen}")
        if seen["failed"] > STOP_AT_MOST * seen["planted"]:
            raise BenchFailed(f"{challenge}: more failed than the planted stops explain: {seen}")
    return Outcome({}, "nginx was stopped for a second in each turn; nothing is kept", (), red)


def describe(contest: Contest, figures: dict[str, dict[str, Any]]) -> str:
    """The table for people."""
    rows = [("port 80 while a certificate is made", "turns", "rate", "requests", "failed",
             "gap, issue", "gap, renewal", "least to most", "it took")]  # fmt: skip
    for way in contest.ways:
        seen = figures[way.name]
        rows.append((
            way.label, f"{seen['turns']}", f"{seen['rate']:.0f}/s", f"{seen['requests']}",
            f"{seen['failed']}",
            f"{seen['gap_issue']:.3f} s", f"{seen['gap']:.3f} s",
            f"{seen['gap_least']:.3f} to {seen['gap_most']:.3f}", f"{seen['seconds']:.2f} s",
        ))  # fmt: skip
    note = "each request over a new connection; gap and time are medians of the renewals"
    return f"{table(rows)}\n{note}"


def draw(contest: Contest, quick: bool) -> Path:
    """The picture of a typical renewal, the plain way and ours."""
    rows = []
    for name, label in (
        ("certbot_standalone", "certbot --standalone, nginx stopped and started by its hooks"),
        ("ours_stateless", "layer:lets-encrypt, stateless"),
    ):
        visits = contest.typical(name)
        rows.append(picture.Row(label, visits.events, visits.seconds))
    target = QUICK_PICTURE if quick else PICTURE
    target.write_text(picture.draw(rows, RATE_OF_STOPPING))
    return target
