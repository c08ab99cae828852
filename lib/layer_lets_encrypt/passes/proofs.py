"""Names that the DNS server cannot prove together, shown to the CA one after the other.

The CA then knows them when the certificate itself is ordered, if it reuses authorizations. Each
look costs a certificate that nobody needs.
"""

from __future__ import annotations

from typing import Callable, Sequence

from layer_lets_encrypt.ca import arguments as certbot_arguments
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.certificates import removal
from layer_lets_encrypt.dns import plugin as dns_plugin
from layer_lets_encrypt.passes import handover
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules import dns_rounds
from layer_lets_encrypt.rules.facts import ABSENT, Lineage
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import Request

_HOPELESS = (
    "the DNS server keeps one value per name and the CA reuses no authorization; put a name and "
    "its wildcard into two certificates, or use a server that keeps several values"
)


def are_needed(request: Request, problem: Problem | None) -> bool:
    """Whether an order has failed because a name needs two values where only one stays."""
    return (
        problem is not None
        and dns_plugin.ONE_VALUE in problem.detail
        and len(dns_rounds.groups(request.names)) > 1
    )


def hopeless(request: Request) -> Problem:
    """Return what is to be done if the CA does not remember what it has seen."""
    return Problem("configuration", one_line(f"{request.lineage_name}: {_HOPELESS}"))


def make(
    machine: Machine,
    request: Request,
    words: Sequence[str],
    known: str,
    attempt: str,
    on_tick: Callable[[], None],
) -> Problem | None:
    """Have the CA look at the names; return what went wrong.

    ``words`` are certbot's arguments for the challenge, ``known`` is the account's identifier.
    """
    proof = Lineage(request.lineage_name + dns_rounds.PROOF, ABSENT)
    for names in dns_rounds.groups(request.names):
        removal.remove(proof.name)  # an attempt that was killed may have left one
        part = request._replace(names=tuple(names))
        arguments = certbot_arguments.certonly(part, machine.wanted.account, words, proof, known)
        try:
            machine.certbot(arguments, attempt, on_tick, handover.TICK)
        except CertbotError as error:
            return error.problem
        finally:
            removal.remove(proof.name)
    return None
