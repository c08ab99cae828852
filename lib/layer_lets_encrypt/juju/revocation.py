"""Revokes a certificate: only the action that deletes it does so, and only if it is told to."""

from __future__ import annotations

import os

from layer_lets_encrypt.ca import arguments
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import ledger, lineage
from layer_lets_encrypt.juju import hook, tell
from layer_lets_encrypt.juju.configuration import read_configuration
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules.problem import Problem

REASONS = ("unspecified", "keycompromise", "affiliationchanged", "superseded",
           "cessationofoperation")  # fmt: skip


def revoke(name: str, reason: str) -> Problem | None:
    """Revoke the certificate of a lineage at the CA that it is from; return what went wrong."""
    if reason not in REASONS:
        return Problem("blocked", f"the reason {reason[:40]!r} is not one of {', '.join(REASONS)}")
    wanted = read_configuration().wanted
    if wanted is None:
        return Problem("blocked", "the options are not usable; see the status")
    server = lineage.inspect(name).server or wanted.account.server
    known = accounts.used(server, ledger.load(hook.places().history))
    machine = Machine(wanted, hook.places(), os.environ, tell.log)
    try:
        machine.certbot(arguments.revoke(name, server, reason, known.identifier if known else ""))
    except CertbotError as error:
        return error.problem
    return None
