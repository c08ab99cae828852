"""The orders of one pass: in what sequence, with the service stopped or not, and remembered."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager
from functools import partial
from typing import Callable, Collection, Iterator, Sequence

from layer_lets_encrypt.certificates import stray
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.passes.handover import Handover
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.passes.one_order import OneOrder
from layer_lets_encrypt.passes.stops import Stops
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.records import Record
from layer_lets_encrypt.web.guard import Guard
from layer_lets_encrypt.web.service import ServiceError

MOST_TRANSIENT = 3  # failures in one pass that may be anybody's


class Orders:
    """Carries out decisions to order; the ``ledger`` has each attempt before it is made."""

    def __init__(
        self,
        machine: Machine,
        ledger: Ledger,
        reader: Reader,
        log: Callable[[str], None],
        step: Callable[[int, int], None],
    ) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.ledger = ledger
        self.reader = reader
        self.log = log
        self._apart: Collection[str] = ()
        self._step, self._number, self._total = step, 0, 0
        self._transient = 0  # failures that named nobody

    def run(self, due: Sequence[Decision], apart: Collection[str] = ()) -> None:
        """Order one after the other; those that need the service's port come first.

        Lineages in ``apart`` that need it, too, come last, each in a stop of its own: they may
        fail, and keep nobody else's site down. Raises OSError if an attempt cannot be written
        down (it is not made then), and ServiceError where the service does not come back.
        """
        attempt = secrets.token_hex(8)
        self._apart, self._number, self._total = apart, 0, len(due)
        takers = [decision for decision in due if self._challenge(decision).takes_port_80]
        late = [decision for decision in takers if decision.request.lineage_name in apart]
        early = [decision for decision in takers if decision not in late]
        others = [decision for decision in due if decision not in takers]
        stopping = self.machine.service_to_stop() if takers else ""
        with self._speaking_later(), self.machine.certbot_runner(attempt), Guard(
            self.machine.places.journal, attempt, stopping
        ) as guard:
            stops = self._stops(guard, stopping)
            order = OneOrder(self.machine, self.ledger, self.reader, attempt, guard)
            for group in (early, others, *([decision] for decision in late)):
                if not self._order_all(group, order, stops):
                    return

    def _stops(self, guard: Guard, service: str) -> Stops:
        """Return what stops ``service`` for orders; "" is nothing to stop."""

        def tell(seconds: float) -> None:
            self.log(f"service {service} was stopped for {seconds:.1f} s")

        stop = partial(self.machine.stop_service, service) if service else None
        return Stops(stop, guard.start_service, tell)

    def _challenge(self, decision: Decision) -> Challenge:
        return self.wanted.challenge_of(decision.request)

    @contextmanager
    def _speaking_later(self) -> Iterator[None]:
        """Hold the log back: each line costs a process, and the service may be down until then."""
        spoken: list[str] = []
        log, self.log, self.machine.log = self.log, spoken.append, spoken.append
        try:
            yield
        finally:
            self.log = self.machine.log = log
            for line in spoken:
                log(line)

    def _order_all(self, due: Sequence[Decision], order: OneOrder, stops: Stops) -> bool:
        """Order what is due, all of it with the service's port or all without.

        Returns whether other orders may fare better.
        """
        for number, decision in enumerate(due, 1):
            more = number < len(due)
            self._number += 1
            if not stops.seconds:  # what tells of it takes its time
                self._step(self._number, self._total)
            if self._challenge(decision).takes_port_80:
                stop = self._stop(stops, due[number - 1 :])
                if stop is not None:
                    return True  # it is remembered; others need no port
                problem = self._order_stopped(decision, order, stops, more)
            else:
                self._begin(decision)
                problem = order.run(decision, order.guard.ensure_alive, order.guard.ensure_alive)
            self._conclude(decision, problem)
            if problem is not None and self._speaks_for_all(problem):
                stops.end()
                return False
        return True

    def _order_stopped(
        self, decision: Decision, order: OneOrder, stops: Stops, more: bool
    ) -> Problem | None:
        """Order one certificate while the service is stopped; start it again if that is best."""
        self._begin(decision)
        handed = Handover(order.guard, stops, more)
        try:
            return order.run(decision, handed.on_tick, handed.keep_stopped)
        finally:
            handed.end()

    def _stop(self, stops: Stops, due: Sequence[Decision]) -> Problem | None:
        """Stop the service; where that fails, it counts as a failure of all that is due."""
        try:
            stops.begin(len(due[0].request.names))
        except ServiceError as error:
            problem = Problem("local", one_line(str(error)))
            for decision in due:
                self._fail(decision, problem)
            stops.end()  # it may be down all the same
            return problem
        return None

    def _conclude(self, decision: Decision, problem: Problem | None) -> None:
        """Remember how an order has ended."""
        if problem is not None:
            self._fail(decision, problem)
            return
        self._remember(decision, self._past(decision).succeeded())
        self.log(f"{decision.request.lineage_name}: there is a new certificate")

    def _speaks_for_all(self, problem: Problem) -> bool:
        """Whether the other orders of the pass would fare no better.

        That is so if the CA, the disk or the network is at fault, not one name or its zone.
        """
        if problem.category != "transient":
            return problem.category == "local"
        if problem.name:
            return False
        self._transient += 1
        return self._transient >= MOST_TRANSIENT or not self.machine.ca_answers()

    def _begin(self, decision: Decision) -> None:
        """Write down that an attempt is about to be made, and what is on disk before it."""
        on_disk = decision.lineage.certificate
        numbered = stray.numbered(decision.request.lineage_name)
        begun = self._past(decision).begin(decision.asked, time.time(), decision.advised)
        begun = begun.trying(decision.request.profile, decision.request.chain)
        if decision.request.lineage_name in self._apart:
            begun = begun.set_apart(time.time())
        self._remember(decision, begun.finding(on_disk.serial if on_disk else "", numbered))

    def _past(self, decision: Decision) -> Record:
        return self.ledger.of(decision.request.lineage_name)

    def _fail(self, decision: Decision, problem: Problem) -> None:
        record = self._past(decision)
        if record.begun is None:
            record = record.begin(decision.asked, time.time())
        self._remember(decision, record.failed(problem, time.time(), decision.longest_wait))
        self.log(f"{decision.request.lineage_name}: {problem.text}")

    def _remember(self, decision: Decision, record: Record) -> None:
        self.ledger.record(decision.request.lineage_name, record)
