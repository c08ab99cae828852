"""The unit's workload status: said while a condition lasts, given back afterwards.

The status belongs to the charm. This layer speaks up in every hook while something keeps a
certificate away, and afterwards puts back what the charm had said. It never says active of
its own accord.
"""

from __future__ import annotations

import sys
from typing import Callable

from charmhelpers.core import hookenv, unitdata

from layer_lets_encrypt.juju import steps, tell
from layer_lets_encrypt.rules.complaint import Complaint

KEY = "layer.lets-encrypt.status"  # {"said": [state, text], "before": [state, text]}
SETTABLE = ("maintenance", "blocked", "waiting", "active")


def speak_last(assess: Callable[[], None]) -> None:
    """Have ``assess`` run at the end of the hook, after all that others have scheduled there.

    The callbacks run in reverse order, so it goes to the front, however early others came.
    """
    callbacks = hookenv._atexit
    ours = [entry for entry in callbacks if entry[0] is assess]
    callbacks[:] = [*ours, *(entry for entry in callbacks if entry[0] is not assess)]


def say(complaint: Complaint | None) -> None:
    """Show the complaint; with None, put back the charm's status if ours still stands."""
    ours, before_steps = unitdata.kv().get(KEY), steps.ended()
    if complaint is None:
        _give_back(ours, before_steps)
        return
    current = before_steps or list(hookenv.status_get())
    is_ours = ours is not None and current == ours["said"]
    if not is_ours and current[0] == "blocked" and complaint.severity == "waiting":
        return  # the charm already reports something worse
    before = _deferred() or (ours["before"] if is_ours else current)
    said = [complaint.severity, tell.shown(complaint.text)]
    unitdata.kv().set(KEY, {"said": said, "before": before})
    tell.status(*said)


def _deferred() -> list[str] | None:
    """Return what the charm has said in this hook through layer:status, which tells Juju later."""
    module = sys.modules.get("charms.layer.status")
    pending = getattr(module, "_statuses", {})
    for state in getattr(module, "WorkloadState", ()):
        if pending.get(state):
            return [state.value, pending[state][-1][1]]
    return None


def _give_back(ours: dict[str, list[str]] | None, before_steps: list[str] | None) -> None:
    """Put back what the charm had said, if a complaint or a step of ours is shown."""
    if ours is None and before_steps is None:
        return
    unitdata.kv().unset(KEY)
    current = before_steps or list(hookenv.status_get())
    if ours is not None and current == ours["said"]:
        current = ours["before"]
    elif before_steps is None:
        return  # the charm has spoken since
    if current[0] in SETTABLE:
        tell.status_of_charm(*current)
    else:
        tell.status("maintenance", "TLS is ready; the charm has not set a status")
