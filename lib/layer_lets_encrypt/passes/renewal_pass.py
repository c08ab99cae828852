"""One pass over the wanted certificates: look, decide, order what is to be ordered, verify.

Most passes find nothing to do: what only acts is imported by the function that acts.
"""

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, List, Mapping, Optional, Sequence

from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import claims, ledger, stray
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine import os_errors
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.advice import Advice
from layer_lets_encrypt.passes.handing_over import HandingOver
from layer_lets_encrypt.passes.survey import contact_is_due, dns_is_left, survey
from layer_lets_encrypt.rules import plan
from layer_lets_encrypt.rules.dns_rounds import PROOF
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import OBSTACLES, Problem
from layer_lets_encrypt.rules.records import DNS, Record
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

if TYPE_CHECKING:
    from layer_lets_encrypt.passes.machine import Machine
    from layer_lets_encrypt.web.doubts import Addresses

MACHINE_LOCK = Path("/run/layer-lets-encrypt.lock")

MOST_LINES = 50

Log = Callable[[str], None]
Obstacle = Callable[[Request], Optional[Problem]]


class Pass:
    """One pass. ``env`` is the hook's environment; ``log`` takes lines for the unit's log;
    ``own_addresses`` tells those of the unit.

    What lasts beyond the pass goes to the history.
    """

    def __init__(
        self,
        wanted: Wanted,
        places: Places,
        env: Mapping[str, str],
        log: Log,
        own_addresses: "Addresses" = tuple,
    ) -> None:
        self.wanted = wanted
        self.places = places
        self.env = env
        self.log = log
        self.own_addresses = own_addresses
        self.past = ledger.load(places.history)
        self.reader = Reader(places.facts)
        self.advice = Advice(places.renewal_info)
        self._machine: Optional[Machine] = None
        self._is_saved = True
        self._told = 0

    @property
    def machine(self) -> "Machine":
        if self._machine is None:
            from layer_lets_encrypt.passes.machine import Machine

            self._machine = Machine(self.wanted, self.places, self.env, self.log)
        return self._machine

    @property
    def _handing_over(self) -> HandingOver:
        return HandingOver(self.wanted, self.places, self.past, self.env, self.log)

    def run(self, renewing: bool, obstacle: Obstacle) -> bool:
        """Bring what is on disk to what is wanted, and the service to what is on disk.

        ``obstacle`` tells what keeps the unit from ordering a certificate; it is asked only
        where one is to be ordered. Returns whether nothing is left to be ordered. Raises OSError
        where the history cannot be written, and ServiceError where the service does not come
        back from its stop.
        """
        with _machine_lock():
            self._claim()
            self._settle_interrupted()
            self._handing_over.begin(self.reader)
            self._sweep_dns()
            self._keep_contact()
            if renewing:
                self.advice.refresh(self.wanted, self.reader, lambda: self.machine)
            decisions = self._decide(renewing)
            due = self._unclaimed([d for d in decisions if d.action == plan.ORDER])
            if due:
                self._order(due, renewing, obstacle)
                self.reader = self.reader.again()
            self._save()
            self._handing_over.run(self.reader, lambda: self.machine)
            self._keep_scheduler()
            left = self._left(renewing, due) if due else _unfinished(decisions)
            self.reader.remember()
            return not left

    def sweep(self) -> None:
        """Remove what nobody on this machine has wanted for long. Raises OSError."""
        from layer_lets_encrypt.certificates import removal

        with _machine_lock():
            wanted = {request.lineage for request in self.wanted.requests}
            wanted |= set(claims.claims(self.places))
            swept = removal.sweep(self.past, wanted, time.time(), self.log)
            ledger.save(swept, self.places.history)

    def _order(self, due: List[Decision], renewing: bool, obstacle: Obstacle) -> None:
        from layer_lets_encrypt.passes.orders import Orders
        from layer_lets_encrypt.passes.readiness import Readiness

        readiness = Readiness(self.machine, self.past, self.own_addresses)
        due = self._without_problems(due, self._stray_problem)
        due = self._without_problems(due, lambda decision: obstacle(decision.request))
        due = self._without_problems(due, readiness.certain_problem)
        due = self._without_problems(due, self.machine.port_problem)
        problem = (self.machine.obstacle() or readiness.open_account()) if due else None
        if problem is not None:
            self._hinder(due, problem)
            return
        # Looked at again: another certbot may have been waited for meanwhile.
        self.reader = self.reader.again()
        possible = {decision.request.lineage for decision in due}
        again = [d for d in self._survey(renewing) if d.request.lineage in possible]
        still = [decision for decision in again if decision.action == plan.ORDER]
        readiness.prepare(still)
        ready = self._without_problems(readiness.doubted_last(still), readiness.problem)
        self._save()
        if ready:
            Orders(self.machine, self.past, self.reader, self.log).run(ready, readiness.apart)

    def _without_problems(
        self, due: Sequence[Decision], look: Callable[[Decision], Optional[Problem]]
    ) -> List[Decision]:
        """Return what nothing speaks against; what speaks against the others is remembered."""
        free = []
        for decision in due:
            try:
                problem = look(decision)
            except OSError as error:
                if os_errors.is_of_machine(error):
                    raise
                problem = Problem("blocked", os_errors.words(error))
            if problem is None:
                free.append(decision)
            else:
                self._hinder([decision], problem)
        return free

    def _stray_problem(self, decision: Decision) -> Optional[Problem]:
        """Return why certbot would save the certificate under another name once more."""
        name = decision.request.lineage
        return stray.problem(name, self.past.of(name).stray)

    def _survey(self, renewing: bool) -> List[Decision]:
        now, advised = time.time(), self.advice.moment
        return survey(self.wanted, self.past, self.reader, now, renewing, advised)

    def _left(self, renewing: bool, due: Sequence[Decision]) -> List[Decision]:
        """Return what is still to be ordered after ``due`` was dealt with.

        A certificate that has just been replaced is not among it, though a clock that is far
        ahead may call it due again: it was asked for once.
        """
        before = {decision.request.lineage: decision.lineage.found for decision in due}
        return [
            decision
            for decision in self._survey(renewing)
            if decision.action != plan.KEEP
            and before.get(decision.request.lineage, decision.lineage.found)
            == decision.lineage.found
        ]

    def _decide(self, renewing: bool) -> List[Decision]:
        decisions = self._survey(renewing)
        for decision in _unfinished(decisions):
            self._tell(f"{decision.request.lineage}: {decision.reason}")
        self._forget_obstacles(decisions, renewing)
        return decisions

    def _unclaimed(self, due: List[Decision]) -> List[Decision]:
        """Return what no other unit of the machine claims for other names."""
        others = claims.claims(self.places) if due else {}
        return self._without_problems(
            due, lambda decision: claims.conflict(decision.request, others)
        )

    def _sweep_dns(self) -> None:
        """Remove from the DNS what a killed order left there; ever more seldom if that fails."""
        record = self.past.of(DNS)
        if not dns_is_left(self.places) or record.waits(DNS, time.time()):
            return
        from layer_lets_encrypt.dns import plugin as dns_plugin

        env, problem = self.machine.certbot_env(), None
        for config in self.places.dns_configs():
            problem = dns_plugin.sweep(config, env)
            if problem is None:
                self.past.records.pop(DNS, None)
                self._is_saved = False
                self.log("the DNS is clean again")
                return
        if problem is not None:
            self._remember(DNS, record.begin(DNS, time.time()).failed(problem, time.time()))

    def _keep_contact(self) -> None:
        server = self.wanted.account.server
        unknown = server not in self.past.contacts and accounts.exists(server)
        if unknown or contact_is_due(self.wanted, self.past):
            from layer_lets_encrypt.passes.registration import Registration

            Registration(self.machine, self.past).keep_contact()

    # What is remembered

    def _remember(self, name: str, record: Record) -> None:
        """Keep a record; it is on disk after _save(), before anything is ordered."""
        self.past.records[name] = record
        self._is_saved = False

    def _save(self) -> None:
        if not self._is_saved:
            ledger.save(self.past, self.places.history)
        self._is_saved = True

    def _claim(self) -> None:
        """Tell the machine's other units which lineages are ours; first come, first served."""
        others = claims.claims(self.places)
        ours = {
            request.lineage: sorted(request.names)
            for request in self.wanted.requests
            if claims.conflict(request, others) is None
        }
        if self.past.claims != ours:
            self.past.claims = ours
            ledger.save(self.past, self.places.history)

    def _settle_interrupted(self) -> None:
        """Judge, by what is on disk, the attempts whose end nobody has seen."""
        for request in self.wanted.requests:
            record = self.past.of(request.lineage)
            if record.begun is None:
                continue
            found = self.reader.inspect(request.lineage)
            if found.holds(request.names) and found.found and record.brought(found.found.serial):
                self._remember(request.lineage, record.succeeded())
            else:
                made = stray.new_one(request.lineage, request.names, record.numbered)
                seen = Problem("interrupted", "the last attempt was interrupted")
                record = replace(record, stray=made or record.stray).failed(seen, time.time())
                self._remember(request.lineage, record)

    def _forget_obstacles(self, decisions: Sequence[Decision], renewing: bool) -> None:
        """Forget what hindered before, and failures of what proves to be in order."""
        for decision in decisions:
            record = self.past.of(decision.request.lineage)
            if record.problem is not None and not record.failures:
                self._remember(decision.request.lineage, record.hindered(None))
            elif record.failures and renewing and decision.action == plan.KEEP:
                self._remember(decision.request.lineage, record.settled())

    def _hinder(self, due: Sequence[Decision], problem: Problem) -> None:
        """Remember why nothing could be ordered; a CA that was asked is asked ever more seldom."""
        now = time.time()
        for decision in due:
            record = self.past.of(decision.request.lineage)
            if problem.category == "unready":
                record = record.doubted(decision.asked, problem, now)
            elif problem.category in OBSTACLES:
                record = record.about(decision.asked).hindered(problem)
            else:
                record = record.begin(decision.asked, now)
                record = record.failed(problem, now, decision.longest_wait)
            self._remember(decision.request.lineage, record)
        self._tell(problem.text)

    def _tell(self, text: str) -> None:
        """Log a line, but not thousands: each costs a process."""
        self._told += 1
        if self._told <= MOST_LINES:
            self.log(text)

    # The machine

    def _keep_scheduler(self) -> None:
        """Leave renewing to this layer alone, where nobody else keeps certificates here."""
        if self.wanted.requests:
            from layer_lets_encrypt.machine import package_timer

            kept = {*self.past.claims, *self.past.lineages, *claims.kept(self.places)}
            kept |= {name + PROOF for name in kept}
            package_timer.keep(kept, self.places.scheduler)


def _unfinished(decisions: Sequence[Decision]) -> List[Decision]:
    return [decision for decision in decisions if decision.action != plan.KEEP]


@contextmanager
def _machine_lock() -> Iterator[None]:
    lock = os.open(str(MACHINE_LOCK), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
