"""Units of an application in the model of Juju: hooks for each event, orders after each death.

The charm is a thin one (sharing_charm.py): it decides by the layer's rules and asks Juju by the
layer's gate, but its certificates are numbers.
"""

from __future__ import annotations

import collections
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "juju-model"))

from juju_model.client import Juju, JujuError  # noqa: E402

METADATA = """\
name: web
summary: s
description: d
peers: {lets-encrypt-units: {interface: lets-encrypt-units}}
"""
DISPATCH = """\
#!/bin/sh
case "$JUJU_HOOK_NAME" in *-joined|*-departed) exit 0;; esac
export SHARING_ROOT={root} SHARING_WORLD={world}
exec {root}/tests/reactive/sharing_charm.py
"""


class Application:
    """N units, the numbers that are their certificates, and what Juju has run for them."""

    def __init__(self, folder: Path, profile: str, units: int) -> None:
        self.world = folder / "w"
        self.world.mkdir()
        self.juju = Juju(str(folder / "m"), timeout=280)
        self.juju.bootstrap(profile, retry_scale=0.02)
        charm = folder / "charm"
        charm.mkdir()
        (charm / "metadata.yaml").write_text(METADATA)
        (charm / "dispatch").write_text(DISPATCH.format(root=ROOT, world=self.world))
        (charm / "dispatch").chmod(0o755)
        self.seen: collections.Counter[str] = collections.Counter()
        self.juju.deploy(str(charm), units=units)
        self.renewals = 0

    @property
    def leader(self) -> str:
        return str(self.juju.model()["applications"]["web"]["leader"])

    def other(self) -> str:
        """Return a unit that does not lead."""
        return next(name for name in sorted(self.juju.model()["units"]) if name != self.leader)

    def new_hooks(self) -> int:
        """Return how many hooks have run since this was asked last."""
        ran = collections.Counter(one["hook"] for one in self.juju.runs() if one["kind"] == "hook")
        new = ran - self.seen
        self.seen = ran
        return sum(new.values())

    def make_due(self) -> None:
        self.renewals += 1
        (self.world / "renewal.json").write_text(str(self.renewals))

    def update_status(self, unit: str = "") -> None:
        self.juju.hook(unit or self.leader, "update-status")

    def renew(self) -> None:
        self.make_due()
        self.update_status()

    @property
    def orders(self) -> int:
        path = self.world / "orders.json"
        return len(json.loads(path.read_text())) if path.exists() else 0

    def serials(self) -> set[int]:
        """Return the certificates of the units that live."""
        names = [name.replace("/", "-") for name in self.juju.model()["units"]]
        return {json.loads((self.world / f"{name}.json").read_text())["number"] for name in names}

    def kill_in_renewal(self, point: str) -> None:
        """Have the leader's hook killed at a point; Juju runs it again, if the unit still leads."""
        (self.world / "kill.json").write_text(json.dumps({"unit": self.leader, "point": point}))
        self.make_due()

    def failed_hooks(self) -> list[object]:
        return [one for one in self.juju.runs() if one["kind"] == "hook" and one["rc"] == 1]


@pytest.fixture
def launch() -> Iterator[Callable[..., Application]]:
    with tempfile.TemporaryDirectory(prefix="j-") as path:
        begun: list[Application] = []

        def begin(profile: str = "3.6", units: int = 3) -> Application:
            begun.append(Application(Path(path), profile, units))
            return begun[-1]

        yield begin
        for application in begun:
            application.juju.kill_controller()


def until(question: Callable[[], bool]) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + 60
    while not question():
        assert time.monotonic() < end, "still not so after a minute"
        time.sleep(0.05)


def check_costs(web: Application, count: int) -> None:
    """The hooks for each event, as functions of the number of units."""
    others = count - 1
    web.new_hooks()
    web.renew()
    assert (web.orders, web.serials()) == (1, {1})
    assert web.new_hooks() <= 1 + 3 * others + others**2  # once for each account
    web.renew()
    assert (web.orders, web.serials()) == (2, {2})
    assert web.new_hooks() <= 1 + 2 * others + 2
    web.update_status()
    assert web.new_hooks() == 1
    web.juju.leader("web", web.other())
    assert web.new_hooks() <= others + 2
    web.renew()
    assert (web.orders, web.serials()) == (3, {3})
    web.new_hooks()
    web.juju.add_unit("web")
    assert web.serials() == {3}
    web.juju.remove_unit(web.other())
    assert (web.orders, web.serials(), web.failed_hooks()) == (3, {3}, [])


@pytest.mark.parametrize("profile", ["3.1", "3.6", "4.0"])
def test_one_order_serves_all_units(launch, profile) -> None:
    check_costs(launch(profile), 3)


@pytest.mark.slow
def test_ten_units_cost_hooks_in_proportion(launch) -> None:
    check_costs(launch(units=10), 10)


def test_a_unit_that_is_alone_orders_in_the_same_hook_and_needs_no_other(launch) -> None:
    web = launch(units=1)
    web.new_hooks()
    web.renew()
    assert (web.orders, web.serials()) == (1, {1})
    assert web.new_hooks() == 1
    web.renew()
    assert (web.orders, web.serials()) == (2, {2})


def test_the_only_unit_is_replaced_without_an_order(launch) -> None:
    web = launch(units=1)
    web.renew()
    web.juju.remove_unit(web.leader)
    web.juju.add_unit("web")
    web.update_status()
    assert (web.orders, web.serials()) == (1, {1})


POINTS = {"before-order": 0, "after-order": 1, "after-disk": 0, "after-secret": 0,
          "before-flush": 0, "end": 0}  # point -> orders that are lost with the hook  # fmt: skip


def test_a_leader_that_is_killed_and_comes_back_loses_only_what_the_ca_has_not_sent(launch) -> None:
    web = launch()
    web.renew()
    for number, (point, lost) in enumerate(POINTS.items(), 2):
        before = web.orders
        web.kill_in_renewal(point)
        web.update_status()
        web.juju.settle()
        assert not (web.world / "kill.json").exists(), point
        assert web.orders - before == 1 + lost, point
        assert web.serials() == {web.orders}, (point, number)


def test_half_a_flush_is_found_by_the_next_leader(launch) -> None:
    web = launch()
    web.renew()
    web.make_due()
    dead = web.leader
    web.juju.plant_fault(dead, "flush:after-secrets")
    web.juju.model_config({"automatically-retry-hooks": "false"})
    with pytest.raises(JujuError):
        web.update_status()
    assert web.orders == 2
    heir = web.other()
    web.juju.leader("web", heir, wait=False)
    until(lambda: web.juju.model()["applications"]["web"]["leader"] == heir)
    web.juju.hook(heir, "update-status", wait=False)
    until(lambda: web.serials() == {2})
    web.juju.resolved(dead)
    web.update_status()
    assert (web.orders, web.serials()) == (2, {2})
