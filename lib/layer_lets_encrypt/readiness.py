"""Whether a challenge would succeed now; makes the service ready to answer it."""

import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Dict, Iterator, Optional, Sequence

from layer_lets_encrypt import (
    dns_packages,
    dns_plugin,
    history,
    preflight,
    processes,
    selfcheck,
    snippets,
)
from layer_lets_encrypt.account import Registered
from layer_lets_encrypt.challenge import STATELESS, Challenge
from layer_lets_encrypt.history import History
from layer_lets_encrypt.machine import Machine
from layer_lets_encrypt.plan import Decision, moment
from layer_lets_encrypt.preflight import Addresses
from layer_lets_encrypt.problem import Problem
from layer_lets_encrypt.registration import Registration
from layer_lets_encrypt.request import Request
from layer_lets_encrypt.selfcheck import Expected

BUDGET = 60  # seconds for all doubts of a pass
PATIENCE = 600  # seconds for which a doubt delays an order


class Readiness:
    """Looks at what is to be ordered; ``own`` tells the unit's addresses."""

    def __init__(self, machine: Machine, past: History, own: Addresses) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.past = past
        self.own = own
        self._account: Optional[Registered] = None
        self._stateless = False
        self._service_problem: Optional[Problem] = None
        self._dns_problems: Dict[Path, Optional[Problem]] = {}
        self._deadline = time.monotonic() + BUDGET

    def open_account(self) -> Optional[Problem]:
        """Open the account where there is none; nothing has been stopped or ordered before."""
        return Registration(self.machine, self.past).open()

    def prepare(self, due: Sequence[Decision]) -> None:
        """Make the service answer challenges, and install what DNS-01 needs, where one wants that.

        A reload that did not happen is made up for in the next pass.
        """
        self._install_for_dns([decision.request for decision in due])
        challenges = [self.wanted.challenge_of(decision.request) for decision in due]
        answered = [challenge for challenge in challenges if challenge.wants_service]
        account = self._account = Registration(self.machine, self.past).found()
        if not answered or account is None:
            return
        # What answers statelessly answers for files, too: the texts are the same.
        self._stateless = any(challenge.wants_thumbprint for challenge in answered)
        chosen = STATELESS if self._stateless else answered[0]
        folder = self.machine.places.snippets
        snippets.write(folder, chosen, self.wanted.webroot, account.thumbprint)
        loaded = history.digest(snippets.texts(folder))
        if self.past.snippets != loaded:
            self._service_problem = self.machine.reload_service()
            if self._service_problem is None:
                self.past.snippets = loaded
                history.save(self.past, self.machine.places.history)

    def _install_for_dns(self, due: Sequence[Request]) -> None:
        for request in due:
            config = self.machine.places.dns_config(request)
            if self.wanted.challenge_of(request).wants_dns and config not in self._dns_problems:
                env = self.machine.certbot_env()
                self._dns_problems[config] = dns_packages.ensure(config, env)

    def certain_problem(self, decision: Decision) -> Optional[Problem]:
        """Return why the CA would refuse this order, None where nothing is certain.

        Of a private CA more is known once its directory has been fetched.
        """
        request, challenge = decision.request, self.wanted.challenge_of(decision.request)
        server, directory = self.wanted.account.server, self.machine.directory
        soft = self.wanted.soft_checks
        return preflight.certain_problem(request, challenge.method, server, directory, soft)

    def problem(self, decision: Decision) -> Optional[Problem]:
        """Return what speaks against this order, None where nothing does.

        A mere doubt counts for ten minutes, and not at all where the operator says so.
        """
        request, challenge = decision.request, self.wanted.challenge_of(decision.request)
        if self.wanted.account.server not in preflight.PUBLIC:
            certain = self.certain_problem(decision)
            if certain is not None:
                return certain
        if challenge.wants_dns:
            config = self.machine.places.dns_config(request)
            lacking = self._dns_problems.get(config)
            return lacking or dns_plugin.check(config, request.names, self.machine.certbot_env())
        if challenge.wants_service and self._service_problem is not None:
            return self._service_problem
        if not self.wanted.soft_checks or time.monotonic() > self._deadline:
            return None
        with self._expectation(challenge) as expected:
            if expected is None:
                return None
            doubt = preflight.doubtful_problem(request, expected, self.own)
        return self._for_a_while(decision, doubt) if doubt else None

    def _for_a_while(self, decision: Decision, doubt: Problem) -> Optional[Problem]:
        now = time.time()
        record = self.past.of(decision.request.lineage).doubted(decision.asked, doubt, now)
        until = (record.unready_since or now) + PATIENCE
        if not until - PATIENCE <= now < until:
            self.machine.log(doubt.text + "; ordered nevertheless")
            return None
        return replace(doubt, detail=put_off(doubt.words, until), remedy="")

    @contextmanager
    def _expectation(self, challenge: Challenge) -> Iterator[Optional[Expected]]:
        """Yield what port 80 should answer, None where that cannot be told."""
        if challenge.wants_thumbprint or (challenge.wants_webroot and self._stateless):
            account = self._account
            yield selfcheck.of_thumbprint(account.thumbprint) if account else None
        elif challenge.wants_webroot:
            try:
                expected = selfcheck.of_webroot(self.wanted.webroot)
            except OSError:
                yield None  # certbot will say what is wrong with the folder
                return
            try:
                yield expected
            finally:
                selfcheck.clear_webroot(self.wanted.webroot, expected)
        else:
            held = processes.listens(80)
            yield Expected("/", "") if held else None


def put_off(doubt: str, until: float) -> str:
    """Return the doubt with the moment at which the order is made all the same."""
    between = " Ordered" if doubt.endswith(("?", ".", "!")) else "; ordered"
    return f"{doubt}{between} at {moment(until)} anyway"
