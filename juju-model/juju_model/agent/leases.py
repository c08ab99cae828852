"""Leases of leadership: renewed for units whose agents live, handed over when they expire."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ..state import leadership
from ..state.store import Store

if TYPE_CHECKING:
    from .controller import Controller

LENGTH = 60.0  # seconds; an agent renews its lease when half of it is over


class Leases(threading.Thread):
    """Keeps the time of each application's lease.

    The times are not in the model: a controller that starts gives every lease its full length.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__(daemon=True)
        self.store: Store = controller.store
        self.length = LENGTH * controller.options["lease_scale"]
        self.expires: dict[tuple[str, str | None], float] = {}

    def run(self) -> None:
        """For as long as the controller runs."""
        while True:
            with self.store.lock:
                now = time.monotonic()
                for application in list(self.store.data["applications"]):
                    self.look_after(application, now)
            time.sleep(max(self.length / 40, 0.02))

    def look_after(self, application: str, now: float) -> None:
        """Renew the lease, let it run, or hand it over."""
        data = self.store.data
        holder = data["applications"][application]["leader"]
        left = self.expires.setdefault((application, holder), now + self.length) - now
        if leadership.can_hold(data, holder):
            if left < self.length / 2:
                self.expires[application, holder] = now + self.length
        elif (left <= 0 or holder is None) and leadership.candidates(data, application, holder):
            self.store.change(leadership.hand_over, application, holder)
            self.forget(application)
        elif left <= 0 and holder is not None:
            self.store.change(leadership.hand_over, application, holder)

    def forget(self, application: str) -> None:
        """A new holder has the full length."""
        for key in [key for key in self.expires if key[0] == application]:
            del self.expires[key]
