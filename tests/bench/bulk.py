"""The cost of each certificate where twenty are due together, beside certbot run one by one.

Ours: the charm asks for all of them, one hook orders them. certbot: one command after the other, as
a script would, on the same nginx. Visitors come at a low rate meanwhile; the time in which nobody
answered them is set down beside the cost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peers
from outcome import BenchFailed, Outcome, Ratio, table
from visitors import Visits, put_up_the_page, visit_during
from world.site import Site, open_site

MANY, QUICK_MANY = 20, 3
RATE = 100.0
CHALLENGES = ("standalone", "stateless")  # what shares the stop, and what needs none
CERTBOTS = {"standalone": peers.certbot_standalone, "stateless": peers.certbot_webroot}


def run(quick: bool) -> Outcome:
    """Both challenges, ours and certbot's by turns, in one world."""
    many = QUICK_MANY if quick else MANY
    with open_site() as site:
        site.trust_the_ca()
        put_up_the_page(site.world)
        peers.furnish(
            site.world,
            site.acme,
            [_host("certbot", way, number) for way in CHALLENGES for number in range(many)],
        )
        certbot = peers.Certbot(site.world)
        certbot.prepare()
        measured = {way: _both(site, certbot, way, many) for way in CHALLENGES}
    first = measured["standalone"]
    closing = Ratio(f"each of {many} certificates due together", first["ours"], first["certbot"],
                    "s", "certbot one by one", "")  # fmt: skip
    figures: dict[str, Any] = {f"cost_per_certificate_{many}": {**first, "challenges": measured}}
    return Outcome(figures, describe(measured, many), [closing])


def _both(site: Site, certbot: peers.Peer, challenge: str, many: int) -> dict[str, float]:
    """Seconds for each certificate, and seconds in which nobody answered, of each way."""
    site.config(acme_challenge=challenge)
    site.hook()
    site.request(*(_host("ours", challenge, number) for number in range(many)))
    ours = _measure(site, site.hook, many)
    commands = [CERTBOTS[challenge](_host("certbot", challenge, number)) for number in range(many)]

    def one_by_one() -> None:
        for command in commands:
            certbot.execute(command)

    theirs = _measure(site, one_by_one, many)
    return {
        "ours": round(ours.seconds / many, 3),
        "certbot": round(theirs.seconds / many, 3),
        "ratio": round(ours.seconds / theirs.seconds, 4),
        "ours_down": round(down(ours), 3),
        "certbot_down": round(down(theirs), 3),
        "ours_longest": round(ours.gap, 3),
        "certbot_longest": round(theirs.gap, 3),
    }


def _host(whose: str, challenge: str, number: int) -> str:
    return f"{whose}-{number}.{challenge}.example.com"


def _measure(site: Site, operation: Callable[[], None], many: int) -> Visits:
    """Run it among visitors. BenchFailed unless it has made just so many certificates."""
    before = site.counts().issued
    visits = visit_during(site.world, RATE, operation)
    made = site.counts().issued - before
    if made != many:
        raise BenchFailed(f"{made} certificates were issued, not {many}: {site.status()}")
    return visits


def down(visits: Visits) -> float:
    """Seconds in which nobody was answered: the failed requests' share of the time."""
    return visits.failed / visits.rate


def describe(measured: dict[str, dict[str, float]], many: int) -> str:
    """The table for people."""
    rows = [(f"{many} certificates due together", "ours, each", "certbot, each", "ratio",
             "port 80 down, ours: sum, longest", "certbot's")]  # fmt: skip
    for challenge, seen in measured.items():
        label = f"{challenge}" + (" (certbot: webroot)" if challenge == "stateless" else "")
        rows.append((label, f"{seen['ours']:.3f} s", f"{seen['certbot']:.3f} s",
                     f"{seen['ratio']:.3f}",
                     _pieces(seen, "ours"), _pieces(seen, "certbot")))  # fmt: skip
    return table(rows)


def _pieces(seen: dict[str, float], whose: str) -> str:
    return f"{seen[whose + '_down']:.2f} s, {seen[whose + '_longest']:.2f} s"
