"""What of a lineage's record other units get to know, and what a new leader makes of it. Pure."""

from __future__ import annotations

from dataclasses import replace

from layer_lets_encrypt.rules import sharing
from layer_lets_encrypt.rules.problem import SEVERITY, Problem
from layer_lets_encrypt.rules.records import Record
from layer_lets_encrypt.rules.shared_ledger import Spent

_ALIKE = ("asked", "failures", "refusals", "failed_at", "not_before", "suspect", "advised_at",
          "issued_at", "forced")  # fmt: skip


def of_record(record: Record) -> Spent:
    """Return what is told of a record: that there were attempts, and how the last one failed."""
    alike = {name: getattr(record, name) for name in _ALIKE}
    problem = record.problem if record.failures else None
    if problem is None:
        return Spent(**alike)
    return Spent(**alike, category=problem.category, detail=problem.detail,
                 retry_at=problem.retry_at)  # fmt: skip


def merged(record: Record, shared: Spent | None, now: float) -> Record:
    """Return the record with what another unit has done since."""
    own = of_record(record)
    newest = sharing.merged(own, shared, now)
    if newest == own:
        return record
    known = newest.category in SEVERITY
    problem = Problem(newest.category if known else "transient", newest.detail,
                      retry_at=newest.retry_at)  # fmt: skip
    alike = {name: getattr(newest, name) for name in _ALIKE}
    return replace(record, **alike, problem=problem if newest.failures else record.problem)
