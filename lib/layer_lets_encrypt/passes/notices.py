"""Runs the operator's other command when a certificate has failed: once for each kind of failure.

It is for people's attention. So what it does itself is logged, and never tried again.
"""

from __future__ import annotations

import time
from typing import Callable, Iterator, Mapping

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.rules.command import shown
from layer_lets_encrypt.rules.delivery import FAILURE
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted


def failures(wanted: Wanted, past: History) -> Iterator[tuple[Request, Problem]]:
    """Yield what has failed by now; what only waits for its time has not."""
    for request in wanted.requests:
        record = past.of(request.lineage_name)
        problem = record.problem
        if problem is not None and (record.failures or problem.category == "blocked"):
            yield request, problem
        deployment = past.deployments.get(request.lineage_name)
        if deployment is not None and deployment.problem is not None:
            yield request, deployment.problem


def tell(
    wanted: Wanted,
    ledger: Ledger,
    env: Mapping[str, str],
    log: Callable[[str], None],
    deadline: float,
) -> None:
    """Run the command for each failure that it was not run for.

    That it was is on disk before. No command is started after ``deadline``, a moment of the
    monotonic clock. Raises OSError if the ledger cannot be written.
    """
    command = wanted.delivery.failure
    if not command:
        if FAILURE not in wanted.delivery.unusable:
            ledger.told({})
        return
    failed = list(failures(wanted, ledger.past))
    still = {request.lineage_name for request, _ in failed}
    told = {name: kinds for name, kinds in ledger.past.told.items() if name in still}
    ledger.told(told)
    for request, problem in failed:
        kinds = told.get(request.lineage_name, [])
        if problem.category in kinds:
            continue
        if time.monotonic() > deadline:
            return
        told = {**told, request.lineage_name: [*kinds, problem.category]}
        ledger.told(told)
        _run(command, request, problem, env, log)


def _run(
    command: tuple[str, ...],
    request: Request,
    problem: Problem,
    env: Mapping[str, str],
    log: Callable[[str], None],
) -> None:
    from layer_lets_encrypt.delivery import programs  # most passes run none

    own = {
        "FAILED_NAME": request.lineage_name,
        "FAILED_DOMAINS": " ".join(request.names),
        "FAILED_CATEGORY": problem.category,
        "FAILED_TEXT": problem.text,
    }
    log(f"{request.lineage_name}: running {shown(FAILURE, command)}")
    try:
        outcome = programs.run(command, programs.environment(env, own))
    except (OSError, ValueError) as error:
        log(f"{request.lineage_name}: {FAILURE} cannot be started: {error}")
        return
    for line in outcome.last_lines:
        log(f"{request.lineage_name}: {line}")
    if outcome.status != 0:
        log(f"{request.lineage_name}: {FAILURE} {outcome.words}")
