"""One pass over the wanted certificates: look, decide, order what is to be ordered, verify."""

import fcntl
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Mapping, Optional, Sequence

from layer_lets_encrypt import account as accounts
from layer_lets_encrypt import certbot, history, plan, repair
from layer_lets_encrypt.certbot import CertbotError
from layer_lets_encrypt.guard import Guard
from layer_lets_encrypt.history import CONTACT, SERVICE, Record
from layer_lets_encrypt.lineage import BROKEN, Lineage, Reader
from layer_lets_encrypt.machine import Machine
from layer_lets_encrypt.plan import Decision
from layer_lets_encrypt.problem import Problem, one_line
from layer_lets_encrypt.service import ServiceError
from layer_lets_encrypt.wanted import Places, Wanted, contact_is_due, survey, unloaded

MACHINE_LOCK = Path("/run/lock/layer-lets-encrypt.lock")

Log = Callable[[str], None]
Obstacle = Callable[[], Optional[Problem]]


class Pass:
    """One pass. ``env`` is the hook's environment; ``log`` takes lines for the unit's log.

    What lasts beyond the pass goes to the history.
    """

    def __init__(self, wanted: Wanted, places: Places, env: Mapping[str, str], log: Log) -> None:
        self.wanted = wanted
        self.places = places
        self.log = log
        self.machine = Machine(wanted, places, env, log)
        self.past = history.load(places.history)
        self.reader = Reader(places.facts)

    def run(self, renewing: bool, obstacle: Obstacle) -> None:
        """Bring what is on disk to what is wanted, and the service to what is on disk.

        ``obstacle`` tells what keeps the unit from ordering; it is asked only when something
        is to be ordered. Raises OSError where the history cannot be written: nothing was
        ordered then.
        """
        with _machine_lock():
            self._settle_interrupted()
            if contact_is_due(self.wanted, self.past):
                self._update_contact()
            decisions = survey(self.wanted, self.past, self.reader, time.time(), renewing)
            for decision in decisions:
                self.log(f"{decision.request.lineage}: {decision.reason}")
            self._forget_obstacles(decisions)
            due = [decision for decision in decisions if decision.action == plan.ORDER]
            problem = (obstacle() or self.machine.obstacle()) if due else None
            if problem is not None:
                self._hinder(due, problem)
            elif due:
                self._order_all(due)
            self._load()
            self.reader.remember()

    # What is remembered

    def _remember(self, name: str, record: Record) -> None:
        self.past.records[name] = record
        history.save(self.past, self.places.history)

    def _settle_interrupted(self) -> None:
        """Judge, by what is on disk, the attempts whose end nobody has seen."""
        for request in self.wanted.requests:
            record = self.past.of(request.lineage)
            if record.begun is None:
                continue
            found = self.reader.inspect(request.lineage)
            if found.holds(request.names) and _issued_since(found, record.begun):
                self._remember(request.lineage, record.succeeded(self.wanted.account.server))
            else:
                seen = Problem("interrupted", "the last attempt was interrupted")
                self._remember(request.lineage, record.failed(seen, time.time()))

    def _forget_obstacles(self, decisions: Sequence[Decision]) -> None:
        for decision in decisions:
            record = self.past.of(decision.request.lineage)
            if record.problem is not None and not record.failures:
                self._remember(decision.request.lineage, record.hindered(None))

    def _hinder(self, due: Sequence[Decision], problem: Problem) -> None:
        for decision in due:
            record = self.past.of(decision.request.lineage)
            if problem.category == "transient":  # the CA itself: ask ever more seldom
                record = record.begin(decision.asked, time.time()).failed(problem, time.time())
            else:
                record = record.hindered(problem)
            self._remember(decision.request.lineage, record)
        self.log(problem.detail)

    # The account's contact

    def _update_contact(self) -> None:
        """Give the account its new contact; spends no order."""
        account = self.wanted.account
        asked = history.digest(account.server, account.email)
        if self.past.of(CONTACT).waits(asked, time.time()):
            return
        self._remember(CONTACT, self.past.of(CONTACT).begin(asked, time.time()))
        try:
            self.machine.certbot(certbot.update_account_arguments(account))
        except CertbotError as error:
            seen = error.problem
            detail = one_line("the account's contact cannot be changed: " + seen.detail)
            problem = Problem(seen.category, detail, seen.retry_at)
            self._remember(CONTACT, self.past.of(CONTACT).failed(problem, time.time()))
            return
        self.past.records.pop(CONTACT, None)
        self._know_contact()

    def _know_contact(self) -> None:
        self.past.contacts[self.wanted.account.server] = self.wanted.account.email or ""
        history.save(self.past, self.places.history)

    # Orders

    def _order_all(self, due: Sequence[Decision]) -> None:
        """Order one after the other, within a single stop of the service where one is needed."""
        attempt = history.digest(os.getpid(), time.time())
        stopping = self.machine.service_to_stop()
        try:
            with Guard(self.places.journal, attempt, stopping) as guard:
                if stopping:
                    self.machine.stop_service()
                for decision in due:
                    problem = self._order(decision, attempt, guard)
                    if problem is not None and problem.category == "transient":
                        break  # it would be the same with the others
        except (ServiceError, subprocess.TimeoutExpired) as error:
            self._hinder(due, Problem("blocked", one_line(str(error))))
            return
        if stopping:
            self._know_loaded()

    def _order(self, decision: Decision, attempt: str, guard: Guard) -> Optional[Problem]:
        """Order one certificate and remember how it went; return what went wrong, if anything."""
        name = decision.request.lineage
        self._remember(name, self.past.of(name).begin(decision.asked, time.time()))
        if decision.lineage.state == BROKEN:
            moves = repair.moves_aside(name, time.time())
            guard.moving(moves)
            repair.move(moves)
        is_new_account = not accounts.exists(self.wanted.account.server)
        problem = self._certonly(decision, attempt, guard)
        if is_new_account and accounts.exists(self.wanted.account.server):
            self._know_contact()
        found = self.reader.inspect(name)
        guard.settle()
        if found.holds(decision.request.names) and found.found != decision.lineage.found:
            self._remember(name, self.past.of(name).succeeded(self.wanted.account.server))
            self.log(f"{name}: there is a new certificate")
            return None
        problem = problem or Problem(
            "configuration", "certbot reported success, but did not save what was asked"
        )
        self._remember(name, self.past.of(name).failed(problem, time.time()))
        self.log(f"{name}: {problem.detail}")
        return problem

    def _certonly(self, decision: Decision, attempt: str, guard: Guard) -> Optional[Problem]:
        arguments = certbot.certonly_arguments(
            decision.request.lineage,
            decision.request.names,
            self.wanted.account,
            self.wanted.challenge,
            replace=decision.lineage.usable,
        )
        try:
            self.machine.certbot(arguments, attempt, guard.keep)
        except CertbotError as error:
            return error.problem
        return None

    # The service

    def _load(self) -> None:
        """Make the service load what it has not loaded yet."""
        if not unloaded(self.wanted, self.past, self.reader):
            return
        problem = self.machine.reload_service()
        if problem is not None:
            self._remember(SERVICE, Record(problem=problem))
        else:
            self._know_loaded()

    def _know_loaded(self) -> None:
        self.past.records.pop(SERVICE, None)
        self.past.loaded = unloaded(self.wanted, history.History(), self.reader)
        history.save(self.past, self.places.history)


def _issued_since(found: Lineage, moment: float) -> bool:
    # CAs date certificates back, Let's Encrypt by an hour.
    return found.found is not None and found.found.not_before >= moment - 2 * 3600


@contextmanager
def _machine_lock() -> Iterator[None]:
    MACHINE_LOCK.parent.mkdir(parents=True, exist_ok=True)
    with open(str(MACHINE_LOCK), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
