"""Which unit of an application orders certificates, and when. Pure.

Juju promises a leader, after ``is-leader`` has said so, another 30 seconds without a second one. An
order may take longer, and what a hook has written is lost if the hook fails. Hence the terms: a new
leader puts its name into the shared ledger in one hook, and orders in a later one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Mapping

from layer_lets_encrypt.rules import backoff
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.shared_ledger import Ledger

CLOCK_SLACK = 60  # seconds by which a clock may be set back without ending a wait


@dataclass(frozen=True)
class Unit:
    """What a unit knows in a hook.

    ``began`` is the ledger as it was when the hook began. ``others`` are the other units of
    goal-state, ``dying`` those among them that are being removed. They are not those of
    relation-list, which lacks units that are still being installed, though DNS may lead to them,
    and on Juju 4.0.14 keeps removed ones (juju/juju issue 23326). ``answers`` holds the thumbprint
    of the account for which each unit has said that it answers challenges.
    """

    name: str
    is_leader: bool
    began: Ledger
    others: frozenset[str] = frozenset()
    dying: frozenset[str] = frozenset()
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_named(self) -> bool:
        """Whether the ledger named this unit as the leader before this hook."""
        return self.began.leader == self.name


def refusal(unit: Unit, now: float) -> Problem | None:
    """Return why this unit must not order anything in this hook, None if it may."""
    if not unit.is_leader:
        leader = unit.began.leader
        who = f"the leader {leader}" if leader not in ("", unit.name) else "the leader"
        return Problem("waiting", f"{who} orders it; this unit gets it by itself")
    if unit.began.is_read_only:
        detail = "a newer revision of the charm keeps the certificates of this application"
        return Problem("blocked", detail, remedy="refresh the charm to that revision")
    # Without other units nobody can have begun an order, and nobody else can begin one.
    if not unit.is_named and unit.others:
        return Problem("waiting", "this unit is a new leader; it orders in its next hook")
    until = _waits_until(unit.began) if unit.is_named else 0
    if unit.began.since - CLOCK_SLACK <= now < until:
        detail = f"the leader changed before an order was finished ({unit.began.changes} in a row)"
        return Problem("waiting", detail, retry_at=until)
    return None


def silent(unit: Unit, thumbprint: str) -> list[str]:
    """Return the units that have not said that they answer challenges for the account.

    The CA may ask any of them. This is a doubt, which only delays an order: a unit may be lost.
    """
    awaited = unit.others - unit.dying
    return sorted(name for name in awaited if unit.answers.get(name) != thumbprint)


def has_to_claim(unit: Unit) -> bool:
    """Whether this unit leads, and the ledger does not say so yet."""
    return unit.is_leader and not unit.is_named and not unit.began.is_read_only


def claimed(unit: Unit, now: float, is_anything_due: bool) -> Ledger:
    """Return the ledger as a new leader writes it.

    The last leader may have died of its order, and so may the next fifty. So the change itself
    counts as a failed attempt, and it is counted in Juju, not on the disks that are gone.
    """
    began = unit.began
    changes = began.changes + 1 if is_anything_due and began.term else 0
    return replace(began, term=began.term + 1, leader=unit.name, since=now, changes=changes)


def _waits_until(ledger: Ledger) -> float:
    """Return the moment until which the leader of this term leaves the CA alone."""
    if not ledger.changes:
        return 0
    return backoff.not_before("transient", ledger.changes, ledger.since, None)
