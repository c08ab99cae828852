"""The state of certificates as plain data, for charms and actions."""

from __future__ import annotations

import math
import time
from typing import Any, Sequence

from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.advice import Advice
from layer_lets_encrypt.rules import renewal
from layer_lets_encrypt.rules.facts import Certificate, Lineage
from layer_lets_encrypt.rules.metrics import Sample
from layer_lets_encrypt.rules.records import History, Record
from layer_lets_encrypt.rules.request import Request


def certificates(
    requests: Sequence[Request], places: Places, challenge: str, now: float
) -> list[dict[str, Any]]:
    """Return one dict for each request; reads the disk, changes nothing.

    ``challenge`` is the unit's, for requests without one of their own.
    """
    past, reader = ledger.load(places.history), Reader(places.facts)
    advice = Advice(places.renewal_info)
    states: list[dict[str, Any]] = []
    uris: dict[str, str | None] = {}
    for request in requests:
        lineage, record = reader.inspect(request.lineage_name), past.of(request.lineage_name)
        state = _certificate(request, lineage, advice.moment(lineage), now)
        state.update(challenge=request.challenge or challenge, **_attempts(record))
        if lineage.server not in uris:
            uris[lineage.server] = _account(lineage.server, past)
        state["account"] = uris[lineage.server]
        states.append(state)
    return states


def line(state: dict[str, Any]) -> str:
    """Return one certificate's state, as certificates() tells it, in one line."""
    said = [", ".join(state["names"])]
    if not state["on_disk"]:
        said.append("not on disk")
    else:
        said.append(f"until {state['not_after']} ({state['days_left']} days), due {state['due']}")
    if state["error"]:
        said.append(f"last error: {state['error']}")
    if state["next_attempt"]:
        said.append(f"next attempt {state['next_attempt']}")
    return "; ".join(said)


def samples(
    requests: Sequence[Request], past: History, reader: Reader, advice: Advice
) -> list[Sample]:
    """Return what monitoring is told of each request; changes nothing."""
    return [_sample(one, reader.inspect(one.lineage_name), past.of(one.lineage_name), advice)
            for one in requests]  # fmt: skip


def _sample(request: Request, lineage: Lineage, record: Record, advice: Advice) -> Sample:
    found = lineage.certificate
    due = _due(found, advice.moment(lineage)) if found else None
    return Sample(
        request.lineage_name,
        lineage.holds(request.names),
        found.not_before if found else None,
        found.not_after if found else None,
        record.issued_at or None,
        record.failed_at or None,
        record.failures,
        record.not_before if record.failures else due,
    )


def _certificate(
    request: Request, lineage: Lineage, advised: float | None, now: float
) -> dict[str, Any]:
    found = lineage.certificate
    return {
        "name": request.lineage_name,
        "names": list(request.names),
        "on_disk": lineage.holds(request.names),
        "not_before": _iso(found.not_before) if found else None,
        "not_after": _iso(found.not_after) if found else None,
        "days_left": math.floor((found.not_after - now) / 86400) if found else None,
        "due": _iso(_due(found, advised)) if found else None,
        "serial": found.serial if found else None,
        "issuer": found.issuer if found else None,
        "key_type": found.key_type if found else None,
        "server": lineage.server or None,
    }


def _account(server: str, past: History) -> str | None:
    """Return the URI of the account that is used with the CA at ``server``."""
    found = accounts.used(server, past) if server else None
    return (found.uri or None) if found else None


def _attempts(record: Record) -> dict[str, Any]:
    return {
        "error": record.problem.text if record.problem else None,
        "next_attempt": _iso(record.not_before) if record.failures else None,
    }


def _due(found: Certificate, advised: float | None) -> float:
    due = renewal.due_at(found.not_before, found.not_after, found.serial)
    return due if advised is None else min(due, advised)


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
