"""What earlier passes have left behind: attempts without an end, obstacles, DNS records."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Mapping, Sequence

from layer_lets_encrypt.certificates import stray
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import plan
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import DNS, Record
from layer_lets_encrypt.rules.request import Request


def settle_interrupted(requests: Sequence[Request], ledger: Ledger, reader: Reader) -> None:
    """Judge, by what is on disk, the attempts whose end nobody has seen. Raises OSError."""
    now = time.time()
    with ledger.deferred():
        for request in requests:
            record = ledger.of(request.lineage_name)
            if record.begun is not None:
                ledger.record(request.lineage_name, _settled(request, record, reader, now))


def _settled(request: Request, record: Record, reader: Reader, now: float) -> Record:
    found = reader.inspect(request.lineage_name)
    if (
        found.holds(request.names)
        and found.certificate
        and record.brought(found.certificate.serial)
    ):
        return record.succeeded()
    made = stray.new_one(request.lineage_name, request.names, record.numbered)
    seen = Problem("interrupted", "the last attempt was interrupted")
    return replace(record, stray=made or record.stray).failed(seen, now)


def forget_obstacles(decisions: Sequence[Decision], renewing: bool, ledger: Ledger) -> None:
    """Forget what hindered before, and failures of what proves to be in order. Raises OSError."""
    with ledger.deferred():
        for decision in decisions:
            record = ledger.of(decision.request.lineage_name)
            if record.problem is not None and not record.failures:
                ledger.record(decision.request.lineage_name, record.hindered(None))
            elif record.failures and renewing and decision.action == plan.KEEP:
                ledger.record(decision.request.lineage_name, record.settled())


def sweep_dns(places: Places, env: Mapping[str, str], ledger: Ledger) -> Problem | None:
    """Remove from the DNS what a killed order left there; return what keeps it there.

    A failure is remembered: the next attempts come at growing intervals.
    """
    from layer_lets_encrypt.dns import plugin as dns_plugin

    problem = None
    for config in places.dns_configs():
        problem = dns_plugin.sweep(config, env)
        if problem is None:
            ledger.forget(DNS)
            return None
    if problem is not None:
        now = time.time()
        ledger.record(DNS, ledger.of(DNS).begin(DNS, now).failed(problem, now))
    return problem
