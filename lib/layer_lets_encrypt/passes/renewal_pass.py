"""One pass over the wanted certificates: look, decide, order what is to be ordered, verify.

Most passes find nothing to do: what only acts is imported by the function that acts.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable, Mapping, Optional, Sequence

from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import claims, stray
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.lock import machine_lock
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import earlier, neighbours
from layer_lets_encrypt.passes.advice import Advice
from layer_lets_encrypt.passes.checks import Checks
from layer_lets_encrypt.passes.handing_over import HandingOver
from layer_lets_encrypt.passes.siblings import ALONE, Siblings
from layer_lets_encrypt.passes.survey import contact_is_due, dns_is_left, survey
from layer_lets_encrypt.rules import plan
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import DNS
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

if TYPE_CHECKING:
    from layer_lets_encrypt.passes.machine import Machine
    from layer_lets_encrypt.passes.readiness import Readiness
    from layer_lets_encrypt.web.doubts import Addresses

MOST_LINES = 50

Log = Callable[[str], None]
Step = Callable[[int, int], None]  # number of the order that begins, number of all
AboutRequest = Callable[[Request], Optional[Problem]]


def _nothing(request: Request) -> Problem | None:
    return None


class RenewalPass:
    """One pass. ``env`` is the hook's environment; ``log`` takes lines for the unit's log;
    ``own_addresses`` tells those of the unit; ``step`` is told that an order begins, which one of
    how many; ``siblings`` are the application's other units.

    What lasts beyond the pass goes to the ledger.
    """

    def __init__(
        self,
        wanted: Wanted,
        places: Places,
        env: Mapping[str, str],
        log: Log,
        own_addresses: Addresses = tuple,
        step: Step = lambda number, total: None,
        siblings: Siblings = ALONE,
    ) -> None:
        self.wanted = wanted
        self.places = places
        self.env = env
        self.log = log
        self.own_addresses = own_addresses
        self.step = step
        self.siblings = siblings
        self.ledger = Ledger(places.history)
        self.reader = Reader(places.facts)
        self.advice = Advice(places.renewal_info)
        self._checks = Checks(self.ledger, self._tell)
        self._machine: Machine | None = None
        self._told = 0
        self.has_changed_nothing = False  # of the lineages, so that ``reader`` is right

    @property
    def machine(self) -> Machine:
        if self._machine is None:
            from layer_lets_encrypt.passes.machine import Machine

            self._machine = Machine(self.wanted, self.places, self.env, self.log)
        return self._machine

    @property
    def _handing_over(self) -> HandingOver:
        return HandingOver(self.wanted, self.places, self.ledger, self.env, self.log)

    def run(
        self, renewing: bool, obstacle: AboutRequest, write_credentials: AboutRequest = _nothing
    ) -> bool:
        """Bring what is on disk to what is wanted, and the service to what is on disk.

        ``obstacle`` tells what in Juju keeps the unit from ordering a certificate, and
        ``write_credentials`` puts those of DNS-01 where certbot's plugin finds them; both are
        called only for what is to be ordered. Returns whether nothing is left to be ordered.
        Raises OSError if the ledger cannot be written, and ServiceError if the service does not
        come back from its stop.
        """
        with machine_lock():
            neighbours.claim(self.wanted.requests, self.places, self.ledger)
            earlier.settle_interrupted(self.wanted.requests, self.ledger, self.reader)
            self._handing_over.begin(self.reader)
            self._sweep_dns()
            self._keep_contact()
            if renewing:
                self.advice.refresh(self.wanted, self.reader, lambda: self.machine)
            decisions = self._take(self._decide(renewing), renewing)
            due = self._unclaimed([d for d in decisions if d.action == plan.ORDER])
            if due:
                self._check_and_order(due, renewing, obstacle, write_credentials)
                self.reader = self.reader.again()
            self._handing_over.run(self.reader, lambda: self.machine)
            if self.wanted.requests:
                neighbours.keep_package_timer(self.places, self.ledger.past)
            left = self._left(renewing, due) if due else _unfinished(decisions)
            kept = all(one.action == plan.KEEP for one in decisions)
            self.has_changed_nothing = kept and not self.wanted.delivery.wants_files
            self.reader.remember()
            return not left

    def _take(self, decisions: list[Decision], renewing: bool) -> list[Decision]:
        """Take what other units have ordered; return what is to be done then.

        What cannot be taken is ordered if this unit is the one that orders.
        """
        listed, due = (
            [one for one in decisions if one.action == kind] for kind in (plan.FETCH, plan.ORDER)
        )
        if not listed and not (due and self.siblings.is_new_leader):
            return decisions
        from layer_lets_encrypt.passes.taking import Taking

        taking = Taking(self.wanted, self.siblings, self.ledger, self._tell)
        failed = taking.take(listed, due, self.reader)
        self.reader = self.reader.again()
        shared = self.wanted.shared.without([one.request.lineage_name for one in listed])
        self.wanted, left = self.wanted._replace(shared=shared), self._decide(renewing)
        if not shared.leader:
            return left
        return self._checks.passed(left, lambda one: failed.get(one.request.lineage_name))

    def sweep(self) -> None:
        """Remove what nobody on this machine has wanted for long. Raises OSError."""
        from layer_lets_encrypt.certificates import removal

        with machine_lock():
            wanted = {request.lineage_name for request in self.wanted.requests}
            wanted |= set(claims.claims(self.places))
            swept = removal.sweep(self.ledger.past, wanted, time.time(), self.log)
            self.ledger.replace(swept.records)

    def _check_and_order(
        self,
        due: list[Decision],
        renewing: bool,
        obstacle: AboutRequest,
        write_credentials: AboutRequest,
    ) -> None:
        from layer_lets_encrypt.passes.readiness import Readiness

        readiness = Readiness(self.machine, self.ledger, self.own_addresses, self.siblings)
        due = self._checks.passed(
            due,
            lambda decision: stray.of_decision(decision, self.ledger.past),
            lambda decision: obstacle(decision.request),
            lambda decision: write_credentials(decision.request),
            readiness.certain_problem,
            self.machine.port_problem,
        )
        problem = (self.machine.obstacle() or readiness.open_account()) if due else None
        if problem is not None:
            self._checks.hinder(due, problem)
        else:
            self._order(self._still_due(due, renewing), readiness)

    def _still_due(self, due: Sequence[Decision], renewing: bool) -> list[Decision]:
        """Look again: another certbot may have been at work until now."""
        self.reader = self.reader.again()
        possible = {decision.request.lineage_name for decision in due}
        again = [one for one in self._survey(renewing) if one.action == plan.ORDER]
        return [decision for decision in again if decision.request.lineage_name in possible]

    def _order(self, due: Sequence[Decision], readiness: Readiness) -> None:
        from layer_lets_encrypt.passes.orders import Orders

        readiness.prepare(due)
        ready = self._checks.passed(readiness.doubted_last(due), readiness.problem)
        if ready:
            orders = Orders(self.machine, self.ledger, self.reader, self.log, self.step)
            orders.run(ready, readiness.apart)

    def _survey(self, renewing: bool) -> list[Decision]:
        now, advised = time.time(), self.advice.moment
        return survey(self.wanted, self.ledger.past, self.reader, now, renewing, advised)

    def _left(self, renewing: bool, due: Sequence[Decision]) -> list[Decision]:
        """Return what is still to be ordered after ``due`` was dealt with.

        A certificate that has just been replaced is not among it, though a clock that is far
        ahead may call it due again: it was asked for once.
        """
        before = {decision.request.lineage_name: decision.lineage.certificate for decision in due}
        return [
            decision
            for decision in self._survey(renewing)
            if decision.action != plan.KEEP
            and before.get(decision.request.lineage_name, decision.lineage.certificate)
            == decision.lineage.certificate
        ]

    def _decide(self, renewing: bool) -> list[Decision]:
        decisions = self._survey(renewing)
        for decision in _unfinished(decisions):
            self._tell(f"{decision.request.lineage_name}: {decision.reason}")
        earlier.forget_obstacles(decisions, renewing, self.ledger)
        return decisions

    def _unclaimed(self, due: list[Decision]) -> list[Decision]:
        """Return what no other unit of the machine claims for other names."""
        others = claims.claims(self.places) if due else {}
        return self._checks.passed(due, lambda decision: claims.conflict(decision.request, others))

    def _sweep_dns(self) -> None:
        if not dns_is_left(self.places) or not self.places.dns_configs():
            return
        if self.ledger.of(DNS).waits(DNS, time.time()):
            return
        if earlier.sweep_dns(self.places, self.machine.certbot_env(), self.ledger) is None:
            self.log("the DNS is clean again")

    def _keep_contact(self) -> None:
        server, past = self.wanted.account.server, self.ledger.past
        unknown = server not in past.contacts and accounts.exists(server)
        if unknown or contact_is_due(self.wanted, past):
            from layer_lets_encrypt.passes.registration import Registration

            Registration(self.machine, self.ledger).keep_contact()

    def _tell(self, text: str) -> None:
        """Log a line, but not thousands: each costs a process."""
        self._told += 1
        if self._told <= MOST_LINES:
            self.log(text)


def _unfinished(decisions: Sequence[Decision]) -> list[Decision]:
    return [decision for decision in decisions if decision.action != plan.KEEP]
