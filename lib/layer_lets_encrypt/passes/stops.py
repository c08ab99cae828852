"""The stops of the service for orders: as few as can be, and none longer than it must be."""

from __future__ import annotations

import time
from typing import Callable

LIMIT = 20.0  # seconds for a stop, whatever the CA does
PER_NAME = 0.5  # and so many for each further name
LONGEST = 6.0  # seconds for a stop that several orders share
REST = 1.0  # seconds in which the service runs between two stops


class Stops:
    """Stops the service by ``stop`` and starts it by ``start``; None is nothing to stop.

    Orders share a stop as long as the next one would leave the port within LONGEST, if it took
    as long as the longest one so far. For each order ``begin`` is called first, ``has_left_port``
    when it needs the port no more, and then ``give_back``. ``tell`` is told how long a stop was.
    """

    def __init__(
        self,
        stop: Callable[[], None] | None,
        start: Callable[[], None],
        tell: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stop = stop
        self._start = start
        self._tell = tell
        self._clock = clock
        self._sleep = sleep
        self._since: float | None = None  # while it is stopped
        self._ended: float | None = None
        self._names = 0  # of all orders in this stop
        self._begun = 0.0  # when the latest order began
        self._longest_order = 0.0

    @property
    def seconds(self) -> float:
        """For how long the service has been stopped now; 0 if it is not."""
        return 0.0 if self._since is None else self._clock() - self._since

    @property
    def is_too_long(self) -> bool:
        """Whether the service has been stopped for so long that the order must be abandoned."""
        return self.seconds > LIMIT + PER_NAME * (self._names - 1)

    def begin(self, names: int) -> None:
        """Stop the service for an order for so many names, unless it is stopped.

        Raises what ``stop`` raises.
        """
        if self._stop is None:
            return
        if self._since is None:
            if self._ended is not None:
                self._sleep(max(0.0, self._ended + REST - self._clock()))
            self._since, self._names = self._clock(), 0
            self._stop()
        self._names += names
        self._begun = self._clock()

    def has_left_port(self) -> None:
        """The order needs the port no more."""
        self._longest_order = max(self._longest_order, self._clock() - self._begun)

    def give_back(self, more: bool) -> None:
        """Start the service again, unless ``more`` orders follow and one fits into this stop."""
        if not more or self.seconds + self._longest_order > LONGEST:
            self.end()

    def end(self) -> None:
        """Start the service again, if it is stopped."""
        if self._since is not None:
            self._start()
            self._tell(self.seconds)
            self._since, self._ended = None, self._clock()
