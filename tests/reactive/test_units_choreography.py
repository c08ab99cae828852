"""Units of an application in the model of Juju: hooks for each event, orders after each death.

The charm is a thin one (sharing_charm.py): it decides by the layer's rules and asks Juju by the
layer's gate, but its certificates are numbers.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sharing_application import Application, JujuError


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
