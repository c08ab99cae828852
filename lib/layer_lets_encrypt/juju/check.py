"""A certificate's challenge, tried without an order: what the action lets-encrypt-check does."""

import os
from typing import List, Optional, Tuple

from layer_lets_encrypt.juju import hook
from layer_lets_encrypt.juju.configuration import read_configuration
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import Request


def tried(request: Request) -> Tuple[List[str], Optional[Problem]]:
    """Return the steps that were made, and what failed."""
    wanted = read_configuration().wanted
    if wanted is None:
        return [], Problem("blocked", "the options are not usable; see the status")
    challenge = wanted.challenge_of(request)
    if not challenge.wants_dns:
        return [f"nothing to try: the challenge {challenge.name} publishes no record"], None
    return _in_the_dns(request, wanted.patience_for(request))


def _in_the_dns(request: Request, patience: int) -> Tuple[List[str], Optional[Problem]]:

    from layer_lets_encrypt.ca import gate as certbot
    from layer_lets_encrypt.dns import packages as dns_packages
    from layer_lets_encrypt.dns import plugin as dns_plugin
    from layer_lets_encrypt.juju import dns_settings

    problem = dns_settings.write(request)
    if problem is not None:
        return [], problem
    config = hook.places().dns_config(request)
    env = certbot.environment(os.environ)
    problem = dns_packages.ensure(config, env)
    if problem is not None:
        return [], problem
    return dns_plugin.trial(config, request.names, env, patience)
