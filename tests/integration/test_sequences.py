"""Random sequences of what operators, tenants, killers and clocks do, on the real certbot.

Afterwards, in a healthy world: exactly the wanted certificates, and no more orders than

    changes    requests that were new when they were set,
    + kills    each may cost the order that was under way,
    + retries  for each wanted name that cannot be validated, one whenever the clock has jumped.
"""

from __future__ import annotations

import random
import time

import pytest
from conftest import repeats
from consumers import tenants
from world.clock import Clock
from world.site import STATE, Site

pytest_plugins = ["shared_sites"]

SEED = 20240229
QUICK, FEW, MANY = 1, 4, 20  # in `make test`, in `make test-all`, with WHOLE_MATRIX=1
LENGTH = 5
DAY = 86400
JUMPS = (300, 700, 7000, DAY + 60, 2 * DAY)
MOST = 20 * DAY  # nothing becomes due, and nothing is unwanted for long enough to be removed


class Sequence:
    """One sequence with names of its own; counts what it may cost while it goes."""

    def __init__(self, site: Site, index: int):
        self.site = site
        self.chance = random.Random(SEED + index)
        self.clock = Clock(site.world)
        self.pool = [f"{letter}.s{index}.example.com" for letter in "abcd"]
        self.own = f"own.s{index}.example.com"
        self.wanted: dict[str, frozenset[str]] = {}
        self.ever: set[str] = set()
        self.bad: set[str] = set()
        self.shifted = 0
        self.changes = self.kills = self.retries = 0
        self.told: list[str] = []
        self.before = site.counts()
        self.clock.shift()

    def step(self) -> None:
        """One thing happens."""
        twice = (self.request, self.kill, self.jump, self.break_or_heal)
        chosen = self.chance.choice((*twice, *twice, self.hook, self.name))
        self.told.append(chosen.__name__)
        chosen()
        assert self.site.nginx_runs(), self.told

    def request(self) -> None:
        """The tenants change."""
        self._set(self._settings())

    def _settings(self) -> list[str]:
        """Settings for some of the names, some of them with an alias."""
        first = self.chance.sample(self.pool, self.chance.randint(1, 3))
        entries = [{"fqdn": [name] + ["www." + name] * self.chance.randint(0, 1)} for name in first]
        self._want({name: names for name, names in self.wanted.items() if name == self.own}
                   | {entry["fqdn"][0]: frozenset(entry["fqdn"]) for entry in entries})  # fmt: skip
        return [tenants(*entries)]

    def name(self) -> None:
        """The option fqdn is set, or taken back."""
        others = {name: names for name, names in self.wanted.items() if name != self.own}
        if self.own in self.wanted:
            self._want(others)
            self._set(["fqdn="])
        else:
            self._want({**others, self.own: frozenset([self.own])})
            self._set([f"fqdn={self.own}"])

    def hook(self) -> None:
        self.site.juju("hook", "web/0", "update-status")

    def kill(self) -> None:
        """The request changes, and the hook that acts on it is killed."""
        self.kills += 1
        self.site.config(*self._settings(), wait=False)
        time.sleep(self.chance.uniform(0.2, 3))
        if self.site.unit().get("running"):
            self.site.kill_hook(whole_group=self.chance.random() < 0.5)
        self.site.juju("settle")

    def jump(self) -> None:
        """Time passes, and a hook runs."""
        self.shifted = min(self.shifted + self.chance.choice(JUMPS), MOST)
        self.clock.shift(seconds=self.shifted)
        self.retries += len(self.bad & set(self.wanted))
        self.hook()

    def break_or_heal(self) -> None:
        """A name's DNS record goes wrong, or is put right."""
        name = self.chance.choice(self.pool)
        if name in self.bad:
            self.site.acme.dns.forget(name)
            self.retries += 1  # the attempt that succeeds
        else:
            self.site.acme.dns.point(name, "192.0.2.1")
        self.bad ^= {name}

    def heal(self) -> None:
        """The world is healthy again, every wait is over, and two hooks run."""
        for name in self.bad:
            self.site.acme.dns.forget(name)
        self.retries += len(self.bad & set(self.wanted))
        self.bad = set()
        self.shifted += DAY + 60
        self.clock.shift(seconds=self.shifted)
        self.hook()
        self.hook()

    def _want(self, wanted: dict[str, frozenset[str]]) -> None:
        self.changes += sum(self.wanted.get(name) != names for name, names in wanted.items())
        self.wanted = wanted
        self.ever |= set(wanted)

    def _set(self, settings: list[str]) -> None:
        self.site.config(*settings)

    def lineages(self) -> set[str]:
        """Those of this sequence."""
        tail = self.own.partition(".")[2]
        return {name for name in self.site.lineages() if tail in name}


@pytest.mark.parametrize(
    "index",
    [pytest.param(index, marks=[] if index < QUICK else [pytest.mark.slow])
     for index in repeats(FEW, MANY)],
)  # fmt: skip
def test_every_sequence_ends_with_exactly_what_is_wanted(gateway: Site, index: int) -> None:
    gateway.config(tenants(), "fqdn=")
    sequence = Sequence(gateway, index)
    sequence.break_or_heal()
    sequence.request()
    for _ in range(LENGTH):
        sequence.step()
    sequence.heal()
    allowed = sequence.changes + sequence.kills + sequence.retries
    change = gateway.counts() - sequence.before
    print(
        f"{index}: {' '.join(sequence.told)}: {change.orders} orders, {change.failed_validations}"
        f" failed; allowed {allowed} = {sequence.changes} changes + {sequence.kills} kills"
        f" + {sequence.retries} retries"
    )
    assert change.orders <= allowed
    assert_as_wanted(sequence)
    assert set(sequence.wanted) <= sequence.lineages() <= sequence.ever
    if index % FEW == 0:
        assert_what_is_unwanted_goes(sequence)


def assert_what_is_unwanted_goes(sequence: Sequence) -> None:
    """After more than a month, and only then."""
    before = sequence.lineages()
    for later in (0, 31 * DAY):
        assert sequence.lineages() == before
        sequence.clock.shift(seconds=sequence.shifted + later)
        sequence.site.renew_by_cron()
    assert sequence.lineages() == set(sequence.wanted)
    assert_as_wanted(sequence)


def assert_as_wanted(sequence: Sequence) -> None:
    """Each wanted certificate is there and served; nothing else is at work."""
    site = sequence.site
    assert "lets-encrypt.registered" in site.flags(), site.status()
    on_disk = {entry["name"]: entry for entry in site.ask("lets_encrypt.certificates()")}
    assert set(on_disk) == set(sequence.wanted)
    for name, names in sequence.wanted.items():
        assert on_disk[name]["on_disk"], name
        assert set(on_disk[name]["names"]) == names
        if name != sequence.own:
            assert set(site.served(name).names) == names
    assert site.nginx_runs()
    assert not site.processes("certbot certonly")
    assert not site.processes("layer_lets_encrypt.web.guard")
    assert not site.exists(f"{STATE}/journal.json")
    assert not [name for name in site.lineages() if "-0001" in name]
