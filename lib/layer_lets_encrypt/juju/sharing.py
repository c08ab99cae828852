"""What this unit knows in a hook of the application's other units, and of what they share."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Collection, Mapping

from charmhelpers.core import hookenv

from layer_lets_encrypt.juju import hook
from layer_lets_encrypt.juju.configuration import options
from layer_lets_encrypt.juju.notes import Notes
from layer_lets_encrypt.juju.units import RELATION, Refused, Units
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.siblings import Siblings, Unread
from layer_lets_encrypt.rules import secret_ids, unit_modes
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import InvalidRequest, Request
from layer_lets_encrypt.rules.sharing import NONE, Shared
from layer_lets_encrypt.rules.unit_modes import Mode

if TYPE_CHECKING:
    from layer_lets_encrypt.rules.leading import Unit
    from layer_lets_encrypt.rules.shared_ledger import Ledger

OWN = {"source": "this unit", "term": None, "answers": None}  # of what no other unit orders
SOMEBODY = "the leader"  # if the ledger does not say who it is

# Hooks in which the units may have changed; cron's hook is another one
_NEWS = ("install", "leader-elected", "start", "upgrade-charm", "config-changed")
_OF_RELATIONS = ("install", "upgrade-charm", "start", RELATION + "-relation-created")


class Sharing(Siblings):
    """One hook's view. What Juju is asked, it is asked when it is needed, and once."""

    def __init__(self, places: Places) -> None:
        self.notes = Notes()
        self.places = places
        self.mode = self._mode()
        self.units = Units(places.shared, self.notes.relations or ())
        self._others: dict[str, str] | None = None
        self.refused = ""  # why Juju did not show the ledger
        self.is_scheduled = places.marker.exists()  # which a pass removes

    def _mode(self) -> Mode:
        try:
            chosen = unit_modes.parse(options().get(unit_modes.OPTION))
        except InvalidRequest:
            chosen = unit_modes.SHARE  # nothing is ordered until it is corrected
        version = os.environ.get("JUJU_VERSION", "")
        mode = unit_modes.in_effect(chosen, version, has_relation=True)
        if not mode.is_shared:
            return mode
        if self.notes.relations is None or hookenv.hook_name() in _OF_RELATIONS:
            self.notes.relations = Units(self.places.shared).relations
        return unit_modes.in_effect(chosen, version, bool(self.notes.relations))

    @property
    def _brings_news(self) -> bool:
        name = hookenv.hook_name()
        is_of_units = name in _NEWS or name.startswith(RELATION)
        return is_of_units or bool(self.notes.again) or self.is_scheduled

    @property
    def is_asking(self) -> bool:
        """Whether Juju is asked in this hook: the leader knows what it has written."""
        return self.mode.is_shared and (self._brings_news or not self.notes.leads)

    def ledger(self) -> Ledger:
        """Return the shared ledger of the hook's beginning; NOTHING if Juju refuses to show it."""
        try:
            return self.units.ledger()
        except Refused as error:
            from layer_lets_encrypt.rules.shared_ledger import NOTHING

            self.refused = self.refused or str(error)
            return NOTHING

    def is_leader(self) -> bool:
        """Whether this unit leads, asked once. Where it matters, it is to be asked again."""
        known = hook.current()
        if known.is_leader is None:
            known.is_leader = hookenv.is_leader()
        return known.is_leader

    def shared(self) -> Shared:
        """Return what this unit can take, and who orders in its place."""
        if not self.is_asking:
            return NONE
        ledger = self.ledger()
        if self.refused:
            return Shared(leader=SOMEBODY)
        if self.notes.leads and ledger.leader == hookenv.local_unit():
            return NONE  # what it has published and has no more was deleted here: it orders again
        leader = self._orders_elsewhere(ledger)
        return Shared(ledger.lineages, self._news(ledger, leader), leader)

    def _news(self, ledger: Ledger, leader: str) -> frozenset[str]:
        """Return the lineages whose secrets may be newer than the ledger says.

        Those that have changed; for a new leader, all: the one before may have died after Juju had
        kept its secrets, and before it kept the ledger.
        """
        is_named = ledger.leader == hookenv.local_unit()
        if not leader and not is_named and not ledger.is_read_only:
            return frozenset(ledger.lineages)
        changed = os.environ.get("JUJU_SECRET_ID", "")
        return frozenset(name for name, one in ledger.lineages.items()
                         if changed and secret_ids.are_same(one.uri, changed))  # fmt: skip

    def _orders_elsewhere(self, ledger: Ledger) -> str:
        if ledger.leader == hookenv.local_unit():
            return ""
        if ledger.leader and not self._brings_news:
            return ledger.leader
        return "" if self.is_leader() else ledger.leader or SOMEBODY

    def described(self) -> dict[str, Any]:
        """Return who orders, in which term, and how many units answer the CA, as plain data."""
        if not self.mode.is_shared:
            return OWN
        ledger = self.ledger()
        leads = ledger.leader == hookenv.local_unit()
        source = "this unit" if leads else f"the leader {ledger.leader}".strip()
        thumbprints = {one.thumbprint for one in ledger.accounts.values()}
        said = [self.notes.said, *(self.notes.heard.get(name, "") for name in self._all_others())]
        answers = sum(1 for one in said if one in thumbprints)
        return {"source": source, "term": ledger.term or None,
                "answers": f"{answers}/{len(said)}" if leads and answers else None}  # fmt: skip

    # What a pass asks

    def unit(self) -> Unit:
        """Return what the rules about leaders go by."""
        from layer_lets_encrypt.rules.leading import Unit

        others = self._all_others()
        dying = frozenset(name for name, status in others.items() if status == "dying")
        return Unit(hookenv.local_unit(), self.is_leader(), self.ledger(), frozenset(others), dying,
                    self.notes.heard)  # fmt: skip

    def _all_others(self) -> dict[str, str]:
        if self._others is None:
            try:
                self._others = self.units.others()
            except Refused as error:
                self.refused = self.refused or str(error)
                self._others = {}
        return self._others

    def others(self) -> Collection[str]:
        """Return the names of the other units."""
        return self._all_others() if self.mode.is_shared else ()

    def refusal(self, request: Request) -> Problem | None:
        """Return why this unit must not order a certificate now, None if it may."""
        if request.is_of_unit:
            return None
        if self.mode.name == unit_modes.EACH:
            problem = unit_modes.each_problem(_written(request), self._all_others())
            return self._ignorance() or problem
        if self.mode.is_shared:
            from layer_lets_encrypt.rules import leading

            problem = leading.refusal(self.unit(), time.time())
            return self._ignorance() or problem
        if self.is_leader():
            return None
        detail = "only the leader orders certificates, this unit is not it"
        return Problem("waiting", detail, remedy=self.mode.lacking)

    def _ignorance(self) -> Problem | None:
        """Return why this unit does not know the others: one of them may order the same."""
        if not self.refused:
            return None
        detail = f"Juju does not say what the other units have ({self.refused})"
        return Problem("waiting", detail, remedy="this unit asks again in each hook")

    @property
    def is_new_leader(self) -> bool:
        """Whether this unit leads, and the ledger does not say so yet."""
        from layer_lets_encrypt.rules import leading

        return self.is_asking and self.is_leader() and leading.has_to_claim(self.unit())

    def silent(self, thumbprint: str) -> list[str]:
        """Return the other units that have not said that they answer for an account."""
        if not self.mode.is_shared:
            return []
        from layer_lets_encrypt.rules import leading

        unit, heard = self.unit(), self.notes.heard
        left, speaker = leading.silent(unit, thumbprint), os.environ.get("JUJU_REMOTE_UNIT", "")
        # A hook reports one unit. The silent ones are asked in other hooks.
        for name in [speaker] if speaker in left and heard else left:
            try:
                heard[name] = self.units.said(name)
            except Refused:
                continue  # it is gone, or not there yet
        return leading.silent(unit, thumbprint)

    def content(self, uri: str) -> Mapping[str, str]:
        """Return what a leader has published. Raises Unread."""
        try:
            return self.units.fetch(uri)
        except Refused as error:
            raise Unread(str(error)) from None

    def unlisted(self, name: str) -> str:
        """Return where a lineage may be that a leader had no time to list, "" for nowhere."""
        return self.units.found(name) if self.mode.name == unit_modes.SHARE else ""


def begin() -> None:
    """Find out, before the handlers run, what others share. Raises OSError."""
    current = Sharing(hook.places())
    hook.current().sharing = current
    if current.places.shared.exists():
        current.units.clear()  # a hook that was killed may have left a key there
    hook.current().shared = current.shared()


def current() -> Sharing:
    """Return this hook's view."""
    known = hook.current().sharing
    if known is None:
        begin()
        known = hook.current().sharing
    assert isinstance(known, Sharing)
    return known


def _written(request: Request) -> str:
    """Return what the operator wrote for the request; a charm's own names are its affair."""
    config = hookenv.config() or {}
    if request.is_extra:
        return str(config.get("acme-certificates") or "")
    return (
        str(config.get("fqdn") or "")
        if request.source == "the option fqdn"
        else unit_modes.PLACEHOLDER
    )
