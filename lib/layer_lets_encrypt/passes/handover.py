"""Gives port 80 back to the service as soon as certbot has left it, or has had it too long.

certbot gives the port up when the CA has finished with the authorizations, and then still
waits for the certificate: a second or more in which the service can run already.
"""

from __future__ import annotations

import time

from layer_lets_encrypt.ca.process import Enough
from layer_lets_encrypt.passes.stops import Stops
from layer_lets_encrypt.web import processes
from layer_lets_encrypt.web.guard import Guard

TICK = 0.02
GUARD_TICK = 0.25  # how often the guard is looked after


class Handover:
    """To be called again and again while certbot works on an order that needs the port.

    ``more`` says that other orders which need the port follow.
    """

    def __init__(self, guard: Guard, stops: Stops, more: bool) -> None:
        self._guard = guard
        self._stops = stops
        self._more = more
        self._taken = False
        self._left = False
        self.is_late = False
        self._guarded = time.monotonic()

    def on_tick(self) -> None:
        """Give the port back if certbot had it and has it no more. Raises Enough."""
        self.keep_stopped()
        if not self._stops.seconds:
            return
        listening = processes.listens(80)
        if self._taken and not listening:
            self._left = True
            self._stops.has_left_port()
        self._taken = listening
        if self._left and not listening:
            self._stops.give_back(self._more)

    def keep_stopped(self) -> None:
        """Look after the guard. Raises Enough if the service has been stopped for too long."""
        if time.monotonic() - self._guarded > GUARD_TICK:
            self._guard.ensure_alive()
            self._guarded = time.monotonic()
        if self._stops.is_too_long:
            self.is_late = True
            raise Enough

    def end(self) -> None:
        """The order has ended, however it did."""
        if not self._left:
            self._stops.has_left_port()
        self._stops.give_back(self._more and not self.is_late)
