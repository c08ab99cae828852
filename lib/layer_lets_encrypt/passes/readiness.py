"""Whether a challenge would succeed now; makes the service ready to answer it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Iterator, Sequence

from layer_lets_encrypt.certificates.account import Registered
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.dns import packages as dns_packages
from layer_lets_encrypt.dns import plugin as dns_plugin
from layer_lets_encrypt.dns import preflight
from layer_lets_encrypt.dns.lookup import LookupFailed, Lookups
from layer_lets_encrypt.machine.deadline import Budget
from layer_lets_encrypt.passes import answering
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.passes.registration import Registration
from layer_lets_encrypt.passes.siblings import ALONE, Siblings
from layer_lets_encrypt.rules import unit_modes
from layer_lets_encrypt.rules.caa import Applicant
from layer_lets_encrypt.rules.challenge import STATELESS, Challenge
from layer_lets_encrypt.rules.plan import Decision, format_utc
from layer_lets_encrypt.rules.printable import few
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.renewal import DAY
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.web import processes, self_check
from layer_lets_encrypt.web.doubts import Addresses, Doubts
from layer_lets_encrypt.web.self_check import Expected, SelfCheck

BUDGET = 12  # seconds for all that a pass looks at before it orders
DOUBT_DELAY = 600  # seconds for which a doubt delays an order
FEW, MAX_UNIT = 3, 40  # units in a doubt, and characters of each


class Readiness:
    """Looks at what is to be ordered, within a budget; ``own`` tells the unit's addresses, and
    ``siblings`` are the units that the CA may ask instead."""

    def __init__(
        self, machine: Machine, ledger: Ledger, own: Addresses, siblings: Siblings = ALONE
    ) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.ledger = ledger
        self._own = own
        self._siblings = siblings
        self._budget = Budget(BUDGET)
        self._lookups = Lookups(self._budget)
        self._doubts: Doubts | None = None
        self.apart: set[str] = set()  # lineages that are doubted, and ordered nevertheless
        self._registration = Registration(machine, ledger)
        self._account: Registered | None = self._registration.found()
        # Whether the CAA records of certain_problem() could be compared with the account
        self._knew_account = self._account is not None
        self._stateless = False
        self._service_problem: Problem | None = None
        self._dns_problems: dict[Path, Problem | None] = {}

    def open_account(self) -> Problem | None:
        """Open the account if there is none; nothing has been stopped or ordered before."""
        problem = self._registration.open()
        self._account = self._registration.found()
        return problem

    def prepare(self, due: Sequence[Decision]) -> None:
        """Make the service answer challenges, and install what DNS-01 needs, where one wants that.

        A reload that did not happen is made up for in the next pass.
        """
        began = time.monotonic()
        self._install_for_dns([decision.request for decision in due])
        self._budget.extend(time.monotonic() - began)
        public = preflight.is_on_the_internet(self.wanted.account.server)
        check = SelfCheck(self._lookups, self._budget, public)
        doubts = self._doubts = Doubts(self._lookups, check, self._own)
        challenges = [self.wanted.challenge_of(decision.request) for decision in due]
        answered = [challenge for challenge in challenges if challenge.wants_service]
        account = self._account
        if not answered or account is None:
            return
        # What answers statelessly answers for files, too: the texts are the same.
        self._stateless = any(challenge.wants_thumbprint for challenge in answered)
        chosen = STATELESS if self._stateless else answered[0]
        included = answering.include(self.machine, self.ledger, chosen, account.thumbprint)
        self._service_problem = included.problem
        if included.is_new:
            doubts.reloaded()

    def _install_for_dns(self, due: Sequence[Request]) -> None:
        for request in due:
            config = self.machine.places.dns_config(request)
            if self.wanted.challenge_of(request).wants_dns and config not in self._dns_problems:
                env = self.machine.certbot_env()
                self._dns_problems[config] = dns_packages.ensure(config, env)

    def doubted_last(self, due: Sequence[Decision]) -> list[Decision]:
        """Return what is due, with what was doubted before at the end: it may use up the time."""
        return sorted(due, key=self._was_doubted)

    def _was_doubted(self, decision: Decision) -> bool:
        return self.ledger.of(decision.request.lineage_name).unready_since is not None

    def certain_problem(self, decision: Decision) -> Problem | None:
        """Return why the CA would refuse this order, None if nothing is certain.

        Of a private CA more is known once its directory has been fetched.
        """
        return self._certain(decision.request)

    def _certain(self, request: Request) -> Problem | None:
        challenge = self.wanted.challenge_of(request)
        server, directory = self.wanted.account.server, self.machine.directory
        account = self._account
        return preflight.certain_problem(
            request, Applicant(challenge.method, account.uri if account else ""), server, directory,
            self._lookups, self.wanted.soft_checks,
        )  # fmt: skip

    def _certain_by_now(self, decision: Decision) -> Problem | None:
        """Return what is certain now that the directory is known, and the account."""
        if self.wanted.account.server in preflight.PUBLIC and self._knew_account:
            return None
        return self.certain_problem(decision)

    def problem(self, decision: Decision) -> Problem | None:
        """Return what speaks against this order, None if nothing does.

        A doubt counts for ten minutes, and not at all if the operator says so. What the budget
        is spent for is ordered without a look: the CA says what is wrong with it, and those that
        have used the time up cannot hold up the others.
        """
        request, challenge = decision.request, self.wanted.challenge_of(decision.request)
        certain = self.machine.profile_problem(request) or self._certain_by_now(decision)
        if certain is not None:
            return certain
        if challenge.wants_dns:
            return self._dns_problem(request)
        if challenge.wants_service and self._service_problem is not None:
            return self._service_problem
        if not self.wanted.soft_checks or self._budget.spent:
            return None
        seen = self._of_units(request, challenge, self._doubts)
        is_doubt = seen is not None and seen.category == "unready"
        return self._for_a_while(decision, seen) if seen and is_doubt else seen

    def doubt(self, request: Request) -> Problem | None:
        """Return what speaks against an order now; nothing is prepared for one."""
        server, challenge = self.wanted.account.server, self.wanted.challenge_of(request)
        certain = self._certain(request)
        if certain is not None or challenge.wants_dns or not self.wanted.soft_checks:
            return certain
        check = SelfCheck(self._lookups, self._budget, preflight.is_on_the_internet(server))
        return self._of_units(request, challenge, Doubts(self._lookups, check, self._own))

    def _of_units(
        self, request: Request, challenge: Challenge, doubts: Doubts | None
    ) -> Problem | None:
        """Return why the CA may not get its answer from the unit that it asks."""
        elsewhere = None if request.is_of_unit else self._elsewhere(request, challenge)
        if elsewhere is not None:
            return elsewhere
        with self._expectation(challenge) as expected:
            if expected is None or doubts is None:
                return None
            doubt = doubts.problem(request, expected)
        return doubt or (None if request.is_of_unit else self._silence(challenge))

    def _elsewhere(self, request: Request, challenge: Challenge) -> Problem | None:
        """Return which name leads to another unit, which could not answer, None for no such."""
        others = self._siblings.others() if not challenge.wants_thumbprint else ()
        if not others:
            return None
        own = set(self._own())
        for name in request.names:
            try:
                found = self._lookups.addresses(name)
            except LookupFailed:
                continue  # which is a doubt
            problem = unit_modes.reach_problem(challenge, found, own, others)
            if problem is not None:
                return replace(problem, name=name)
        return None

    def _silence(self, challenge: Challenge) -> Problem | None:
        """Return which units have not said that they answer, too, None for none."""
        if not challenge.wants_thumbprint or self._account is None:
            return None
        silent = self._siblings.silent(self._account.thumbprint)
        if not silent:
            return None
        detail = f"{few(silent, FEW, MAX_UNIT)} cannot answer the CA yet"
        return Problem("unready", detail)

    def _dns_problem(self, request: Request) -> Problem | None:
        """Return what the certbot plugin would fail for; it looks again before it publishes."""
        seconds = self._budget.left(dns_plugin.CHECK)
        if not seconds:
            return None
        config, env = self.machine.places.dns_config(request), self.machine.certbot_env()
        lacking = self._dns_problems.get(config)
        return lacking or dns_plugin.check(config, request, env, seconds)

    def _for_a_while(self, decision: Decision, doubt: Problem) -> Problem | None:
        now = time.time()
        record = self.ledger.of(decision.request.lineage_name).doubted(decision.asked, doubt, now)
        until = (record.unready_since or now) + DOUBT_DELAY
        if until - DOUBT_DELAY <= now < until:
            return replace(doubt, detail=put_off(doubt.words, until), remedy="")
        if self.wanted.challenge_of(decision.request).takes_port_80:
            again = record.apart_at + DAY
            if record.apart_at <= now < again:
                detail = f"{doubt.words}; each try stops the service, the next one is at"
                return replace(doubt, detail=f"{detail} {format_utc(again)}", remedy="")
            self.apart.add(decision.request.lineage_name)
        self.machine.log(doubt.text + "; ordered nevertheless")
        return None

    @contextmanager
    def _expectation(self, challenge: Challenge) -> Iterator[Expected | None]:
        """Yield what port 80 should answer, None if that cannot be told."""
        if challenge.wants_thumbprint or (challenge.wants_webroot and self._stateless):
            account = self._account
            yield self_check.of_thumbprint(account.thumbprint) if account else None
        elif challenge.wants_webroot:
            try:
                expected = self_check.of_webroot(self.wanted.webroot)
            except OSError:
                yield None  # certbot will say what is wrong with the folder
                return
            try:
                yield expected
            finally:
                self_check.clear_webroot(self.wanted.webroot, expected)
        else:
            held = processes.listens(80)
            yield Expected("/", "") if held else None


def put_off(doubt: str, until: float) -> str:
    """Return the doubt with the moment at which the order is made all the same."""
    between = " Ordered" if doubt.endswith(("?", ".", "!")) else "; ordered"
    return f"{doubt}{between} at {format_utc(until)} anyway"
