"""What the leader writes for the application's other units, once at the end of a hook."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Mapping, Sequence

from charmhelpers.core import hookenv
from charms.reactive import is_flag_set

from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import shared_account
from layer_lets_encrypt.certificates.ledger import Ledger as OwnLedger
from layer_lets_encrypt.certificates.published import Unfit
from layer_lets_encrypt.juju import flags, hook, tell
from layer_lets_encrypt.juju.sharing import Sharing
from layer_lets_encrypt.juju.units import Refused
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import live_paths
from layer_lets_encrypt.passes.taking import CERTIFICATE, CHAIN, KEY
from layer_lets_encrypt.rules import leading, plan, sharing, spent, unit_modes
from layer_lets_encrypt.rules.facts import ABSENT, Certificate
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.shared_ledger import Account, Entry, Ledger
from layer_lets_encrypt.rules.sharing import Disk
from layer_lets_encrypt.rules.wanted import Wanted

# certbot's names of an account's files, as keys of a secret
_KEYS = {"private_key.json": "private-key", "meta.json": "metadata", "regr.json": "registration"}
_IDENTIFIER = "identifier"

EXPIRED = 30 * 86400  # seconds after which a new leader removes what nobody wants


class Publishing:
    """The leader's part at the end of a hook; what Juju refuses is written in a later one."""

    def __init__(self, current: Sharing, wanted: Wanted) -> None:
        self.current = current
        self.units = current.units
        self.notes = current.notes
        self.wanted = wanted
        self.own = OwnLedger(hook.places().history)
        self.reader = hook.reader()
        self.requests = [one for one in wanted.requests if not one.is_of_unit]

    def serials(self) -> dict[str, str]:
        """Return the serials, by lineage, of what other units can be given."""
        found = {}
        for request in self.requests:
            seen = self.reader.inspect(request.lineage_name)
            if seen.holds(request.names) and seen.certificate is not None:
                found[request.lineage_name] = seen.certificate.serial
        return found

    def run(self) -> None:
        """Write what is new. Raises Refused, and OSError."""
        began = self.current.ledger()
        if self.current.refused or began.is_read_only:
            return
        ledger = self._claimed(began)
        self._prune()
        if self.current.is_scheduled or not self.notes.leads:
            ledger = self._without_lost(ledger)
        ledger = self._with_account(ledger)
        ledger = self._with_certificates(ledger)
        names = [request.lineage_name for request in self.requests]
        own = {name: spent.of_record(self.own.of(name)) for name in names}
        ledger = sharing.with_spent(ledger, own)
        ledger, removed = sharing.withdrawn(ledger, self._unwanted(ledger))
        self.units.write(ledger)
        for uri in removed:
            self.units.remove(uri)
        known = {name: serial for name, serial in self.notes.published.items()
                 if name in ledger.lineages}  # fmt: skip
        self.notes.published = {**known, **self.serials()}
        self.notes.leads, self.notes.again = True, []

    def _prune(self) -> None:
        """Remove the keys of certificates that were replaced in an earlier hook.

        The hook secret-remove would be one more in each unit that renews, for this alone.
        """
        for uri, revision in list(self.notes.old.items()):
            try:
                self.units.remove_revision(uri, revision)
            except Refused as error:  # the secret is gone, say
                tell.log(f"an old revision of {uri} stays: {error}", level=hookenv.WARNING)
            del self.notes.old[uri]

    def _claimed(self, began: Ledger) -> Ledger:
        unit = self.current.unit()
        if not leading.has_to_claim(unit):
            return began
        learn(self.current, self.own)
        return leading.claimed(unit, time.time(), is_flag_set(flags.PENDING))

    def _without_lost(self, ledger: Ledger) -> Ledger:
        """Forget what an administrator has removed, so that it is published again."""
        if self.current.mode.name != unit_modes.SHARE:
            return ledger
        return sharing.without_lost(ledger, self.units.secrets())

    def _with_account(self, ledger: Ledger) -> Ledger:
        server = self.wanted.account.server
        known = accounts.used(server, self.own.past)
        if known is None or server in ledger.accounts or not self.requests:
            return ledger
        texts = shared_account.exported(server, known)
        content = {_KEYS[name]: text for name, text in texts.items()}
        uri = self._publish("@" + server, {**content, _IDENTIFIER: known.identifier}, "")
        return sharing.with_account(ledger, server, Account(uri, known.thumbprint))

    def _with_certificates(self, ledger: Ledger) -> Ledger:
        entries = {}
        for request in self.requests:
            seen, name = self.reader.inspect(request.lineage_name), request.lineage_name
            disk, entry = plan.on_disk(seen, ""), ledger.lineages.get(name)
            is_new = self._is_new(request, entry, disk) or name in self.notes.again
            if seen.certificate is not None and seen.holds(request.names) and is_new:
                uri = self._publish(name, _content(name), entry.uri if entry else "")
                entries[name] = self._entry(request, seen.certificate, seen.server, uri)
        return sharing.published(ledger, entries)

    def _is_new(self, request: Request, entry: Entry | None, disk: Disk) -> bool:
        """Whether a certificate is to be published, and is not older than what others have."""
        if not sharing.is_to_be_published(entry, disk):
            return False
        want = plan.want_of(request, self.wanted.account.server)
        return not sharing.is_better(entry, disk, want, time.time())

    def _entry(self, request: Request, found: Certificate, server: str, uri: str) -> Entry:
        return Entry(uri, found.serial, found.not_before, found.not_after,
                     plan.names_digest(request), server, found.key_type)  # fmt: skip

    def _publish(self, name: str, content: Mapping[str, str], uri: str) -> str:
        if self.current.mode.name == unit_modes.SHARE_PLAIN:
            tell.log(f"the private key of {name} is put into relation data, which everybody with "
                     "access to the model can read", level=hookenv.WARNING)  # fmt: skip
            return self.units.publish_plain(name, content)
        if not uri.startswith("secret:"):
            return self.units.publish(name, content)
        self.notes.old[uri] = self.units.revision(uri)
        return self.units.publish(name, content, uri)

    def _unwanted(self, ledger: Ledger) -> Sequence[str]:
        """Return what is listed, and was removed here because nobody has wanted it for long.

        A new leader may not know yet what is wanted: it removes only what has expired long ago.
        """
        wanted = {request.lineage_name for request in self.requests}
        gone = [name for name in ledger.lineages
                if name not in wanted and self.reader.inspect(name).state == ABSENT]  # fmt: skip
        long_ago = time.time() - EXPIRED
        return [name for name in gone
                if name in self.notes.published
                or ledger.lineages[name].not_after < long_ago]  # fmt: skip


