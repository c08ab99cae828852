"""Brings the files of certificates to what the operator wants: who reads them, forms, age.

It is done when a certificate or an option has changed, and when somebody else has changed a file.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Callable, NamedTuple

from layer_lets_encrypt.certificates import claims, retention
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.delivery import forms, owners, permissions
from layer_lets_encrypt.delivery.delivered import Delivered, stamp
from layer_lets_encrypt.delivery.forms import FormError
from layer_lets_encrypt.delivery.owners import ROOT_ALONE, Granted
from layer_lets_encrypt.machine import files, os_errors
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import records
from layer_lets_encrypt.rules.delivery import ACCESS, FORMATS, PASSPHRASE, Delivery
from layer_lets_encrypt.rules.formats import FILES as FORMS
from layer_lets_encrypt.rules.formats import PFX
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import FILES
from layer_lets_encrypt.rules.request import InvalidRequest
from layer_lets_encrypt.rules.wanted import Wanted


class Terms(NamedTuple):
    """What can be done for files now.

    ``granted`` is None while nothing is to be changed about who reads them; ``formats`` are
    those that can be made, ``kept`` those that stay if they are there.
    """

    granted: Granted | None
    formats: tuple[str, ...]
    kept: tuple[str, ...]
    digest: str


def terms_of(delivery: Delivery, places: Places) -> Terms:
    """Return what can be done with the options as they are."""
    granted, unusable = ROOT_ALONE, set(delivery.unusable)
    if delivery.access is not None:
        try:
            granted = owners.resolve(delivery.access)
        except InvalidRequest:  # the status says so
            unusable.add(ACCESS)
    formats = delivery.formats if not unusable & {ACCESS, FORMATS} else ()
    if PASSPHRASE in unusable:
        formats = tuple(form for form in formats if form != PFX)
    kept = tuple(FORMS) if FORMATS in unusable else delivery.formats
    secret = stamp(places.passphrase) if PFX in formats else ""
    digest = records.digest(granted, formats, kept, secret, sorted(unusable))
    return Terms(None if ACCESS in unusable else granted, formats, kept, digest)


class Needs:
    """What is to be done for the files of a unit's certificates: reads only."""

    def __init__(self, wanted: Wanted, places: Places, reader: Reader) -> None:
        self.wanted = wanted
        self.places = places
        self.reader = reader
        self.terms = terms_of(wanted.delivery, places)
        self.done = Delivered(places.delivered)
        self._folder = str(places.forms)
        self._files = [FORMS[form] for form in self.terms.formats]

    def due(self, now: float) -> list[str]:
        """Return the lineages that have changed, or whose options have; changes nothing."""
        names = [request.lineage_name for request in self.wanted.requests]
        return [name for name in names if self._is_due(name, now)]

    def _is_due(self, name: str, now: float) -> bool:
        if not self.reader.inspect(name).usable:
            return False
        identity = self.reader.identity(name)
        return not self.done.is_done(name, identity, self.terms.digest, self.made(name), now)

    def made(self, name: str) -> list[str]:
        """Return the files that are made of a lineage; quick, since there may be thousands."""
        return [f"{self._folder}/{name}/{file}" for file in self._files]


class Supply:
    """Does what is needed; what fails goes to the ``ledger``."""

    def __init__(self, wanted: Wanted, places: Places, ledger: Ledger, reader: Reader) -> None:
        self.wanted = wanted
        self.places = places
        self.ledger = ledger
        self.reader = reader
        self.needs = Needs(wanted, places, reader)
        self.terms, self.done = self.needs.terms, self.needs.done

    def run(self, log: Callable[[str], None]) -> set[str]:
        """Do what is due; return the lineages for which something could not be done.

        Why is remembered. Raises OSError if the machine as a whole is at fault.
        """
        now = time.time()
        due, record = self.needs.due(now), self.ledger.of(FILES)
        if due and record.waits(records.digest(self.terms.digest, due), now):
            return set(due)
        self._change_access(log)
        failed: dict[str, Problem] = {}
        copies = retention.Copies(self.reader.config_dir)
        for name in due:
            problem = self._supply(name, now, copies)
            if problem is not None:
                failed[name] = replace(problem, name=name)
                log(failed[name].text)
        self._remember(failed, now)
        self._sweep(is_all_done=not failed)
        return set(failed)

    def _remember(self, failed: dict[str, Problem], now: float) -> None:
        if failed:
            asked = records.digest(self.terms.digest, list(failed))
            record = self.ledger.of(FILES).begin(asked, now)
            self.ledger.record(FILES, record.failed(next(iter(failed.values())), now))
        else:
            self.ledger.forget(FILES)

    def _change_access(self, log: Callable[[str], None]) -> None:
        """Write down to whom files are given, before they are; say what that means, once."""
        access = self.wanted.delivery.access
        text = access.text if access is not None else self.ledger.past.access
        if self.terms.granted is None or text == self.ledger.past.access:
            return
        if access is not None and access.is_for_all:
            log(f"WARNING: by {ACCESS}, every user of this machine can read the private keys")
        self.ledger.access(text)

    def _supply(self, name: str, now: float, copies: retention.Copies) -> Problem | None:
        try:
            self._give(name)
            forms.remove_others(name, self.terms.kept, self.places.forms)
            forms.make(
                name, self.terms.formats, self.places.forms, self.terms.granted or ROOT_ALONE,
                self._passphrase(), self.reader.config_dir,
            )  # fmt: skip
            again = retention.tidy(name, now, copies)
        except FormError as error:
            return error.problem
        except OSError as error:
            if os_errors.is_of_machine(error):
                raise
            return Problem("local", os_errors.words(error))
        if self.reader.inspect_again(name).usable:
            identity = self.reader.identity(name)
            self.done.note(name, identity, self.terms.digest, self.needs.made(name), again)
        return None

    def _give(self, name: str) -> None:
        if self.terms.granted is None:
            return
        if self.wanted.delivery.access is not None:
            permissions.apply(name, self.terms.granted, self.reader.config_dir)
        elif self.ledger.past.access:
            permissions.take_back(name, self.reader.config_dir)

    def _passphrase(self) -> str:
        if PFX not in self.terms.formats:
            return ""
        return str(files.read_json(self.places.passphrase, {}).get("passphrase", ""))

    def _sweep(self, is_all_done: bool) -> None:
        """Forget what is not wanted any more, and remove forms of removed certificates."""
        names = {request.lineage_name for request in self.wanted.requests}
        self.done.keep(names)
        self.done.save()
        forms.sweep(self.places.forms, frozenset(names | self.ledger.past.lineages))
        is_closed = self.wanted.delivery.access is None and self.terms.granted is not None
        if self.ledger.past.access and is_closed and is_all_done:
            self._close()

    def _close(self) -> None:
        """End what the option has opened, for lineages that nobody wants any more, too."""
        for name in self.ledger.past.lineages:
            permissions.take_back(name, self.reader.config_dir)
        if not claims.kept(self.places):
            permissions.close_tops(self.reader.config_dir)
        self.ledger.access("")
