"""Gives port 80 back to the service as soon as certbot has left it.

certbot gives the port up when the CA has finished with the authorizations, and then still
waits for the certificate: a second or more in which the service can run already.
"""

import time

from layer_lets_encrypt import processes
from layer_lets_encrypt.guard import Guard

TICK = 0.02
GUARD_TICK = 0.25  # how often the guard is looked after


class Handover:
    """To be called again and again while certbot works on the last order that needs the port."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._taken = False
        self._done = False
        self._guarded = time.monotonic()

    def keep(self) -> None:
        """Start the service if certbot had the port and has it no more; look after the guard."""
        if time.monotonic() - self._guarded > GUARD_TICK:
            self.guard.keep()
            self._guarded = time.monotonic()
        if self._done:
            return
        listening = processes.listens(80)
        if self._taken and not listening:
            self.guard.start_service()
            self._done = True
        self._taken = listening
