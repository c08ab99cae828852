"""The unit's account at its CA: opened before it is needed, given the contact that is wanted."""

from __future__ import annotations

import time
from dataclasses import replace

from layer_lets_encrypt.ca import acme_errors
from layer_lets_encrypt.ca import arguments as certbot_arguments
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates.account import Registered
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.passes.survey import contact_is_due
from layer_lets_encrypt.rules import records
from layer_lets_encrypt.rules.problem import Problem, bounded, one_line
from layer_lets_encrypt.rules.records import CONTACT

UNCHANGED = "certificates do not depend on it"
UNDO = "; set contact-email back to end this"
CORRECT = "; whoever requested it can correct it"
MAX_CONTACT = 40  # characters, in a status


class Registration:
    """Keeps the account that ``machine`` wants; the ``ledger`` remembers which it is."""

    def __init__(self, machine: Machine, ledger: Ledger) -> None:
        self.machine = machine
        self.account = machine.wanted.account
        self.ledger = ledger

    def found(self) -> Registered | None:
        """Return the account, None if there is none yet; of several, the one used before."""
        return accounts.used(self.account.server, self.ledger.past)

    def open(self) -> Problem | None:
        """Open the account if there is none, and keep to it; return what went wrong."""
        problem = self._register() if self.found() is None else None
        if problem is not None and self.found() is None:
            return _about("no account: ", problem, self._remedy(problem))
        self._keep_to(self.found())
        return None

    def _remedy(self, problem: Problem) -> str:
        """Return the remedy: a CA refuses a binding in words that mean something else of orders."""
        of_orders = ("", acme_errors.NOT_ALLOWED, acme_errors.OTHER_CA)
        if self.account.eab and problem.severity == "blocked" and problem.remedy in of_orders:
            return "check acme-eab"
        return problem.remedy

    def _register(self) -> Problem | None:
        """Open the account, with another contact if the CA refuses one."""
        problem = None
        for contact in (self.account.email, *self.account.others):
            try:
                account = self.account._replace(email=contact)
                settings = str(self.machine.places.eab) if account.eab else ""
                self.machine.certbot(certbot_arguments.register(account, settings))
            except CertbotError as error:
                problem = problem or error.problem
                if error.problem.category != "configuration":
                    return problem  # another contact would fare no better
            else:
                self._know_contact(contact)
                return None
        return problem

    def _keep_to(self, account: Registered | None) -> None:
        """Remember which account is used: others that come later change nothing."""
        if account is not None:
            self.ledger.account(self.account.server, account.identifier)

    def keep_contact(self) -> None:
        """Give the account a contact that has changed; spends no order."""
        server = self.account.server
        if server not in self.ledger.past.contacts and accounts.exists(server):
            # An account that somebody else made: a later change counts.
            self._know_contact(self.account.email)
        if contact_is_due(self.machine.wanted, self.ledger.past):
            self._update_contact()

    def _update_contact(self) -> None:
        asked = records.digest(self.account.server, self.account.email)
        record = self.ledger.of(CONTACT)
        if record.waits(asked, time.time()):
            return
        record = record.begin(asked, time.time())
        self.ledger.record(CONTACT, record)
        try:
            found = self.found()
            self.machine.certbot(
                certbot_arguments.update_account(self.account, found.identifier if found else "")
            )
        except CertbotError as error:
            seen = self._unchanged(error.problem)
            self.ledger.record(CONTACT, record.failed(seen, time.time()))
            return
        self.ledger.forget(CONTACT)
        self._know_contact(self.account.email)

    def _unchanged(self, problem: Problem) -> Problem:
        """Return the problem as one with the contact, of a request if the operator set none."""
        if self.account.others:
            before = f"contact {one_line(self.account.email or 'none', MAX_CONTACT)} refused: "
            return _about(before, problem, UNCHANGED + CORRECT)
        remedy = UNCHANGED + (UNDO if problem.severity == "blocked" else "")
        return _about("contact not changed: ", problem, remedy)

    def _know_contact(self, contact: str | None) -> None:
        """Remember which contact the account has."""
        self.ledger.contact(self.account.server, contact or "")


def _about(before: str, problem: Problem, remedy: str) -> Problem:
    """Return the problem with ``before`` put before its cause; the link of a pause stays whole."""
    if problem.category == "paused":
        return replace(problem, detail=before + problem.detail)
    return replace(problem, detail=bounded(problem.detail, remedy, before), remedy=remedy)
