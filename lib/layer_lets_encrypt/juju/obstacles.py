"""What in Juju keeps the unit from ordering a certificate: a closed port, or another leader."""

from __future__ import annotations

from layer_lets_encrypt.juju import ports, sharing
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted


def found(wanted: Wanted, request: Request) -> Problem | None:
    """Return why Juju keeps this unit from ordering a certificate, None if it does not."""
    return ports.closed(wanted.challenge_of(request)) or sharing.current().refusal(request)
