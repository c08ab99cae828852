"""Whether a challenge would succeed now; makes the service ready to answer it."""

import time
from contextlib import contextmanager
from typing import Iterator, Optional, Sequence

from layer_lets_encrypt import dns_plugin, preflight, processes, selfcheck, snippets
from layer_lets_encrypt.challenge import Challenge
from layer_lets_encrypt.history import History
from layer_lets_encrypt.machine import Machine
from layer_lets_encrypt.plan import Decision, moment
from layer_lets_encrypt.preflight import Addresses
from layer_lets_encrypt.problem import Problem
from layer_lets_encrypt.registration import Registration
from layer_lets_encrypt.selfcheck import Expected

PATIENCE = 600  # seconds for which a doubt delays an order


class Readiness:
    """Looks at what is to be ordered; ``own`` tells the unit's addresses."""

    def __init__(self, machine: Machine, past: History, own: Addresses) -> None:
        self.machine = machine
        self.wanted = machine.wanted
        self.past = past
        self.own = own

    def prepare(self, due: Sequence[Decision]) -> Optional[Problem]:
        """Open the account, and make the service answer challenges, where one wants that.

        Returns what went wrong: nothing has been stopped or ordered then.
        """
        registration = Registration(self.machine, self.past)
        problem = registration.open()
        account = registration.found()
        answering = [d for d in due if self.wanted.challenge_of(d.request).wants_service]
        if problem is not None or account is None or not answering:
            return problem
        challenge = self.wanted.challenge_of(answering[0].request)
        if snippets.write(
            self.machine.places.snippets, challenge, self.wanted.webroot, account.thumbprint
        ):
            self.machine.log("the web server is to answer challenges of another account or kind")
            return self.machine.reload_service()
        return None

    def certain_problem(self, decision: Decision) -> Optional[Problem]:
        """Return why the CA would refuse this order, None where nothing is certain.

        Of a private CA more is known once its directory has been fetched.
        """
        request, challenge = decision.request, self.wanted.challenge_of(decision.request)
        server, directory = self.wanted.account.server, self.machine.directory
        return preflight.certain_problem(request, challenge.method, server, directory)

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
            return dns_plugin.check(config, request.names, self.machine.certbot_env())
        if not self.wanted.soft_checks:
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
            self.machine.log(doubt.detail + "; ordered nevertheless")
            return None
        detail = f"{doubt.detail} Ordered at {moment(until)} anyway"
        return Problem(doubt.category, detail)

    @contextmanager
    def _expectation(self, challenge: Challenge) -> Iterator[Optional[Expected]]:
        """Yield what port 80 should answer, None where that cannot be told."""
        if challenge.wants_thumbprint:
            account = Registration(self.machine, self.past).found()
            yield selfcheck.of_thumbprint(account.thumbprint) if account else None
        elif challenge.wants_webroot:
            expected = selfcheck.of_webroot(self.wanted.webroot)
            try:
                yield expected
            finally:
                selfcheck.clear_webroot(self.wanted.webroot, expected)
        else:
            held = processes.listens(80)
            yield Expected("/", "") if held else None
