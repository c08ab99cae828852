"""Makes the services load the certificates that are on disk, and looks whether they did."""

from __future__ import annotations

import time

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.passes.survey import unloaded
from layer_lets_encrypt.rules import records
from layer_lets_encrypt.rules.plan import format_utc
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.records import SERVICE, History, Record
from layer_lets_encrypt.rules.request import Request, without_wildcard
from layer_lets_encrypt.web import served

NEW_SHOWN_WITHIN = 5  # seconds in which a reloaded service must show the new certificate
PAUSE = 0.1


class Loading:
    """Loads what is not loaded yet; the ``ledger`` remembers what is."""

    def __init__(self, machine: Machine, ledger: Ledger, reader: Reader) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.ledger = ledger
        self.reader = reader

    def run(self, new: dict[str, str]) -> None:
        """Reload the services; restart the one that keeps showing the old certificate.

        ``new`` holds the serials, by lineage, of what they have not been made to load.
        """
        record, asked, now = self.ledger.of(SERVICE), records.digest(new), time.time()
        if record.waits(asked, now):
            return
        again = record.asked == asked and record.failures > 0
        problem = self._load_after_failure(new, record) if again else self.machine.reload_services()
        problem = problem or self._stale(new)
        if problem is not None:
            self.ledger.record(SERVICE, record.begin(asked, now).failed(problem, now))
            self.machine.log(problem.text)
            return
        with self.ledger.deferred():
            self.ledger.forget(SERVICE)
            self.ledger.loaded(unloaded(self.wanted, History(), self.reader))

    def _load_after_failure(self, new: dict[str, str], record: Record) -> Problem | None:
        """Do what is still to be done after a failure, and not more."""
        category = record.problem.category if record.problem else ""
        if category == "down" or (category == "stale" and self._stale(new, patience=0)):
            return self.machine.restart_service()
        return self.machine.reload_services()

    def _stale(self, new: dict[str, str], patience: float = NEW_SHOWN_WITHIN) -> Problem | None:
        """Return which certificate is still shown in its old form when patience has ended."""
        deadline = time.monotonic() + patience
        for request in self.wanted.requests:
            old = self.ledger.past.loaded.get(request.lineage_name)
            if request.lineage_name not in new or old is None:
                continue  # nobody has seen it yet
            detail = self._old_form(request, old)
            while detail and time.monotonic() < deadline:
                time.sleep(PAUSE)
                detail = self._old_form(request, old)
            if detail:
                return Problem("stale", one_line(detail), name=without_wildcard(request.names[0]))
            if time.monotonic() > deadline + NEW_SHOWN_WITHIN:
                break  # there are many, and a port that does not answer takes its time
        return None

    def _old_form(self, request: Request, old: str) -> str:
        """Return what is shown if it is the certificate with the serial ``old``, "" otherwise.

        Any other one is not ours to judge: the service may keep this certificate for another
        port, or another program shows its own for the same name.
        """
        name = without_wildcard(request.names[0])
        shown = served.look(name)
        if shown is None or shown.serial != old:
            return ""
        service = self.wanted.service_name or "the service"
        return (
            f"port 443 still shows the certificate that ends {format_utc(shown.not_after)}; "
            f"{service} is restarted; if it stays, check its configuration"
        )
