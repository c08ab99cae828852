"""Makes the unit's web server answer the challenges of an account."""

from __future__ import annotations

from typing import NamedTuple

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules import records
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.web import snippets


class Included(NamedTuple):
    """What keeps the web server from answering; whether it was reloaded just now."""

    problem: Problem | None = None
    is_new: bool = False


def include(machine: Machine, ledger: Ledger, challenge: Challenge, thumbprint: str) -> Included:
    """Write what the web server includes, and have it read that. Raises OSError.

    A reload that did not happen is made up for in the next hook.
    """
    folder = machine.places.snippets
    snippets.write(folder, challenge, machine.wanted.webroot, thumbprint)
    loaded = records.digest(snippets.texts(folder))
    if ledger.past.snippets == loaded:
        return Included()
    problem = machine.reload_service()
    if problem is not None:
        return Included(problem)
    ledger.included(loaded)
    return Included(is_new=True)
