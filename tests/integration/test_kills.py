"""Whoever is killed, and whenever: the service returns, no certbot survives, the work is done."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import repeats
from world.site import STATE, Site, open_site

SEED = 20240229
MANY = 10
FEW = 2


@pytest.fixture(scope="module")
def shared_site() -> Iterator[Site]:
    """The example charm with the challenge that stops the service."""
    with open_site() as site:
        site.config(acme_challenge="standalone")
        yield site


def wait_for_certbot(site: Site) -> None:
    """Wait until certbot orders: it and the runner that has started it are there."""
    site.wait_until(lambda: len(site.certbots()) > 1, 20, "certbot starts")


def kill_and_see_it_return(site: Site, kill: Callable[[], None], name: str) -> None:
    """Kill; nginx must answer again within 5 s, and the certbot that ran must be gone.

    Juju runs the hook again at once, which stops nginx anew for its own order: so this is a quick
    look at a short moment, and at just the processes that were there before.
    """
    certbots = site.certbots()
    kill()
    took = site.wait_until(
        lambda: site.nginx_answers() and not any(map(site.is_alive, certbots)), 5,
        "nginx answers and no certbot survives",
    )  # fmt: skip
    print(f"{name}: back after {took:.2f} s")


def assert_done(site: Site, name: str) -> None:
    site.juju("settle")
    assert site.nginx_runs()
    assert site.served(name).names == (name,)
    assert not site.certbots()
    assert not site.exists(f"{STATE}/journal.json")
    assert not [lineage for lineage in site.lineages() if "-0001" in lineage]


@pytest.mark.parametrize("whole_group", [False, True], ids=["process", "group"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["KILL", "TERM"])
def test_the_hook_is_killed_while_certbot_runs(
    shared_site: Site, whole_group: bool, number: int
) -> None:
    site, chance = shared_site, random.Random(SEED)
    site.trust_the_ca()
    for index in repeats(FEW if number == signal.SIGKILL else 1, MANY):
        name = f"k{index}-{number}-{int(whole_group)}.example.com"
        before = site.counts()
        site.config(fqdn=name, wait=False)
        wait_for_certbot(site)
        time.sleep(chance.uniform(0, 2))
        kill_and_see_it_return(site, lambda: site.kill_hook(whole_group, number), name)
        assert_done(site, name)
        assert (site.counts() - before).orders <= 2, "at most one order is lost"


def test_the_guard_is_killed_and_replaced(shared_site: Site) -> None:
    site = shared_site
    site.trust_the_ca()
    site.config(fqdn="guard.example.com", wait=False)
    wait_for_certbot(site)
    (first,) = site.processes("layer_lets_encrypt.web.guard")
    site.world.run(["kill", "-9", str(first)])
    site.wait_until(
        lambda: site.processes("layer_lets_encrypt.web.guard") not in ([], [first]),
        5,
        "a new guard",
    )
    name = "guard.example.com"
    kill_and_see_it_return(site, lambda: site.kill_hook(whole_group=True), name)
    assert_done(site, name)


def test_certbot_is_killed(shared_site: Site) -> None:
    site = shared_site
    site.trust_the_ca()
    site.config(fqdn="certbot.example.com", wait=False)
    wait_for_certbot(site)
    for pid in site.certbots():
        site.world.run(["kill", "-9", str(pid)], check=False)
    site.juju("settle")
    assert site.nginx_runs()
    assert site.status()[0] == "waiting"
    assert "next attempt" in site.status()[1]


def test_hook_and_guard_are_killed_together(shared_site: Site) -> None:
    site = shared_site
    site.trust_the_ca()
    site.config(fqdn="both.example.com", wait=False)
    wait_for_certbot(site)
    guards = [str(pid) for pid in site.processes("layer_lets_encrypt.web.guard")]
    hook = str(site.unit()["running"]["pid"])
    site.world.run(["kill", "-9", hook, *guards])
    site.wait_until(lambda: not site.certbots(), 5, "certbot ends with the hook")
    assert_done(site, "both.example.com")


def test_the_guard_starts_the_service_though_its_journal_cannot_be_read(shared_site: Site) -> None:
    site = shared_site
    site.trust_the_ca()
    site.juju("model-config", "automatically-retry-hooks=false")
    site.config(fqdn="journal.example.com", wait=False)
    wait_for_certbot(site)
    site.world.write(f"{STATE}/journal.json", '{"attempt": "cut off in the mid')
    kill_and_see_it_return(site, lambda: site.kill_hook(whole_group=True), "journal.example.com")
    site.wait_until(lambda: not site.processes("layer_lets_encrypt.web.guard"), 5, "the guard ends")
    assert "and the service nginx was started" in site.read(f"{STATE}/journal.log")
    assert site.exists(f"{STATE}/journal.json.aside-1")
    site.juju("model-config", "automatically-retry-hooks=true")
    site.juju("resolved", "web/0", check=False)  # Juju may have begun again already
    assert_done(site, "journal.example.com")


def test_after_a_kill_a_service_that_was_stopped_before_stays_stopped(shared_site: Site) -> None:
    site = shared_site
    site.config(fqdn="")
    site.world.run(["service", "nginx", "stop"])
    site.config(fqdn="stopped.example.com", wait=False)
    wait_for_certbot(site)
    site.juju("model-config", "automatically-retry-hooks=false")
    site.kill_hook(whole_group=True)
    site.wait_until(lambda: not site.processes("layer_lets_encrypt.web.guard"), 5, "the guard ends")
    assert not site.nginx_runs()
