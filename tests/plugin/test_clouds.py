"""Five big providers, by stand-ins of their APIs: issue, renewal, bad input, kills."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clouds.account import RIGHTLESS, zone_of
from clouds.running import PROVIDERS, PYTHONS, SECRETS, ZONES, Clouds, serve
from net import Net, Run
from test_kills import kill
from world.world import World

QUICK = {("cloudflare", "newest"), ("ovh", "apt"), ("gandi", "newest")}
# of a run's time: one in each tenth of it
MOMENTS = [(number + random.Random(7000 + number).random()) / 10 for number in range(10)]
QUICK_KILLS = {("ovh", 4), ("digitalocean", 5), ("route53", 6)}
INPUTS = ("wrong token", "token without rights", "zone not in the account", "misspelt option",
          "ttl too short", "down after publishing", "says yes, does nothing")  # fmt: skip
# what the plugin says, by input; the provider's own words where it has some
SAYS = {
    ("cloudflare", "wrong token"): "answered 403 (Invalid access token): these credentials may not",
    ("digitalocean", "wrong token"): "answered 401 (Unable to authenticate you): wrong credentials",
    ("gandi", "wrong token"): "answered 401 (The server could not verify that you authorized",
    ("ovh", "wrong token"): "answered 403 (This credential is not valid): these credentials may",
    ("route53", "wrong token"): "answered 403 (InvalidClientTokenId: The security token",
    ("cloudflare", "token without rights"): "No domain found; check that the account holds",
    ("digitalocean", "token without rights"): "answered 403 (You are not authorized to perform",
    ("gandi", "token without rights"): "answered 403 (Access was denied to this resource.)",
    ("ovh", "token without rights"): "answered 403 (This call has not been granted)",
    ("route53", "token without rights"): "AccessDenied",
    ("cloudflare", "ttl too short"): "Invalid TTL. Must be between 60 and 86400",
    ("digitalocean", "ttl too short"): "Ttl must be greater than or equal to 30",
    ("ovh", "ttl too short"): "Time to live must be at least 60",
    ("gandi", "ttl too short"): "",  # Lexicon makes 300 of it
    ("route53", "ttl too short"): "",  # there is no shortest one
}
EVERYWHERE = {
    "zone not in the account": "check that the account holds this zone",
    "misspelt option": "has no option",
    "down after publishing": "",
    "says yes, does nothing": "reported success, but no name server",
}


@pytest.fixture(scope="module")
def clouds() -> Iterator[Clouds]:
    with World() as world:
        net = Net(world, ZONES)
        try:
            net.start()
            with serve(net) as running:
                yield running
        finally:
            net.stop()


@pytest.fixture(params=["apt", "newest"])
def python(request: pytest.FixtureRequest) -> str:
    return lexicon(request.param)


def lexicon(which: str) -> str:
    if not Path(PYTHONS[which]).exists():
        pytest.skip(f"{PYTHONS[which]} is not there; run: make install")
    return PYTHONS[which]


def each() -> list[object]:
    return [
        pytest.param(name, which, marks=[] if (name, which) in QUICK else [pytest.mark.slow])
        for name in PROVIDERS
        for which in PYTHONS
    ]


def no_secret_in(run: Run) -> None:
    for secret in SECRETS:
        assert secret not in run.said + run.log


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("name", "which"), each())
def test_apex_and_wildcard_are_issued_and_renewed_twice(clouds: Clouds, name: str, which: str):
    net, zone = clouds.net, zone_of(name)
    config = net.config(clouds.provider(name), python=lexicon(which))
    names = (zone, f"*.{zone}")
    for work in (net.order, net.renew, net.renew):
        run = work(config, *names)
        assert run.status == 0, run.said
        assert (run.counts.failed_validations, run.counts.issued) == (0, 1)
        assert net.names(config) == set(names)
        assert (clouds.records(name), net.txt(), net.journal(config)) == ([], [], [])
        no_secret_in(run)


def wrong(clouds: Clouds, name: str, what: str) -> dict[str, Any]:
    """The settings that one kind of bad input is about."""
    if what == "wrong token":
        return clouds.provider(name, "wrong-credential-of-nobody")
    if what == "token without rights":
        return clouds.provider(name, RIGHTLESS)
    if what == "misspelt option":
        return clouds.misspelt(name)
    if what == "ttl too short":
        return clouds.provider(name, ttl="7")
    return clouds.provider(name)


def tried(clouds: Clouds, name: str, what: str, python: str) -> tuple[Run, str]:
    """Order once with bad input, then do what the next hook does when all is well again."""
    net = clouds.net
    config = net.config(wrong(clouds, name, what), python=python, propagation=5)
    domain = "www.example.net" if what == "zone not in the account" else f"www.{zone_of(name)}"
    faults = {"down after publishing": "down-after-create", "says yes, does nothing": "nothing"}
    if what in faults:
        with clouds.fault(name, faults[what]):
            run = net.order(config, domain)
    else:
        run = net.order(config, domain)
    net.rewrite(config, default=clouds.provider(name))
    assert net.sweep(config).returncode == 0
    return run, config


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("which", list(PYTHONS))
@pytest.mark.parametrize("name", PROVIDERS)
def test_bad_input_costs_no_validation_and_leaves_nothing(
    clouds: Clouds, name: str, which: str, capsys: pytest.CaptureFixture[str]
):
    rows, python = [], lexicon(which)
    for what in INPUTS:
        run, config = tried(clouds, name, what, python)
        no_secret_in(run)
        says = SAYS.get((name, what), EVERYWHERE.get(what, ""))
        if says:
            category, _, text = run.error()
            assert says in text, (what, text)
            assert run.counts.validations == 0
            status = "waiting" if category == "transient" else "blocked"
        else:
            assert run.status == 0, run.said
            status, text = "issued", ""
        left = len(clouds.records(name)) + len(clouds.net.txt())
        journal = len(clouds.net.journal(config))
        rows.append((name, which, what, status, run.counts.failed_validations, left, journal, text))
    with capsys.disabled():
        print()
        for row in rows:
            print("| " + " | ".join(map(str, row)) + " |")
    assert all(row[4:7] == (0, 0, 0) for row in rows)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [p for p in PROVIDERS])
def test_a_check_finds_wrong_credentials_and_a_foreign_zone(clouds: Clouds, name: str):
    """Before an order is made; Route 53 tells missing rights at the change alone."""
    net, python = clouds.net, lexicon("apt")
    for provider, domain, status in (
        (clouds.provider(name), zone_of(name), 0),
        (clouds.provider(name, "wrong-credential-of-nobody"), zone_of(name), 1),
        (clouds.provider(name, RIGHTLESS), zone_of(name), int(name != "route53")),
        (clouds.provider(name), "example.net", 1),
        (clouds.misspelt(name), zone_of(name), 1),
    ):
        config = net.config(provider, python=python)
        done = net.python("-m", "layer_lets_encrypt_dns.check", config, domain)
        assert done.returncode == status, done.stderr
    assert clouds.records(name) == net.txt() == []


@pytest.fixture(scope="module")
def usual(clouds: Clouds) -> float:
    """How long an order takes that nobody disturbs."""
    begun = time.monotonic()
    config = clouds.net.config(clouds.provider("ovh"), python=lexicon("apt"))
    assert clouds.net.order(config, *both("ovh")).status == 0
    return time.monotonic() - begun


def both(name: str) -> tuple[str, str]:
    return zone_of(name), f"*.{zone_of(name)}"


def kills() -> list[object]:
    """Each provider at ten moments; a fixed few of them in every run."""
    all_of_them = [(name, number) for name in PROVIDERS for number in range(len(MOMENTS))]
    return [
        pytest.param(*one, marks=[] if one in QUICK_KILLS else [pytest.mark.slow])
        for one in all_of_them
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "number"), kills())
def test_after_a_kill_the_next_hook_cleans_the_zone(
    clouds: Clouds, name: str, number: int, usual: float
):
    net = clouds.net
    config = net.config(clouds.provider(name), python=lexicon("apt"))
    process = net.start_order(config, *both(name))
    time.sleep(MOMENTS[number] * usual)
    kill(net, process)
    done = net.sweep(config)
    assert done.returncode == 0, done.stderr
    assert (clouds.records(name), net.txt(), net.journal(config)) == ([], [], [])


def test_the_values_of_others_stay(clouds: Clouds):
    """OVH shows values in quotes; the distribution's Lexicon did not find them again."""
    net = clouds.net
    config = net.config(clouds.provider("ovh"), python=lexicon("apt"), extra_wait=30)
    first = net.start_order(config, f"www.{zone_of('ovh')}")
    while not net.journal(config) or not clouds.records("ovh"):
        assert first.poll() is None
        time.sleep(0.05)
    other = net.config(clouds.provider("ovh"), python=lexicon("apt"))
    run = net.order(other, f"*.www.{zone_of('ovh')}")
    assert run.status == 0, run.said
    assert len(clouds.records("ovh")) == 1
    kill(net, first)
    assert net.sweep(config).returncode == 0
    assert clouds.records("ovh") == net.txt() == []
