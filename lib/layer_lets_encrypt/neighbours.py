"""Other units of this machine that keep certificates with this layer."""

from dataclasses import replace
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Set

from layer_lets_encrypt import history
from layer_lets_encrypt.problem import Problem
from layer_lets_encrypt.request import Request
from layer_lets_encrypt.wanted import Places


class Claim(NamedTuple):
    """A lineage that another unit wants; ``folder`` is the unit's, such as blog-0."""

    folder: str
    names: List[str]


def claims(places: Places) -> Dict[str, Claim]:
    """Return what the other units want, by lineage."""
    found: Dict[str, Claim] = {}
    for state in _states(places):
        found.update(_claims_of(state))
    return found


def kept(places: Places) -> Set[str]:
    """Return the lineages that other units want, or have made and not yet removed."""
    pasts = [history.load(state) for state in _states(places)]
    return {name for past in pasts for name in (*past.claims, *past.records)}


def _states(places: Places) -> List[Path]:
    found = sorted(places.state.parent.glob("*/history.json"))
    return [state for state in found if state.parent != places.state]


def conflict(request: Request, others: Dict[str, Claim]) -> Optional[Problem]:
    """Return why another unit's claim keeps this request from being granted, None if it does not.

    Two units may share a certificate for the same names.
    """
    claim = others.get(request.lineage)
    if claim is None or set(claim.names) == set(request.names):
        return None
    detail = f"the unit {claim.folder} on this machine wants it for {', '.join(claim.names)}"
    return Problem("blocked", detail + "; give one of them another first name")


def _claims_of(state: Path) -> Dict[str, Claim]:
    past = history.load(state)
    return {name: Claim(state.parent.name, names) for name, names in past.claims.items()}


def renounce(places: Places) -> None:
    """Let the other units see that this one wants nothing any more."""
    if places.history.exists():
        history.save(replace(history.load(places.history), claims={}), places.history)
