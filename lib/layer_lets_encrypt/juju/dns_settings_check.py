"""Whether the settings for DNS-01 can be used, found out when they change, not at a renewal.

A pass checks the settings of what it orders. The others are checked at the end of a hook: once
for each change, and after a failure again with growing intervals.
"""

from __future__ import annotations

import os
import time
from typing import Dict, Mapping, Sequence

from charmhelpers.core import unitdata

from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.juju import hook, obstacles, tell
from layer_lets_encrypt.machine.deadline import Budget
from layer_lets_encrypt.rules import complaint, records
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import NOTHING, History, Record
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

KEY = "layer.lets-encrypt.dns-settings"  # in the unit's database: lineage -> record of the checks
BUDGET = 20  # seconds for all checks of a hook; the others are made in the next one
LEAST = 5  # seconds; a check that has less would blame the provider for it

Known = Dict[str, Record]


def are_used(wanted: Wanted) -> bool:
    """Whether a certificate has settings to check, or had."""
    used = any(wanted.challenge_of(request).wants_dns for request in wanted.requests)
    return used or bool(unitdata.kv().get(KEY))


def check(wanted: Wanted, decisions: Sequence[Decision], past: History) -> None:
    """Check the settings of valid certificates that have changed, or whose time has come.

    Raises OSError.
    """
    using = [d.request for d in decisions if _is_concerned(wanted, d, past)]
    known, budget = _recall(), Budget(BUDGET)
    found = {}
    for request in using:
        before = known.get(request.lineage_name, NOTHING)
        found[request.lineage_name] = _checked(wanted, request, before, budget)
    _keep({name: record for name, record in found.items() if record != NOTHING})


def complaints(
    wanted: Wanted, decisions: Sequence[Decision], past: History, now: float
) -> list[Complaint]:
    """Return what is wrong with the settings of valid certificates, as far as it is known."""
    known = _recall()
    using = [d.request for d in decisions if _is_concerned(wanted, d, past)]
    found = [(one.names[0], known[one.lineage_name]) for one in using if one.lineage_name in known]
    return complaint.of_settings(found, now)


def found_out(wanted: Wanted, request: Request, problem: Problem | None) -> None:
    """Remember what the operator has just found out about a certificate's settings."""
    known = _recall()
    known[request.lineage_name] = _record(NOTHING, _asked(wanted, request), problem)
    _keep(known)


def forget(requests: Sequence[Request]) -> None:
    """Have the settings of these certificates checked again in this hook."""
    names = {request.lineage_name for request in requests}
    _keep({name: record for name, record in _recall().items() if name not in names})


def _is_concerned(wanted: Wanted, decision: Decision, past: History) -> bool:
    """Whether nothing else checks the settings: there is a certificate, and no order has failed."""
    if not wanted.challenge_of(decision.request).wants_dns:
        return False
    return complaint.valid_part(decision) is not None and not complaint.has_failed(decision, past)


def _checked(wanted: Wanted, request: Request, before: Record, budget: Budget) -> Record:
    """Return what is known of one certificate's settings by now.

    Only a unit that may order needs them. Whether they can be read is asked in each hook while
    they cannot: that asks nobody outside, and Juju runs no hook when a secret is granted.
    """
    from layer_lets_encrypt.juju import dns_settings

    asked = _asked(wanted, request)
    if before.asked == asked and (before.problem is None or before.waits(asked, time.time())):
        return before
    if obstacles.found(wanted, request) is not None:
        return NOTHING
    unreadable = dns_settings.write(request)
    if unreadable is not None:
        return _told(request, before, before.about(asked).hindered(unreadable))
    seconds = budget.left()
    if seconds < LEAST:
        return before
    problem = dns_settings.install_packages(request) or _of_plugin(request, seconds)
    return _told(request, before, _record(before, asked, problem))


def _of_plugin(request: Request, seconds: float) -> Problem | None:
    """Return why a challenge could not be set up, None if it could; nothing is published."""
    from layer_lets_encrypt.ca import gate
    from layer_lets_encrypt.dns import plugin

    config = hook.places().dns_config(request)
    return plugin.check(config, request, gate.environment(os.environ), seconds)


def _asked(wanted: Wanted, request: Request) -> str:
    return records.digest(wanted.dns, request.dns, request.names)


def _record(before: Record, asked: str, problem: Problem | None) -> Record:
    return before.about(asked).failed(problem, time.time()) if problem else Record(asked)


def _told(request: Request, before: Record, record: Record) -> Record:
    """Log what is new; return the record."""
    if record.problem is not None and record.problem != before.problem:
        tell.log(f"DNS settings of {request.lineage_name}: {record.problem.text}")
    return record


def _recall() -> Known:
    """Return what is known, record by record: another version may have written it."""
    plain, known = unitdata.kv().get(KEY), {}
    for name, written in plain.items() if isinstance(plain, dict) else ():
        try:
            known[name] = ledger.record_from_plain(written)
        except ValueError:
            continue
    return known


def _keep(known: Mapping[str, Record]) -> None:
    plain = {name: ledger.record_to_plain(record) for name, record in known.items()}
    if plain != (unitdata.kv().get(KEY) or {}):
        unitdata.kv().set(KEY, plain)
