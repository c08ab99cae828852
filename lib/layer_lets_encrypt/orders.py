"""The orders of one pass: within a single stop of the service, each verified on disk."""

import os
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import Callable, Iterator, List, Optional, Sequence

from layer_lets_encrypt import account as accounts
from layer_lets_encrypt import certbot, handover, history, os_errors, proofs, repair, stray
from layer_lets_encrypt.certbot import CertbotError
from layer_lets_encrypt.challenge import Challenge
from layer_lets_encrypt.guard import Guard
from layer_lets_encrypt.handover import Handover
from layer_lets_encrypt.history import History, Record
from layer_lets_encrypt.lineage import ABSENT, BROKEN, Lineage, Reader
from layer_lets_encrypt.machine import Machine
from layer_lets_encrypt.plan import Decision, moment
from layer_lets_encrypt.problem import Problem, bounded, one_line
from layer_lets_encrypt.request import SERVERS
from layer_lets_encrypt.service import ServiceError

POINTLESS = ("transient", "local")
MOST_TRANSIENT = 3  # failures in one pass that may be anybody's


class Orders:
    """Carries out decisions to order; ``past`` is kept up to date, in memory and on disk."""

    def __init__(
        self, machine: Machine, past: History, reader: Reader, log: Callable[[str], None]
    ) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.places = machine.places
        self.past = past
        self.reader = reader
        self.log = log
        self._transient = 0  # failures that named nobody

    def run(self, due: Sequence[Decision]) -> None:
        """Order one after the other; those that need the service's port come first.

        Raises OSError where an attempt cannot be written down (it is not made then), and
        ServiceError where the service does not come back from its stop.
        """
        attempt = history.digest(os.getpid(), time.time())
        takers = [decision for decision in due if self._challenge(decision).takes_port_80]
        others = [decision for decision in due if decision not in takers]
        stopping = self.machine.service_to_stop() if takers else ""
        with self._speaking_later(), self.machine.one_start(attempt), Guard(
            self.places.journal, attempt, stopping
        ) as guard:
            if stopping and not self._stop(stopping, takers):
                takers = []
                guard.start_service()  # it may be down all the same
            self._order_all([*takers, *others], attempt, guard, takers[-1:])

    def _challenge(self, decision: Decision) -> Challenge:
        return self.wanted.challenge_of(decision.request)

    def _words(self, decision: Decision) -> List[str]:
        """Return what certbot is told of the challenge."""
        config = str(self.places.dns_config(decision.request))
        return self._challenge(decision).certbot_arguments(self.wanted.webroot, config)

    @contextmanager
    def _speaking_later(self) -> Iterator[None]:
        """Hold the log back: each line costs a process, and the service may be down meanwhile."""
        spoken: List[str] = []
        log, self.log, self.machine.log = self.log, spoken.append, spoken.append
        try:
            yield
        finally:
            self.log = self.machine.log = log
            for line in spoken:
                log(line)

    def _stop(self, name: str, due: Sequence[Decision]) -> bool:
        """Stop the service; where that fails, it counts as a failure of all that is due."""
        try:
            self.machine.stop_service(name)
        except ServiceError as error:
            for decision in due:
                self._fail(decision, Problem("local", one_line(str(error))))
            return False
        return True

    def _order_all(
        self, due: Sequence[Decision], attempt: str, guard: Guard, last: Sequence[Decision]
    ) -> None:
        """Order what is due; after the ``last`` that needs the port the service is started."""
        for decision in due:
            self._begin(decision)
            on_tick = Handover(guard).keep if decision in last else guard.keep
            problem = self._try(decision, attempt, guard, on_tick)
            if decision in last:
                guard.start_service()
            if problem is None:
                self._remember(decision, self._past(decision).succeeded())
                self.log(f"{decision.request.lineage}: there is a new certificate")
                continue
            self._fail(decision, problem)
            if self._speaks_for_all(problem):
                return

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
        on_disk = decision.lineage.found
        numbered = stray.numbered(decision.request.lineage)
        begun = self._past(decision).begin(decision.asked, time.time(), decision.advised)
        self._remember(decision, begun.finding(on_disk.serial if on_disk else "", numbered))

    def _try(
        self, decision: Decision, attempt: str, guard: Guard, on_tick: Callable[[], None]
    ) -> Optional[Problem]:
        """Order one certificate as _order() does; a file that is in the way costs no other one."""
        try:
            return self._order(decision, attempt, guard, on_tick)
        except OSError as error:
            if os_errors.is_of_machine(error):
                raise
            return Problem("blocked", os_errors.words(error))

    def _order(
        self, decision: Decision, attempt: str, guard: Guard, on_tick: Callable[[], None]
    ) -> Optional[Problem]:
        """Order one certificate; return what went wrong, None where it is on disk."""
        name = decision.request.lineage
        if decision.lineage.state == BROKEN or self._past(decision).stray:
            moves = repair.moves_aside(name, time.time())
            guard.moving(moves)
            repair.move(moves)
        problem = self._rehearse(decision, attempt, guard.keep) or self._certonly(
            decision, attempt, on_tick
        )
        if proofs.are_needed(decision.request, problem):
            problem = self._one_by_one(decision, attempt, on_tick)
        found = self.reader.inspect_again(name)
        is_saved = found.found != decision.lineage.found
        if decision.lineage.usable and not found.usable and is_saved:
            repair.step_back(name, time.time())  # before the service is to load it
            detail = one_line(f"what the CA sent cannot be used: {found.fault}")
            problem = problem or Problem("configuration", detail)
            found = self.reader.inspect_again(name)
        guard.settle()
        if found.holds(decision.request.names) and found.found != decision.lineage.found:
            return _of_clock(found)  # whatever certbot's exit status was
        return self._stray_problem(decision) or problem or Problem(
            "configuration", "certbot reported success, but did not save what was asked"
        )

    def _stray_problem(self, decision: Decision) -> Optional[Problem]:
        """Return what is to be done where certbot has made another lineage instead of ours."""
        name, names, record = decision.request.lineage, decision.request.names, self._past(decision)
        made = stray.new_one(name, names, record.numbered)
        if made:
            self._remember(decision, replace(record, stray=made))
        return stray.problem(name, made)

    def _rehearse(
        self, decision: Decision, attempt: str, on_tick: Callable[[], None]
    ) -> Optional[Problem]:
        """After a failed validation, try on the CA's staging side first; return what fails there.

        The stateless challenge is left out: its answers are those of the production account.
        """
        server, challenge = self.wanted.account.server, self._challenge(decision)
        if not self._past(decision).suspect or server != SERVERS["production"]:
            return None
        if challenge.wants_thumbprint:
            return None
        words, account = self._words(decision), self.wanted.account
        known = self._known(SERVERS["staging"])
        arguments = certbot.rehearsal_arguments(decision.request, account, words, known)
        try:
            self.machine.certbot(arguments, attempt, on_tick, handover.TICK)
        except CertbotError as error:
            if error.problem.category in POINTLESS:
                return None  # staging is not there, which says nothing
            detail = bounded(error.problem.detail, error.problem.remedy, "on staging: ")
            return replace(error.problem, detail=detail)
        return None

    def _one_by_one(
        self, decision: Decision, attempt: str, on_tick: Callable[[], None]
    ) -> Optional[Problem]:
        """Order names that are proven one by one, if the CA remembers proofs.

        Whether it does is found out once.
        """
        request, server = decision.request, self.wanted.account.server
        if not self._past(decision).forgetful:
            words, known = self._words(decision), self._known(server)
            problem = proofs.make(self.machine, request, words, known, attempt, on_tick)
            problem = problem or self._certonly(decision, attempt, on_tick)
            if not proofs.are_needed(request, problem):
                return problem
            self._remember(decision, replace(self._past(decision), forgetful=True))
        return proofs.hopeless(request)

    def _certonly(
        self, decision: Decision, attempt: str, on_tick: Callable[[], None]
    ) -> Optional[Problem]:
        account, name = self.wanted.account, decision.request.lineage
        arguments = certbot.certonly_arguments(
            decision.request,
            account,
            self._words(decision),
            before=Lineage(name, ABSENT) if self._past(decision).stray else decision.lineage,
            known=self._known(account.server),
        )
        is_new_account = not accounts.exists(account.server)
        try:
            self.machine.certbot(arguments, attempt, on_tick, handover.TICK)
        except CertbotError as error:
            return error.problem
        finally:
            if is_new_account and accounts.exists(account.server):
                self.past.contacts[account.server] = account.email or ""
        return None

    def _known(self, server: str) -> str:
        """Return what certbot calls the account with the CA at ``server``, "" for none."""
        found = accounts.registered(server, self.past.accounts.get(server, ""))
        return found.identifier if found else ""

    def _past(self, decision: Decision) -> Record:
        return self.past.of(decision.request.lineage)

    def _fail(self, decision: Decision, problem: Problem) -> None:
        record = self._past(decision)
        if record.begun is None:
            record = record.begin(decision.asked, time.time())
        self._remember(decision, record.failed(problem, time.time()))
        self.log(f"{decision.request.lineage}: {problem.text}")

    def _remember(self, decision: Decision, record: Record) -> None:
        history.remember(self.past, self.places.history, decision.request.lineage, record)


def _of_clock(new: Lineage) -> Optional[Problem]:
    """Return what is wrong with this machine's clock if a new certificate has expired by it.

    Without this, it would be ordered anew in each pass.
    """
    now = time.time()
    if new.found is None or not new.found.expired(now):
        return None
    detail = f"by the unit's clock, {moment(now)}, the new certificate has expired"
    return Problem("configuration", detail, remedy="set the clock")
