"""One order: certbot run for one certificate, and what is on disk compared with what was asked."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable

from layer_lets_encrypt.ca import arguments as certbot_arguments
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import repair, stray
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine import os_errors
from layer_lets_encrypt.passes import handover, proofs
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules import tenant_words
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.facts import ABSENT, BROKEN, Lineage
from layer_lets_encrypt.rules.plan import Decision, format_utc
from layer_lets_encrypt.rules.problem import Problem, bounded, one_line
from layer_lets_encrypt.rules.records import Record
from layer_lets_encrypt.rules.request import SERVERS
from layer_lets_encrypt.web.guard import Guard

POINTLESS = ("transient", "local")  # failures that need not be the order's own

Tick = Callable[[], None]


class OneOrder:
    """Carries out single orders under a ``guard``."""

    def __init__(
        self, machine: Machine, ledger: Ledger, reader: Reader, attempt: str, guard: Guard
    ) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.places = machine.places
        self.ledger = ledger
        self.reader = reader
        self.attempt = attempt
        self.guard = guard

    def run(self, decision: Decision, on_tick: Tick, rehearsing: Tick) -> Problem | None:
        """Order one certificate; return what went wrong, None if it is on disk.

        ``on_tick`` is called while certbot works, ``rehearsing`` while it does so on staging. A
        file that is in the way costs no other certificate.
        """
        try:
            problem = self._order(decision, on_tick, rehearsing)
            return tenant_words.told(problem, decision.request)
        except OSError as error:
            if os_errors.is_of_machine(error):
                raise
            return Problem("blocked", os_errors.words(error))

    def _order(self, decision: Decision, on_tick: Tick, rehearsing: Tick) -> Problem | None:
        name = decision.request.lineage_name
        if decision.lineage.state == BROKEN or self._past(decision).stray:
            moves = repair.moves_aside(name, time.time())
            self.guard.moving(moves)
            repair.move(moves)
        problem = self._rehearse(decision, rehearsing) or self._certonly(decision, on_tick)
        if proofs.are_needed(decision.request, problem):
            problem = self._one_by_one(decision, on_tick)
        found = self.reader.inspect_again(name)
        is_saved = found.certificate != decision.lineage.certificate
        if decision.lineage.usable and not found.usable and is_saved:
            repair.step_back(name, time.time())  # before the service is to load it
            detail = one_line(f"what the CA sent cannot be used: {found.fault}")
            problem = problem or Problem("configuration", detail)
            found = self.reader.inspect_again(name)
        self.guard.settle()
        if (
            found.holds(decision.request.names)
            and found.certificate != decision.lineage.certificate
        ):
            return _of_clock(found)  # whatever certbot's exit status was
        return (
            self._stray_problem(decision)
            or problem
            or Problem("configuration", "certbot reported success, but did not save what was asked")
        )

    def _stray_problem(self, decision: Decision) -> Problem | None:
        """Return what is to be done where certbot has made another lineage instead of ours."""
        name, names, record = (
            decision.request.lineage_name,
            decision.request.names,
            self._past(decision),
        )
        made = stray.new_one(name, names, record.numbered)
        if made:
            self.ledger.record(name, replace(record, stray=made))
        return stray.problem(name, made)

    def _rehearse(self, decision: Decision, on_tick: Tick) -> Problem | None:
        """After a failed validation, try on the CA's staging side first; return what fails there.

        The stateless challenge is left out: its answers are those of the production account.
        """
        server, challenge = self.wanted.account.server, self._challenge(decision)
        if not self._past(decision).suspect or server != SERVERS["production"]:
            return None
        if challenge.wants_thumbprint:
            return None
        words, account = self._challenge_arguments(decision), self.wanted.account
        known = self._known(SERVERS["staging"])
        arguments = certbot_arguments.rehearsal(decision.request, account, words, known)
        try:
            self.machine.certbot(arguments, self.attempt, on_tick, handover.TICK)
        except CertbotError as error:
            if error.problem.category in POINTLESS:
                return None  # staging is not there, which says nothing
            detail = bounded(error.problem.detail, error.problem.remedy, "on staging: ")
            return replace(error.problem, detail=detail)
        return None

    def _one_by_one(self, decision: Decision, on_tick: Tick) -> Problem | None:
        """Order names that are proven one by one, if the CA remembers proofs.

        Whether it does is found out once.
        """
        request, server = decision.request, self.wanted.account.server
        if not self._past(decision).forgetful:
            words, known = self._challenge_arguments(decision), self._known(server)
            problem = proofs.make(self.machine, request, words, known, self.attempt, on_tick)
            problem = problem or self._certonly(decision, on_tick)
            if not proofs.are_needed(request, problem):
                return problem
            self.ledger.record(request.lineage_name, replace(self._past(decision), forgetful=True))
        return proofs.hopeless(request)

    def _certonly(self, decision: Decision, on_tick: Tick) -> Problem | None:
        account, name = self.wanted.account, decision.request.lineage_name
        arguments = certbot_arguments.certonly(
            decision.request,
            account,
            self._challenge_arguments(decision),
            before=Lineage(name, ABSENT) if self._past(decision).stray else decision.lineage,
            account_id=self._known(account.server),
        )
        is_new_account = not accounts.exists(account.server)
        try:
            self.machine.certbot(arguments, self.attempt, on_tick, handover.TICK)
        except CertbotError as error:
            return error.problem
        finally:
            if is_new_account and accounts.exists(account.server):
                self.ledger.contact(account.server, account.email or "")
        return None

    def _known(self, server: str) -> str:
        """Return what certbot calls the account with the CA at ``server``, "" for none."""
        found = accounts.used(server, self.ledger.past)
        return found.identifier if found else ""

    def _challenge_arguments(self, decision: Decision) -> list[str]:
        """Return what certbot is told of the challenge."""
        config = str(self.places.dns_config(decision.request))
        return self._challenge(decision).certbot_arguments(self.wanted.webroot, config)

    def _past(self, decision: Decision) -> Record:
        return self.ledger.of(decision.request.lineage_name)

    def _challenge(self, decision: Decision) -> Challenge:
        return self.wanted.challenge_of(decision.request)


def _of_clock(new: Lineage) -> Problem | None:
    """Return what is wrong with this machine's clock if a new certificate has expired by it.

    Without this, it would be ordered again in each pass.
    """
    now = time.time()
    if new.certificate is None or not new.certificate.expired(now):
        return None
    detail = f"by the unit's clock, {format_utc(now)}, the new certificate has expired"
    return Problem("configuration", detail, remedy="set the clock")
