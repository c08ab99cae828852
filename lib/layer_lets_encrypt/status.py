"""What the operator is told, from the problems that last: pure."""

from dataclasses import dataclass
from typing import List, Optional, Sequence

from layer_lets_encrypt.history import History, Record
from layer_lets_encrypt.plan import KEEP, Decision, moment

PREFIX = "TLS: "


@dataclass(frozen=True)
class Complaint:
    """A condition that lasts: ``severity`` is "blocked" or "waiting"."""

    severity: str
    text: str


def of_decisions(decisions: Sequence[Decision], past: History, now: float) -> List[Complaint]:
    """Return the complaints about certificates that are missing or due, and why they are.

    ``decisions`` are those of a renewing pass: others overlook what is due.
    """
    complaints = []
    for decision in decisions:
        record = past.of(decision.request.lineage)
        current = record.asked == decision.asked or not record.failures
        if decision.action != KEEP and current and record.problem is not None:
            complaints.append(_complaint(decision.request.names[0], record, now))
    return complaints


def of_unit(names: Sequence[str], past: History, now: float) -> List[Complaint]:
    """Return the complaints about what concerns no single certificate.

    ``names`` says which of the history's CONTACT and SERVICE are still not as wanted.
    """
    records = [past.of(name) for name in names]
    return [_complaint("", record, now) for record in records if record.problem is not None]


def _complaint(name: str, record: Record, now: float) -> Complaint:
    assert record.problem is not None
    text = record.problem.detail
    if not text.startswith(name):
        text = f"{name}: {text}"
    if record.not_before > now:
        text = f"{text}; next attempt {moment(record.not_before)}"
    return Complaint(record.problem.severity, text)


def worst(complaints: Sequence[Complaint]) -> Optional[Complaint]:
    """Return the one complaint to show, None where there is none; blocked comes first."""
    if not complaints:
        return None
    ordered = sorted(complaints, key=lambda complaint: complaint.severity != "blocked")
    first, more = ordered[0], len({complaint.text for complaint in complaints}) - 1
    tail = f" (and {more} more)" if more else ""
    return Complaint(first.severity, PREFIX + first.text + tail)
