"""The unit's account at its CA: opened before it is needed, given the contact that is wanted."""

import time
from dataclasses import replace
from typing import Optional

from layer_lets_encrypt import account as accounts
from layer_lets_encrypt import certbot, history
from layer_lets_encrypt.account import Registered
from layer_lets_encrypt.certbot import CertbotError
from layer_lets_encrypt.history import CONTACT, History
from layer_lets_encrypt.machine import Machine
from layer_lets_encrypt.problem import Problem, bounded
from layer_lets_encrypt.wanted import contact_is_due

UNCHANGED = "certificates do not depend on it"
UNDO = "; set contact-email back to end this"


class Registration:
    """Keeps the account that ``machine`` wants; ``past`` is kept up to date, also on disk."""

    def __init__(self, machine: Machine, past: History) -> None:
        self.machine = machine
        self.account = machine.wanted.account
        self.past = past

    def found(self) -> Optional[Registered]:
        """Return the account, None if there is none yet; of several, the one used before."""
        server = self.account.server
        return accounts.registered(server, self.past.accounts.get(server, ""))

    def open(self) -> Optional[Problem]:
        """Open the account if there is none, and keep to it; return what went wrong."""
        if self.found() is None:
            try:
                self.machine.certbot(certbot.register_arguments(self.account))
            except CertbotError as error:
                if self.found() is None:  # else certbot has found one of the CA's older address
                    return _about("no account: ", error.problem, error.problem.remedy)
            else:
                self.know_contact()
        self._keep_to(self.found())
        return None

    def _keep_to(self, account: Optional[Registered]) -> None:
        """Remember which account is used: others that come later change nothing."""
        server = self.account.server
        if account is not None and self.past.accounts.get(server) != account.identifier:
            self.past.accounts[server] = account.identifier
            history.save(self.past, self.machine.places.history)

    def keep_contact(self) -> None:
        """Give the account a contact that has changed; spends no order."""
        server = self.account.server
        if server not in self.past.contacts and accounts.exists(server):
            self.know_contact()  # an account that somebody else made: a later change counts
        if contact_is_due(self.machine.wanted, self.past):
            self._update_contact()

    def _update_contact(self) -> None:
        asked = history.digest(self.account.server, self.account.email)
        record, places = self.past.of(CONTACT), self.machine.places
        if record.waits(asked, time.time()):
            return
        record = record.begin(asked, time.time())
        history.remember(self.past, places.history, CONTACT, record)
        try:
            found = self.found()
            self.machine.certbot(
                certbot.update_account_arguments(self.account, found.identifier if found else "")
            )
        except CertbotError as error:
            remedy = UNCHANGED + (UNDO if error.problem.severity == "blocked" else "")
            seen = _about("contact not changed: ", error.problem, remedy)
            record = record.failed(seen, time.time())
            history.remember(self.past, places.history, CONTACT, record)
            return
        self.past.records.pop(CONTACT, None)
        self.know_contact()

    def know_contact(self) -> None:
        """Remember that the account has the wanted contact."""
        self.past.contacts[self.account.server] = self.account.email or ""
        history.save(self.past, self.machine.places.history)


def _about(before: str, problem: Problem, remedy: str) -> Problem:
    """Return the problem with ``before`` put before its cause; the link of a pause stays whole."""
    if problem.category == "paused":
        return replace(problem, detail=before + problem.detail)
    return replace(problem, detail=bounded(problem.detail, remedy, before), remedy=remedy)
