"""With standalone the service is stopped, but never for long, and never for nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from consumers import open_consumer, tenants
from layer_lets_encrypt.passes.stops import LIMIT, LONGEST
from world.clock import Clock
from world.front import Front
from world.site import UNIT, Site, open_site

DAY, HOUR = 86400, 3600
CERTBOTS_OWN = 90  # seconds for which certbot waits for an authorization
NOWHERE = "192.0.2.1"


@pytest.fixture(scope="module")
def gateway() -> Iterator[Site]:
    with open_consumer("gateway") as site:
        yield site


def lineages(site: Site, domain: str) -> list[str]:
    return [name for name in site.lineages() if domain in name]


def last_hook(site: Site) -> float:
    """The seconds of the unit's last hook, which did not fail."""
    every = json.loads(site.juju("runs", "--format", "json"))
    last = [run for run in every if run["unit"] == UNIT][-1]
    assert not last["rc"]
    return float(last["duration"])


def test_a_ca_that_keeps_a_challenge_pending_does_not_keep_the_service_down() -> None:
    with open_site() as site, Front(site.acme) as front:
        site.want("fine.example.com", acme_challenge="standalone")
        front.misbehave("authorization", {"set": {"status": "pending"}})
        site.config("fqdn=slow.example.com")
        assert site.nginx_runs()
        assert not site.certbots()
        assert last_hook(site) < CERTBOTS_OWN
        state, text = site.status()
        assert state == "blocked"
        assert "slow.example.com: the CA did not finish checking it" in text
        assert "let the CA reach port 80" in text and "next attempt" in text
        front.behave()
        site.config("fqdn=other.example.com")
        assert site.served("other.example.com").names == ("other.example.com",)


def test_many_certificates_due_together_are_no_long_stop(gateway: Site) -> None:
    site, earlier = gateway, len(gateway.stops())
    names = [f"n{number}.many.example.com" for number in range(8)]
    site.config(tenants(*names))
    assert lineages(site, "many.example.com") == names
    stops = site.stops()[earlier:]
    print(f"stops: {stops}")
    assert max(stops) < LIMIT
    assert len(stops) > 1 or stops[0] < LONGEST
    assert site.nginx_runs()


def test_a_name_that_is_doubted_is_ordered_apart_and_once_a_day(gateway: Site) -> None:
    site, clock = gateway, Clock(gateway.world)
    good = ["one.apart.example.com", "two.apart.example.com"]
    site.acme.dns.point("bad.example.com", NOWHERE)
    clock.shift()
    site.config(tenants(good[0], "bad.example.com", good[1]))
    assert lineages(site, "apart.example.com") == good
    stops, before = len(site.stops()), site.counts()
    for moment in (700, 700 + 2 * HOUR, 700 + 8 * HOUR, 700 + 20 * HOUR):
        clock.shift(seconds=moment)
        site.hook()
    assert len(site.stops()) == stops + 1, "in a stop of its own, ten minutes later, once"
    assert (site.counts() - before).failed_validations == 1
    clock.shift(seconds=700 + 20 * HOUR)
    state, text = site.status()
    assert state == "waiting"
    assert "bad.example.com: no answer at 192.0.2.1 port 80" in text
    assert "each try stops the service, the next one is at" in text
    clock.shift(seconds=800 + DAY)
    site.hook()
    clock.back()
    assert len(site.stops()) == stops + 2
