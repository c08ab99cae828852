"""Steps of long work in the unit's status: maintenance, for as long as the hook lasts.

What the status was before is in a file, not in the unit's database: a hook that is killed loses
what it has put there, and the charm's status with it.
"""

from __future__ import annotations

import time
from pathlib import Path

from charmhelpers.core import hookenv

from layer_lets_encrypt.juju import tell
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places

PREFIX = "TLS: ordering "
BETWEEN_STEPS = 10  # seconds of work before the first step is shown, and between two steps


class Steps:
    """Shows the steps of one pass; most passes are too short for one."""

    def __init__(self) -> None:
        self._shown = time.monotonic()

    def __call__(self, number: int, total: int) -> None:
        """Show that order ``number`` of ``total`` begins, if it is time for that."""
        if time.monotonic() - self._shown < BETWEEN_STEPS:
            return
        current = list(hookenv.status_get())
        if not is_step(current):
            try:
                files.write_json(_file(), current)
            except OSError:
                return  # a full disk: the orders go on all the same
        tell.status("maintenance", f"{PREFIX}{number} of {total}")
        self._shown = time.monotonic()


def is_step(status: list[str]) -> bool:
    """Whether a status shows a step."""
    return status[0] == "maintenance" and status[1].startswith(PREFIX)


def ended() -> list[str] | None:
    """End the steps; return what the status was before, None if no step is shown now."""
    path = _file()
    if not path.exists():
        return None
    before = files.read_json(path, None)
    files.remove(path)
    if not is_step(list(hookenv.status_get())):
        return None  # the charm has spoken since
    is_sound = (
        isinstance(before, list)
        and len(before) == 2
        and all(isinstance(word, str) for word in before)
    )
    return before if is_sound else ["unknown", ""]


def _file() -> Path:
    return Places.of(hookenv.local_unit()).status
