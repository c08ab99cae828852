"""Other units of this machine that keep certificates with this layer."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules.printable import few
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.renewal import DAY
from layer_lets_encrypt.rules.request import Request

AGENTS = Path("/var/lib/juju/agents")
FEW, MAX_SHOWN = 2, 24  # names in a status, and characters of each
LASTING = 30 * DAY  # how long a claim holds that nobody renews


class Claim(NamedTuple):
    """A lineage that another unit wants; ``folder`` is the unit's, such as blog-0."""

    folder: str
    names: list[str]


def renew_claims(places: Places) -> None:
    """Show the other units, once a day, that this one is still there. Raises OSError."""
    path = str(places.history)
    if os.path.isfile(path) and not 0 <= time.time() - os.lstat(path).st_mtime < DAY:
        os.utime(path)


def claims(places: Places) -> dict[str, Claim]:
    """Return what the other units want, by lineage."""
    found: dict[str, Claim] = {}
    for state in _states(places):
        found.update(_claims_of(state))
    return found


def kept(places: Places) -> set[str]:
    """Return the lineages that other units want, or have made and not yet removed."""
    pasts = [ledger.load(state) for state in _states(places)]
    return {name for past in pasts for name in (*past.claims, *past.lineages)}


def _states(places: Places) -> list[Path]:
    found = sorted(places.state.parent.glob("*/history.json"))
    return [state for state in found if state.parent != places.state and _lives(state, places)]


def _lives(state: Path, own: Places) -> bool:
    """Whether the unit that keeps this history is still on the machine.

    One that was removed by force has no agent any more, and renews its claims no longer.
    """
    ours, theirs = (AGENTS / f"unit-{folder.name}" for folder in (own.state, state.parent))
    if ours.is_dir() and not theirs.is_dir():
        return False
    try:
        return time.time() - state.lstat().st_mtime < LASTING
    except OSError:
        return False


def conflict(request: Request, others: dict[str, Claim]) -> Problem | None:
    """Return why another unit's claim keeps this request from being granted, None if it does not.

    Two units may share a certificate for the same names.
    """
    claim = others.get(request.lineage_name)
    if claim is None or set(claim.names) == set(request.names):
        return None
    names = few(claim.names, FEW, MAX_SHOWN)
    detail = f"the unit {one_line(claim.folder, MAX_SHOWN)} on this machine wants it for {names}"
    return Problem("blocked", detail, remedy="give one of them another first name")


def _claims_of(state: Path) -> dict[str, Claim]:
    past = ledger.load(state)
    return {name: Claim(state.parent.name, names) for name, names in past.claims.items()}


def renounce(places: Places) -> None:
    """Let the other units see that this one wants nothing any more."""
    if places.history.exists():
        Ledger(places.history).claims({})
