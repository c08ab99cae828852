"""Whether this unit answers the CA for an account that another unit has opened."""

from __future__ import annotations

from typing import Mapping

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.dns.lookup import Lookups
from layer_lets_encrypt.juju import hook, ports, tell
from layer_lets_encrypt.machine.deadline import Budget
from layer_lets_encrypt.passes import answering
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules.challenge import STATELESS
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.wanted import Wanted
from layer_lets_encrypt.web import self_check
from layer_lets_encrypt.web.doubts import Doubts
from layer_lets_encrypt.web.self_check import SelfCheck

SECONDS = 8  # for the web server to answer, with the time that its reload takes


def prepare(wanted: Wanted, thumbprint: str, env: Mapping[str, str]) -> Problem | None:
    """Make the web server answer for an account; return what keeps it from that.

    Raises OSError.
    """
    closed = ports.closed(STATELESS)
    if closed is not None:
        return closed
    places = hook.places()
    machine = Machine(wanted, places, env, tell.log)
    included = answering.include(machine, Ledger(places.history), STATELESS, thumbprint)
    if included.problem is not None:
        return included.problem
    budget = Budget(SECONDS)
    lookups = Lookups(budget)
    doubts = Doubts(lookups, SelfCheck(lookups, budget, public=False), tuple)
    if included.is_new:
        doubts.reloaded()
    said = doubts.here(wanted.of_all_units[0].names[0], self_check.of_thumbprint(thumbprint))
    if said:
        remedy = "the leader waits for this unit; does its web server include the snippet?"
        return Problem("waiting", said, remedy=remedy)
    return None
