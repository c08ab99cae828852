"""Whether the settings for DNS-01 could be used, found out when they change, not at a renewal."""

import os
import time
from typing import Any, Dict, List, Optional, Sequence

from charmhelpers.core import hookenv, unitdata

from layer_lets_encrypt.juju import hook, tell
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.plan import KEEP, Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import digest
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

# In the unit's database: lineage -> digest of its settings, what is wrong with them or "", and
# until when not to check them again, 0 for good
KEY = "layer.lets-encrypt.dns-settings"
AGAIN = 3600  # seconds after a check that found out nothing, since the network failed
BUDGET = 20  # seconds for all checks of a hook; the others are made in the next one

Entry = List[Any]
Known = Dict[str, Entry]


def are_used(wanted: Wanted) -> bool:
    """Whether a certificate has settings to check, or had."""
    used = any(wanted.challenge_of(request).wants_dns for request in wanted.requests)
    return used or bool(unitdata.kv().get(KEY))


def check(wanted: Wanted, decisions: Sequence[Decision]) -> None:
    """Check the settings that have changed or were unusable, of certificates in order.

    A pass checks those of what it is about to order. Raises OSError.
    """
    using = [d.request for d in decisions if _is_concerned(wanted, d)]
    known: Known = unitdata.kv().get(KEY) or {}
    if hookenv.hook_name() == "secret-changed":
        known = {}
    deadline, found = time.monotonic() + BUDGET, {}
    for request in using:
        found[request.lineage] = _checked(wanted, request, known.get(request.lineage), deadline)
    kept = {name: entry for name, entry in found.items() if entry}
    if kept != (unitdata.kv().get(KEY) or {}):
        unitdata.kv().set(KEY, kept)


def complaints(decisions: Sequence[Decision]) -> List[Complaint]:
    """Return what is wrong with the settings of certificates that are in order."""
    known = unitdata.kv().get(KEY) or {}
    found = []
    for decision in decisions:
        _, words, _ = known.get(decision.request.lineage) or ("", "", 0)
        if words and decision.action == KEEP:
            found.append(Complaint("blocked", words, decision.request.names[0]))
    return found


def _is_concerned(wanted: Wanted, decision: Decision) -> bool:
    return decision.action == KEEP and wanted.challenge_of(decision.request).wants_dns


def _checked(
    wanted: Wanted, request: Request, known: Optional[Entry], deadline: float
) -> Entry:
    """Return what is known of one certificate's settings by now, [] for nothing yet."""
    asked = digest(wanted.dns, request.dns, request.names)
    if _is_settled(known, asked) or time.monotonic() > deadline:
        return known or []
    problem = settings_problem(wanted, request, deadline - time.monotonic())
    if problem is None:
        return [asked, "", 0]
    if problem.severity == "blocked":
        return [asked, problem.words, 0]
    return [asked, "", int(time.time()) + AGAIN]


def _is_settled(known: Optional[Entry], asked: str) -> bool:
    if not known or known[:2] != [asked, ""]:
        return False
    return bool(known[2] == 0 or known[2] - AGAIN <= time.time() < known[2])


def settings_problem(wanted: Wanted, request: Request, seconds: float) -> Optional[Problem]:
    """Return why a challenge could not be set up with these settings, None if it could.

    Nothing is published. Raises OSError.
    """
    from layer_lets_encrypt.dns import packages as dns_packages
    from layer_lets_encrypt.dns import plugin as dns_plugin
    from layer_lets_encrypt.juju import dns_settings
    from layer_lets_encrypt.passes.machine import Machine

    places = hook.places()
    problem = dns_settings.write(request)
    if problem is not None:
        return problem
    env: Any = Machine(wanted, places, os.environ, tell.log).certbot_env()
    config = places.dns_config(request)
    return dns_packages.ensure(config, env) or dns_plugin.check(config, request.names, env, seconds)
