"""How orders share stops of the service: pure, with a clock of its own."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.passes.stops import LIMIT, LONGEST, PER_NAME, REST, Stops

STOPPING, TICK = 0.3, 0.02


class Unit:
    """A service and the orders that need its port; time passes only where something is done."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.orders: list[int] = []  # in each stop
        self.lengths: list[float] = []
        self.rests: list[float] = []
        self.stops = Stops(self.stop, self.start, self.lengths.append, lambda: self.now, self.sleep)
        self.ended = 0.0

    def stop(self) -> None:
        if self.ended:
            self.rests.append(self.now - self.ended)
        self.orders.append(0)
        self.now += STOPPING

    def start(self) -> None:
        self.ended = self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def order(self, holding: float, finishing: float, more: bool) -> None:
        """An order that needs the port for some seconds, and some more until the end."""
        self.stops.begin(names=1)
        self.orders[-1] += 1
        self.now += holding
        self.stops.has_left_port()
        end = self.now + finishing
        while self.now < end:
            self.stops.give_back(more)
            self.now += TICK
        self.stops.give_back(more)


def carried_out(*orders: tuple[float, float]) -> Unit:
    unit = Unit()
    for number, (holding, finishing) in enumerate(orders, 1):
        unit.order(holding, finishing, more=number < len(orders))
    return unit


@pytest.mark.parametrize(
    ("orders", "shared"),
    [
        ([(1, 1)], [1]),
        ([(1, 0.5)] * 3, [3]),
        ([(1.4, 0.6)] * 3, [3]),
        ([(0.3, 0.2)] * 11, [11]),
        ([(1, 0.5)] * 5, [4, 1]),
        ([(2.5, 0.5)] * 4, [2, 2]),
        ([(4, 1)] * 3, [1, 1, 1]),
        ([(4, 1), (0.1, 0.1), (0.1, 0.1)], [1, 2]),  # the second might be as long
        ([(0.5, 0.5), (4, 1), (1, 1)], [2, 1]),
        ([(1, 30), (1, 30)], [1, 1]),  # a CA that is slow to issue
    ],
)
def test_orders_share_a_stop_as_long_as_the_next_one_fits(
    orders: list[tuple[float, float]], shared: list[int]
) -> None:
    assert carried_out(*orders).orders == shared


@pytest.mark.parametrize("holding", [0.2, 0.7, 1.1, 1.9, 2.4, 2.9, 5.5])
def test_a_stop_is_no_longer_than_promised_and_followed_by_a_rest(holding: float) -> None:
    unit = carried_out(*[(holding, holding / 2)] * 20)
    assert sum(unit.orders) == 20
    assert max(unit.lengths) <= LONGEST + TICK
    assert min(unit.lengths[:-1]) > LONGEST / 2 - TICK, "none was ended while there was much room"
    assert len(unit.rests) == len(unit.orders) - 1
    assert min(unit.rests) >= REST - 0.001


def test_the_service_is_back_before_the_last_certificate_is_there() -> None:
    unit = carried_out((1, 1), (1, 1))
    assert unit.lengths == [pytest.approx(STOPPING + 1 + 1 + 1, abs=2 * TICK)]


def test_the_limit_is_that_of_the_stop_not_of_its_latest_order() -> None:
    unit = carried_out((1, 0.5))
    unit.stops.begin(names=1)
    began = unit.now - STOPPING
    unit.now = began + LIMIT - TICK
    assert not unit.stops.is_too_long
    unit.stops.begin(names=3)
    unit.now = began + LIMIT + 3 * PER_NAME - TICK
    assert not unit.stops.is_too_long
    unit.now += 2 * TICK
    assert unit.stops.is_too_long


def test_nothing_to_stop_is_never_too_long() -> None:
    unit = Unit()
    stops = Stops(None, unit.start, unit.lengths.append, lambda: unit.now, unit.sleep)
    stops.begin(names=1)
    unit.now += 90
    stops.give_back(more=False)
    assert (stops.seconds, stops.is_too_long, unit.ended) == (0, False, 0)
