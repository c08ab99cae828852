"""Has the services that use one certificate alone load it when that certificate has changed."""

from __future__ import annotations

import time
from typing import Callable

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules import records
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.records import NOTHING
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.web import service
from layer_lets_encrypt.web.service import ServiceError


class OwnServices:
    """Reloads and restarts services of single requests; the ``ledger`` remembers how that went.

    A service that several certificates share is asked once in a pass.
    """

    def __init__(self, machine: Machine, ledger: Ledger) -> None:
        self.wanted = machine.wanted
        self.log = machine.log
        self.ledger = ledger
        self._asked: dict[str, Problem | None] = {}

    def run(self, new: dict[str, str]) -> None:
        """Have the changed certificates loaded, ``new`` by lineage, with their serials.

        Raises OSError.
        """
        now = time.time()
        changed = [request for request in self.wanted.requests if request.lineage_name in new]
        ready = [request for request in changed if not self._waits(request, new, now)]
        restarted = {name for request in ready for name in request.restart}
        for request in ready:
            self._load(request, new[request.lineage_name], restarted, now)

    def _waits(self, request: Request, new: dict[str, str], now: float) -> bool:
        record = self.ledger.past.services.get(request.lineage_name, NOTHING)
        return record.waits(_asked(request, new[request.lineage_name]), now)

    def _load(self, request: Request, serial: str, restarted: set[str], now: float) -> None:
        name = request.lineage_name
        problem = self._problem(request, restarted)
        if problem is None:
            self.ledger.own_loaded(name, serial)
            return
        record = self.ledger.past.services.get(name, NOTHING).begin(_asked(request, serial), now)
        self.ledger.own_failed(name, record.failed(problem, now))
        self.log(f"{name}: {problem.text}")

    def _problem(self, request: Request, restarted: set[str]) -> Problem | None:
        """Ask all services of the request; return what went wrong first."""
        # The unit's own services are reloaded for every certificate.
        skipped = restarted.union(self.wanted.services)
        found = [self._once(request, one, service.restart) for one in request.restart]
        found += [
            self._once(request, one, service.reload) for one in request.reload if one not in skipped
        ]
        return next((problem for problem in found if problem is not None), None)

    def _once(self, request: Request, name: str, change: Callable[[str], None]) -> Problem | None:
        if name not in self._asked:
            self._asked[name] = self._ask(request, name, change)
        return self._asked[name]

    def _ask(self, request: Request, name: str, change: Callable[[str], None]) -> Problem | None:
        """A service that does not run looks at its files when it is started."""
        try:
            if not service.exists(name):
                detail = f"{request.source} names {name!r}, which is not a service on this machine"
                return Problem("deployment", one_line(detail), remedy="correct or remove it")
            if service.running(name):
                self.log(f"{request.lineage_name}: {change.__name__} of the service {name}")
                change(name)
        except ServiceError as error:
            return Problem("deployment", one_line(str(error)))
        return None


def _asked(request: Request, serial: str) -> str:
    return records.digest(serial, request.reload, request.restart)
