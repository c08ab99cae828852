"""Whether this machine has what the operator's options name: looks, and changes nothing."""

from __future__ import annotations

import os

from layer_lets_encrypt.delivery import owners
from layer_lets_encrypt.rules.delivery import DEPLOY, FAILURE, METRICS, NOTHING, Delivery
from layer_lets_encrypt.rules.request import InvalidRequest

MAX_SHOWN = 60


def faults(delivery: Delivery) -> list[str]:
    """Return what is missing, each with its option and the remedy."""
    if delivery == NOTHING:
        return []
    found = []
    if delivery.access is not None:
        try:
            owners.resolve(delivery.access)
        except InvalidRequest as error:
            found.append(str(error))
    for option, command in ((DEPLOY, delivery.deploy), (FAILURE, delivery.failure)):
        if command and not _can_be_run(command[0]):
            found.append(_missing(option, command[0], "program that this unit can run"))
    if delivery.metrics and not os.path.isdir(delivery.metrics):
        found.append(_missing(METRICS, delivery.metrics, "folder of this unit"))
    return found


def _can_be_run(program: str) -> bool:
    from layer_lets_encrypt.delivery import programs

    return programs.find(program) is not None


def _missing(option: str, what: str, kind: str) -> str:
    reason = f"names {what[:MAX_SHOWN]!r}, which is not a {kind}"
    return str(InvalidRequest(option, reason, "create it, or correct the option"))
