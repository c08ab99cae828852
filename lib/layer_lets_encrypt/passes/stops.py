"""The pieces of time in which the service is stopped: none is longer than it must be."""

import time
from typing import Optional

from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.web.guard import Guard

LIMIT = 20.0  # seconds that one order may keep the service down, whatever the CA does
PER_NAME = 0.5  # and so many for each further name
LONGEST = 6.0  # seconds for a piece with several orders
REST = 1.0  # seconds in which the service runs between two pieces
TYPICAL = 2.5  # seconds that an order holds the port, until one has been seen


def limit(names: int) -> float:
    """Return how long an order for so many names may keep the service down, in seconds."""
    return LIMIT + PER_NAME * (names - 1)


class Stops:
    """Stops ``service`` and gives it back under a guard; "" is nothing to stop."""

    def __init__(self, machine: Machine, guard: Guard, service: str) -> None:
        self._machine = machine
        self._guard = guard
        self._service = service
        self._since: Optional[float] = None  # while it is stopped
        self._ended: Optional[float] = None
        self._longest_order = TYPICAL

    @property
    def seconds(self) -> float:
        """For how long the service has been stopped now; 0 if it is not."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def begin(self) -> None:
        """Stop the service for an order, unless it is. Raises ServiceError.

        A piece without room for another order is ended before.
        """
        if not self._service:
            return
        if self._since is not None and not self._has_room_for(1):
            self.end()
        if self._since is None:
            self._rest()
            self._since = time.monotonic()
            self._machine.stop_service(self._service)

    def end(self) -> None:
        """Give the service back, if it is stopped."""
        if self._since is not None:
            self._guard.start_service()
            self._since, self._ended = None, time.monotonic()

    def is_last(self, more: bool) -> bool:
        """Whether the order that begins now is the last one of its piece; ``more`` would follow."""
        return not (more and self._has_room_for(2))

    def took(self, seconds: float) -> None:
        """An order has held the port for so long."""
        self._longest_order = max(self._longest_order, seconds)

    def _has_room_for(self, orders: int) -> bool:
        return self.seconds + orders * self._longest_order <= LONGEST

    def _rest(self) -> None:
        if self._ended is not None:
            time.sleep(max(0.0, self._ended + REST - time.monotonic()))
