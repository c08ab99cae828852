"""Makes certificates that other units have ordered lineages of this machine."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable, Sequence

from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import adopt, published, repair
from layer_lets_encrypt.certificates.adopt import Origin
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.certificates.published import Unfit
from layer_lets_encrypt.machine import os_errors
from layer_lets_encrypt.passes.siblings import Siblings, Unread
from layer_lets_encrypt.rules.facts import Certificate
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.shared_ledger import Generation
from layer_lets_encrypt.rules.wanted import Wanted

KEY, CERTIFICATE, CHAIN = "private-key", "certificate", "chain"  # of what is published
AGAIN = "this unit tries again in each hook"


class Taking:
    """Takes what ``siblings`` have; the ledger remembers what came of it."""

    def __init__(
        self, wanted: Wanted, siblings: Siblings, ledger: Ledger, log: Callable[[str], None]
    ) -> None:
        self.wanted = wanted
        self.siblings = siblings
        self.ledger = ledger
        self.log = log

    def take(
        self, listed: Sequence[Decision], due: Sequence[Decision], reader: Reader
    ) -> dict[str, Problem]:
        """Take what the shared ledger lists; return, by lineage, why something was not taken.

        A new leader looks for what is ``due``, too: the one before may have died before it was
        listed. What fails keeps nothing else away. Raises OSError if the machine is not in order.
        """
        problems = {}
        hidden = due if self.siblings.is_new_leader else ()
        for decision in (*listed, *hidden):
            name = decision.request.lineage_name
            entry = self.wanted.shared.entries.get(name)
            uri = entry.uri if entry else self.siblings.unlisted(name)
            problem = self._take(decision, uri, reader) if uri else None
            if problem is not None:
                self.log(problem.text)
                problems[name] = problem
        return problems

    def _take(self, decision: Decision, uri: str, reader: Reader) -> Problem | None:
        name = decision.request.lineage_name
        try:
            found = self._adopted(decision, uri, reader)
        except Unread as error:
            detail = f"the certificate cannot be read from Juju ({error})"
            return Problem("waiting", detail, name=name, remedy=AGAIN)
        except Unfit as error:
            remedy = f"run lets-encrypt-deploy on the leader; {AGAIN}"
            return Problem("blocked", f"the shared certificate: {error}", name=name, remedy=remedy)
        except OSError as error:
            if os_errors.is_of_machine(error):
                raise
            return Problem("blocked", os_errors.words(error), name=name)
        if found is not None:
            self._remember(name)
            self.log(f"{name}: took the certificate {found.serial} that another unit has ordered")
        return None

    def _adopted(self, decision: Decision, uri: str, reader: Reader) -> Certificate | None:
        """Return the certificate that was taken, None if the one on disk is as good."""
        request = decision.request
        content = self.siblings.content(uri)
        there = published.understood(content.get(KEY), content.get(CERTIFICATE), content.get(CHAIN))
        new, old = published.facts(there), reader.inspect(request.lineage_name)
        if old.holds(request.names) and old.certificate and not _is_newer(new, old.certificate):
            return None
        name, now = request.lineage_name, time.time()
        moves = repair.moves_aside(name, now) if adopt.is_in_the_way(name, old) else []
        try:
            repair.move(moves)
            return adopt.adopt(name, request.names, there, self._origin(decision), now)
        finally:
            repair.move_back(moves)  # if nothing has taken its place

    def _origin(self, decision: Decision) -> Origin:
        server = self.wanted.account.server
        known = accounts.used(server, self.ledger.past)
        method = self.wanted.challenge_of(decision.request).authenticator
        return Origin(server, method, known.identifier if known else "")

    def _remember(self, name: str) -> None:
        """It is a lineage of ours like any other: removed once nobody wants it."""
        record = self.ledger.of(name)
        self.ledger.record(name, replace(record.settled(), made=True, begun=None, forced=False))


def _is_newer(new: Certificate, old: Certificate) -> bool:
    return Generation(new.not_before, new.serial) > Generation(old.not_before, old.serial)
