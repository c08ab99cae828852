"""What the operator is told, from the problems that last: pure.

One line: name, cause and remedy, next attempt. If space is short the name is shortened, never
the rest; what comes from outside is bounded before it becomes a cause.
"""

from __future__ import annotations

from typing import Iterable, NamedTuple, Sequence

from layer_lets_encrypt.rules import expiry
from layer_lets_encrypt.rules.facts import Certificate
from layer_lets_encrypt.rules.plan import KEEP, Decision, format_utc
from layer_lets_encrypt.rules.records import CONTACT, History, Record

PREFIX = "TLS: "
MAX_LENGTH = 199
MIN_NAME = 15  # a shorter one would name nothing any more


class Complaint(NamedTuple):
    """A condition that lasts: ``severity`` is "blocked" or "waiting".

    ``text`` is cause and remedy, ``name`` what they are about, "" for the unit or where the text
    says so; ``later`` says when it is tried again, ``expires`` when the certificate on disk ends.
    A ``minor`` one keeps no certificate away.
    """

    severity: str
    text: str
    name: str = ""
    later: str = ""
    minor: bool = False
    expires: str = ""


def of_decisions(decisions: Sequence[Decision], past: History, now: float) -> list[Complaint]:
    """Return the complaints about certificates that are missing or due, and why they are.

    ``decisions`` are those of a renewing pass: others overlook what is due.
    """
    complaints = []
    for decision in filter(lambda one: has_failed(one, past), decisions):
        record, found = past.of(decision.request.lineage_name), valid_part(decision)
        complaint = _complaint(decision.request.names[0], record, now)
        if found is not None:
            severity, expires = expiry.stage(found, now)
            severity = "blocked" if severity == "blocked" else complaint.severity
            complaint = complaint._replace(severity=severity, expires=expires)
        complaints.append(complaint)
    return complaints


def has_failed(decision: Decision, past: History) -> bool:
    """Whether the past says why the certificate is still to be ordered."""
    record = past.of(decision.request.lineage_name)
    current = record.asked == decision.asked or not record.failures
    return decision.action != KEEP and current and record.problem is not None


def valid_part(decision: Decision) -> Certificate | None:
    """Return the certificate on disk if it is for the wanted names, even if it has expired."""
    lineage = decision.lineage
    return lineage.certificate if lineage.holds(decision.request.names) else None


def of_unit(names: Sequence[str], past: History, now: float) -> list[Complaint]:
    """Return the complaints about what concerns no single certificate.

    ``names`` says which of the history's CONTACT, DNS and SERVICE are still not as wanted.
    """
    records = [(name, past.of(name)) for name in names]
    return [
        _complaint("", record, now, minor=name == CONTACT)
        for name, record in records
        if record.problem is not None
    ]


def of_own_services(lineages: Iterable[str], past: History, now: float) -> list[Complaint]:
    """Return the complaints about services that have not loaded these certificates."""
    found = [(name, past.services.get(name)) for name in lineages]
    return [
        _complaint(name, record, now)
        for name, record in found
        if record is not None and record.problem is not None
    ]


def of_settings(found: Sequence[tuple[str, Record]], now: float) -> list[Complaint]:
    """Return the complaints about settings of certificates that are valid without them.

    ``found`` are names, each with the record of its checks.
    """
    return [
        _complaint(name, record, now, minor=record.problem.severity == "waiting")
        for name, record in found
        if record.problem is not None
    ]


def of_deployments(decisions: Sequence[Decision], past: History, now: float) -> list[Complaint]:
    """Return the complaints about certificates that the operator's command did not deploy."""
    if past.deployed is None:
        return []
    names = [(one.request.lineage_name, one.request.names[0]) for one in decisions]
    found = [(name, past.deployments.get(lineage)) for lineage, name in names]
    return [
        _complaint(name, record, now)
        for name, record in found
        if record is not None and record.problem is not None
    ]


def _complaint(name: str, record: Record, now: float, minor: bool = False) -> Complaint:
    assert record.problem is not None
    text, name = record.problem.words, record.problem.name or name
    if name and text.startswith(name + ": "):
        text = text[len(name) + 2 :]
    later = f"next attempt {format_utc(record.not_before)}" if record.not_before > now else ""
    severity = "waiting" if minor else record.problem.severity
    return Complaint(severity, text, name, later, minor)


def worst(complaints: Sequence[Complaint]) -> Complaint | None:
    """Return the one complaint to show, None if there is none: blocked first, minor ones last."""
    if not complaints:
        return None
    first = min(complaints, key=lambda one: (one.minor, one.severity != "blocked"))
    more = len({(complaint.name, complaint.text) for complaint in complaints}) - 1
    return Complaint(first.severity, _line(first, f" (and {more} more)" if more else ""))


def _line(complaint: Complaint, tail: str) -> str:
    rest = _rest(complaint, tail)
    if not complaint.name:
        return PREFIX + rest
    name = shortened(complaint.name, MAX_LENGTH - len(f"{PREFIX}: {rest}"))
    return f"{PREFIX}{name}: {rest}"


def _rest(complaint: Complaint, tail: str) -> str:
    """Return what follows the name; with the day of expiry, not all of it may fit."""
    space = MAX_LENGTH - len(f"{PREFIX}: ") - min(len(complaint.name), MIN_NAME)
    rest = ""
    for more, later in ((tail, complaint.later), ("", complaint.later), ("", "")):
        parts = (complaint.text, complaint.expires, later)
        rest = "; ".join(part for part in parts if part) + more
        if len(rest) <= space or not complaint.expires:
            break
    return rest


def shortened(name: str, space: int) -> str:
    """Return ``name`` in ``space`` characters, at least MIN_NAME: its middle is left out."""
    space = max(space, MIN_NAME)
    if len(name) <= space:
        return name
    ahead = (space - 3) // 2
    return name[:ahead] + "..." + name[len(name) - (space - 3 - ahead) :]
