"""A certificate tried without an order that counts: what the action lets-encrypt-check does."""

from __future__ import annotations

import os

from layer_lets_encrypt.ca import arguments
from layer_lets_encrypt.ca import gate as certbot
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.juju import dns_settings_check, hook, obstacles, ports, sharing, tell
from layer_lets_encrypt.juju.configuration import read_configuration
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.passes.readiness import Readiness
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import SERVERS, Request
from layer_lets_encrypt.rules.wanted import Wanted


def tried(request: Request) -> tuple[list[str], Problem | None]:
    """Return the steps that were made, and what failed."""
    wanted = read_configuration().wanted
    if wanted is None:
        return [], Problem("blocked", "the options are not usable; see the status")
    machine = Machine(wanted, hook.places(), os.environ, tell.log)
    steps, problem = _checked(request, machine)
    if problem is None and wanted.challenge_of(request).wants_dns:
        more, problem = _in_the_dns(request, wanted.patience_for(request))
        dns_settings_check.found_out(wanted, request, problem)
        steps += more
    if problem is None:
        more, problem = _on_staging(request, wanted, machine)
        steps += more
    return steps, problem


def _checked(request: Request, machine: Machine) -> tuple[list[str], Problem | None]:
    """Check all that is checked before an order."""
    challenge = machine.wanted.challenge_of(request)
    problem = machine.obstacle() or obstacles.found(machine.wanted, request)
    if problem is not None:
        return [], problem
    steps = [f"the unit is ready to order from {machine.wanted.account.server}"]
    ledger_now, units = Ledger(machine.places.history), sharing.current()
    problem = Readiness(machine, ledger_now, ports.own_addresses, units).doubt(request)
    if problem is None:
        looked = "names, DNS, CAA" if challenge.wants_dns else "names, DNS, CAA, port 80"
        steps.append(f"nothing speaks against an order: {looked}")
    return steps, problem


def _in_the_dns(request: Request, patience: int) -> tuple[list[str], Problem | None]:
    from layer_lets_encrypt.dns import plugin as dns_plugin
    from layer_lets_encrypt.juju import dns_settings

    problem = dns_settings.write(request) or dns_settings.install_packages(request)
    if problem is not None:
        return [], problem
    config = hook.places().dns_config(request)
    env = certbot.environment(os.environ)
    return dns_plugin.trial(config, request, env, patience)


def _on_staging(
    request: Request, wanted: Wanted, machine: Machine
) -> tuple[list[str], Problem | None]:
    """Order from the staging side of Let's Encrypt, where nothing of that is kept."""
    server, challenge = wanted.account.server, wanted.challenge_of(request)
    if server != SERVERS["production"]:
        return ["no staging order: only Let's Encrypt has a staging side"], None
    if challenge.wants_thumbprint:
        return ["no staging order: the web server answers for the other account"], None
    if machine.service_to_stop() and challenge.takes_port_80:
        return ["no staging order: the service would be stopped for it"], None
    staging = SERVERS["staging"]
    known = accounts.used(staging, ledger.load(machine.places.history))
    words = challenge.certbot_arguments(wanted.webroot, str(machine.places.dns_config(request)))
    try:
        machine.certbot(
            arguments.rehearsal(request, wanted.account, words, known.identifier if known else "")
        )
    except CertbotError as error:
        return [], error.problem
    return ["the staging side of Let's Encrypt has issued a certificate, which was not kept"], None