def _content(name: str) -> dict[str, str]:
    """Return a lineage as it is published. Raises OSError."""
    parts = {KEY: "privkey", CERTIFICATE: "cert", CHAIN: "chain"}
    paths = live_paths(name)
    return {key: files.read_text(Path(paths[part]), follow=True) for key, part in parts.items()}


def learn(current: Sharing, own: OwnLedger) -> None:
    """Take over what the leader before has spent. Raises OSError."""
    now = time.time()
    with own.deferred():
        for name, one in current.ledger().spent.items():
            own.record(name, spent.merged(own.of(name), one, now))


def take_account(current: Sharing, wanted: Wanted) -> None:
    """Have certbot use the account that the leader before has used. Raises OSError.

    If it cannot be read, an account of this unit's own is published in its place.
    """
    own, server = OwnLedger(current.places.history), wanted.account.server
    known = accounts.used(server, own.past)
    account = sharing.account_to_take(current.ledger(), server, known.thumbprint if known else "")
    if account is None:
        return
    try:
        content = current.units.fetch(account.uri)
        texts = {name: content.get(key) for name, key in _KEYS.items()}
        taken = shared_account.adopt(
            server, content.get(_IDENTIFIER, ""), texts, account.thumbprint
        )
    except (Refused, Unfit) as error:
        tell.log(f"the shared account with {server} is not used: {error}", level=hookenv.WARNING)
        return
    own.account(server, taken.identifier)


def retire(current: Sharing) -> None:
    """Remove what was shared before the operator turned that off. Raises Refused."""
    began = current.units.ledger()
    ledger, removed = sharing.withdrawn(began, list(began.lineages))
    accounts_of = [account.uri for account in ledger.accounts.values()]
    current.units.write(replace(ledger, accounts={}))
    for uri in (*removed, *accounts_of):
        current.units.remove(uri)
    current.notes.leads, current.notes.published = False, {}
