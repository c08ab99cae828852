"""Keeping what a context asked for, in the parts in which the release does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..state import faults, model
from ..state.flush import FlushError, flush_secrets
from ..state.pending import Pending, SecretChanges

if TYPE_CHECKING:
    from .machine import Machine


def keep(
    machine: Machine, unit: str, pending: Pending, function: Callable[..., Any], *args: Any
) -> None:
    """Apply `function(data, unit, pending, *args)`; FlushError if the controller refuses.

    Juju 3 writes secrets in a transaction of their own before all else.
    """
    reach(machine, unit, "flush:before")
    if model.profile_of(machine.store.data).flushes_secrets_first:
        if pending.secrets != SecretChanges():
            machine.change(flush_secrets, unit, pending)
            pending.secrets = SecretChanges()
        reach(machine, unit, "flush:after-secrets")
    machine.change(function, unit, pending, *args)
    reach(machine, unit, "flush:after")


def reach(machine: Machine, unit: str, point: str) -> None:
    """Let happen what a test has planted at this point."""
    if point not in machine.store.data["units"].get(unit, {}).get("faults", {}):
        return
    if machine.change(faults.take, unit, point) == faults.KILL:
        machine.lose_power()
    raise FlushError(f"planted fault {point}")
