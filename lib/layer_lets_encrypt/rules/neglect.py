"""Certificates that come to their end and nobody says why: pure. Times are POSIX seconds."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from layer_lets_encrypt.rules import complaint, expiry, renewal
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.facts import Certificate
from layer_lets_encrypt.rules.plan import KEEP, Decision, format_utc
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.schedule import USUAL_GAP

_BY_HAND = "run the action lets-encrypt-renew"


class Rhythm(NamedTuple):
    """How renewals come about: at most ``gap`` seconds apart.

    ``cause`` is what is wrong with the schedule, "" for nothing, and ``remedy`` what to do;
    ``is_certain`` tells that it cannot run at all. ``flag`` is the one by which the charm forbids
    renewals, "" for none.
    """

    gap: float = USUAL_GAP
    cause: str = ""
    remedy: str = ""
    is_certain: bool = False
    flag: str = ""


def complaints(
    decisions: Sequence[Decision], past: History, now: float, rhythm: Rhythm
) -> list[Complaint]:
    """Return the complaints about what is in order, but will expire if nothing happens.

    ``decisions`` are those of a renewing pass. What failed is told of elsewhere, with its date.
    """
    found, idle = [], []
    for decision in decisions:
        certificate = complaint.valid_part(decision)
        if certificate is None or complaint.has_failed(decision, past):
            continue
        if decision.action != KEEP:
            issued_at = past.of(decision.request.lineage_name).issued_at
            ordered = issued_at if issued_at <= now else 0  # the clock was set back
            found += _of_due(decision, certificate, now, rhythm, ordered)
        elif rhythm.is_certain or expiry.is_of_age(certificate, now):
            idle.append(decision)
    return [*found, *_of_schedule(idle, now, rhythm)]


def _of_due(
    decision: Decision, found: Certificate, now: float, rhythm: Rhythm, ordered: float
) -> list[Complaint]:
    severity, expires = expiry.stage(found, now)
    silent = rhythm.flag or not rhythm.cause
    is_neglected = expiry.is_neglected(found, now, rhythm.gap, ordered)
    if severity != "blocked" and silent and not is_neglected:
        return []
    due = renewal.due_at(found.not_before, found.not_after, found.serial)
    cause, remedy = rhythm.cause or "nobody has renewed it", rhythm.remedy or _BY_HAND
    if rhythm.flag:
        cause, remedy = f"the charm has set {rhythm.flag}", "see the charm's documentation"
    elif silent and not is_neglected and ordered > due:
        cause, remedy = f"it was ordered at {format_utc(ordered)} only", "check the unit's clock"
    text = f"due since {format_utc(due)}, but {cause}; {remedy}"
    return [Complaint(severity, text, decision.request.names[0], expires=expires)]


def _of_schedule(idle: Sequence[Decision], now: float, rhythm: Rhythm) -> list[Complaint]:
    """Return what is wrong with the schedule, with the certificate that ends first."""
    if not rhythm.cause or rhythm.flag:
        return []
    ends = [(found.not_after, d.request.names[0], found)
            for d in idle for found in [complaint.valid_part(d)] if found is not None]  # fmt: skip
    if not ends:
        return []
    _, name, first = min(ends, key=lambda end: end[:2])
    text = f"{rhythm.cause}, so nobody will renew it; {rhythm.remedy}"
    return [Complaint("waiting", text, name, expires=expiry.words(first, now))]


def ages(decisions: Sequence[Decision], now: float) -> bool | None:
    """Return whether a certificate is old enough for a silent schedule to matter; None: no one."""
    found = [certificate for certificate in map(complaint.valid_part, decisions) if certificate]
    return any(expiry.is_of_age(certificate, now) for certificate in found) if found else None
