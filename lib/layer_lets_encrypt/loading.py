"""Makes the services load the certificates that are on disk, and looks whether they did."""

import time
from typing import Dict, Optional

from layer_lets_encrypt import history, served
from layer_lets_encrypt.history import SERVICE, History, Record
from layer_lets_encrypt.lineage import Reader
from layer_lets_encrypt.machine import Machine
from layer_lets_encrypt.plan import moment
from layer_lets_encrypt.problem import Problem, one_line
from layer_lets_encrypt.request import Request, without_wildcard
from layer_lets_encrypt.wanted import unloaded

PATIENCE = 5  # seconds in which a reloaded service must show the new certificate
PAUSE = 0.1


class Loading:
    """Loads what is not loaded yet; ``past`` is kept up to date, also on disk."""

    def __init__(self, machine: Machine, past: History, reader: Reader) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.past = past
        self.reader = reader

    def run(self) -> None:
        """Reload the services if they need it; restart those that keep showing the old one."""
        new = unloaded(self.wanted, self.past, self.reader)
        record, asked = self.past.of(SERVICE), history.digest(new)
        if not new or record.waits(asked, time.time()):
            return
        again = record.asked == asked and record.failures > 0
        problem = self.machine.restart_service() if again else self.machine.reload_services()
        if problem is not None:
            self._remember(record.hindered(problem))
            return
        stale = self._stale(new)
        if stale is not None:
            self._remember(record.begin(asked, time.time()).failed(stale, time.time()))
            return
        self.past.records.pop(SERVICE, None)
        self.past.loaded = unloaded(self.wanted, History(), self.reader)
        history.save(self.past, self.machine.places.history)

    def _remember(self, record: Record) -> None:
        history.remember(self.past, self.machine.places.history, SERVICE, record)

    def _stale(self, new: Dict[str, str]) -> Optional[Problem]:
        """Return which certificate is still shown in its old form when patience has ended."""
        deadline = time.monotonic() + PATIENCE
        fresh = [request for request in self.wanted.requests if request.lineage in new]
        for request in fresh:
            while True:
                detail = self._old_form(request, new[request.lineage])
                if not detail:
                    break
                if time.monotonic() > deadline:
                    return Problem("stale", one_line(detail))
                time.sleep(PAUSE)
        return None

    def _old_form(self, request: Request, serial: str) -> str:
        """Return what is shown if it is another certificate for the same name, "" otherwise.

        What is for other names is not ours to judge: the service may keep this certificate for
        another port, or not know it yet.
        """
        name = without_wildcard(request.names[0])
        shown = served.look(name)
        if shown is None or shown.serial == serial or request.names[0] not in shown.names:
            return ""
        service = self.wanted.service_name or "the service"
        return (
            f"{name}: port 443 still shows the certificate that ends {moment(shown.not_after)}, "
            f"not the new one; {service} is restarted; if that does not help, see its configuration"
        )
