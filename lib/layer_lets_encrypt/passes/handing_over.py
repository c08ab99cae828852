"""What a pass does with certificates that are on disk: files, then services, then commands."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable, Mapping

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.survey import unloaded, unloaded_by_own
from layer_lets_encrypt.rules.wanted import Wanted

if TYPE_CHECKING:
    from layer_lets_encrypt.passes.machine import Machine

COMMANDS = 300  # seconds in which a pass begins with commands of the operator


class HandingOver:
    """The part of a pass that follows its orders; the ``ledger`` remembers it.

    Most units have none of the options for it: what they need is imported where one is set.
    """

    def __init__(
        self,
        wanted: Wanted,
        places: Places,
        ledger: Ledger,
        env: Mapping[str, str],
        log: Callable[[str], None],
    ) -> None:
        self.wanted = wanted
        self.places = places
        self.ledger = ledger
        self.env = env
        self.log = log

    def begin(self, reader: Reader) -> None:
        """Note what is on disk before anything is ordered. Raises OSError."""
        if self.wanted.delivery.deploys or self.ledger.past.deployed is not None:
            from layer_lets_encrypt.passes import deployments

            deployments.begin(self.wanted, self.ledger, reader)

    def run(self, reader: Reader, machine: Callable[[], Machine]) -> None:
        """Hand over what has changed. Raises OSError."""
        from layer_lets_encrypt.passes.supply import Supply

        unsupplied = Supply(self.wanted, self.places, self.ledger, reader).run(self.log)
        new = unloaded(self.wanted, self.ledger.past, reader)
        if new:
            from layer_lets_encrypt.passes.loading import Loading

            Loading(machine(), self.ledger, reader).run(new)
        own = unloaded_by_own(self.wanted, self.ledger.past, reader)
        if own:
            from layer_lets_encrypt.passes.own_services import OwnServices

            OwnServices(machine(), self.ledger).run(own)
        self._run_commands(reader, unsupplied)

    def _run_commands(self, reader: Reader, unsupplied: set[str]) -> None:
        """Run the operator's commands: for what has changed, and for what has failed."""
        delivery, deadline = self.wanted.delivery, time.monotonic() + COMMANDS
        if delivery.deploy:
            from layer_lets_encrypt.passes.deployments import Deployments

            one = Deployments(self.wanted, self.ledger, reader, self.env, self.log)
            one.run(unsupplied, deadline)
        if delivery.failure or self.ledger.past.told:
            from layer_lets_encrypt.passes import notices

            notices.tell(self.wanted, self.ledger, self.env, self.log, deadline)
