"""Nobody outside holds up the hook: it ends in time, and the others are served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from consumers import open_consumer, tenants
from world.clock import Clock
from world.front import Front
from world.renewal_info import past
from world.site import UNIT, Site, open_site

LIMIT = 100  # seconds for a hook on any machine; whoever is slow here would take ten minutes
DAY = 86400
DRIP = {"drip": 2}  # seconds for each byte

# a tenant's web server: on the gateway itself, since the name leads there
SLOW_SITE = """
server {
    listen 80;
    server_name slow.example.com;
    location / { limit_rate 1; default_type text/plain; return 200 "%s"; }
}
"""

SILENT = """
import socket
asked = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asked.bind(("127.0.0.9", 53))
while True:
    question, _ = asked.recvfrom(512)
    with open("/run/questions", "ab") as seen:
        seen.write(question[12:-4].hex().encode() + b"\\n")
"""


def longest(site: Site, before: int) -> float:
    """The seconds of the longest hook after the first ``before`` ones; none of them failed."""
    later = runs(site)[before:]
    assert not [run for run in later if run["rc"]]
    return max(run["duration"] for run in later)


def runs(site: Site) -> list[dict[str, Any]]:
    every = json.loads(site.juju("runs", "--format", "json"))
    return [run for run in every if run["unit"] == UNIT]


def hooks(site: Site) -> int:
    return len(runs(site))


@pytest.fixture(scope="module")
def gateway() -> Iterator[Site]:
    with open_consumer("gateway") as site:
        yield site


def test_a_tenant_whose_server_drips_delays_itself_alone(gateway: Site) -> None:
    gateway.world.write("/etc/nginx/conf.d/slow.conf", SLOW_SITE % ("x" * 600))
    gateway.world.run(["service", "nginx", "reload"])
    before = hooks(gateway)
    gateway.config(tenants("slow.example.com", "good.example.com", "better.example.com"))
    assert longest(gateway, before) < LIMIT
    assert sorted(gateway.lineages()) == ["better.example.com", "good.example.com"]
    state, text = gateway.status()
    assert state == "waiting"
    assert "slow.example.com: no answer at 127.0.0.1 port 80" in text


def test_a_silent_resolver_is_found_out_once_for_all_names(gateway: Site) -> None:
    world = gateway.world
    names = [f"new{number}.example.com" for number in range(20)]
    silent = world.popen(["/usr/bin/python3", "-I", "-c", SILENT])
    world.write("/etc/resolv.conf", "nameserver 127.0.0.9\n")
    try:
        before = hooks(gateway)
        gateway.config(tenants(*names))
        assert longest(gateway, before) < LIMIT
        asked = set(world.path("/run/questions").read_text().split())
        assert len(asked) <= 2, "one name, and the root, which every resolver knows"
        state, text = gateway.status()
        assert state == "waiting"
        assert "the unit's resolver does not answer" in text
    finally:
        world.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
        silent.kill()
        silent.wait()


@pytest.fixture(scope="module")
def web() -> Iterator[tuple[Site, Front]]:
    with open_site() as site, Front(site.acme) as front:
        site.want("www.example.com")
        yield site, front


def test_a_ca_whose_directory_drips_is_given_up_in_time(web: tuple[Site, Front]) -> None:
    site, front = web
    front.misbehave("directory", DRIP)
    before = hooks(site)
    site.config("fqdn=other.example.com")
    assert longest(site, before) < LIMIT
    state, text = site.status()
    assert state == "waiting"
    assert "cannot be reached" in text
    front.behave()
    site.config("fqdn=www.example.com")


def test_renewal_information_that_drips_keeps_no_order_away(web: tuple[Site, Front]) -> None:
    site, front = web
    front.renewal_info({**past(), **DRIP})
    clock, before, orders = Clock(site.world), hooks(site), front.requests("newOrder")
    clock.shift(seconds=70 * DAY)  # due by its lifetime, too
    site.renew_by_cron()
    clock.back()
    assert front.requests("renewalInfo") > 0
    assert longest(site, before) < LIMIT
    assert front.requests("newOrder") == orders + 1
