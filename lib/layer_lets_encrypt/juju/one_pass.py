"""One pass of the unit: what it asks of Juju, and what consumers are told afterwards."""

from __future__ import annotations

import functools
import os

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.juju import hook, obstacles, ports, setup, sharing, tell
from layer_lets_encrypt.juju.announce import announce
from layer_lets_encrypt.juju.configuration import Configuration, read_configuration
from layer_lets_encrypt.juju.failures import fail
from layer_lets_encrypt.juju.hook import places
from layer_lets_encrypt.juju.sharing import Sharing
from layer_lets_encrypt.machine import os_errors
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted


def run(renewing: bool) -> bool:
    """Run one pass and announce its result; return whether nothing is left to be ordered."""
    from layer_lets_encrypt.juju.steps import Steps
    from layer_lets_encrypt.passes.renewal_pass import RenewalPass
    from layer_lets_encrypt.web.service import ServiceError

    configuration, finished = read_configuration(), False
    wanted = configuration.wanted
    hook.current().reader = None  # the pass may change what was read
    if wanted is not None:
        siblings = _siblings()
        run = RenewalPass(
            wanted, places(), os.environ, tell.log, ports.own_addresses, Steps(), siblings
        )
        try:
            setup.place_dhparam()
            setup.tell_of_scripts()
            finished = run.run(
                renewing,
                obstacle=functools.partial(obstacles.found, wanted),
                write_credentials=functools.partial(_write_credentials, wanted),
            )
            if run.has_changed_nothing:
                hook.current().reader = run.reader
            _remove_credentials(configuration)
            if renewing and not (configuration.invalid or configuration.invalid_lines):
                run.sweep()
        except OSError as error:
            fail(f"orders were broken off: {os_errors.words(error)}; the next hook goes on")
        except ServiceError as error:
            fail(str(error))
    announce(configuration)
    return finished


def _siblings() -> Sharing:
    """Return the application's other units; a new leader knows what the last one has spent."""
    current = sharing.current()
    if current.is_new_leader:
        from layer_lets_encrypt.juju import publishing

        publishing.learn(current, Ledger(places().history))
    hook.current().has_run_pass = True
    return current


def _write_credentials(wanted: Wanted, request: Request) -> Problem | None:
    """Put credentials where certbot and its plugin find them; return what is wrong with them."""
    current = sharing.current()
    if current.mode.is_shared and not request.is_of_unit:
        from layer_lets_encrypt.juju import publishing

        publishing.take_account(current, wanted)
    if wanted.account.eab:
        from layer_lets_encrypt.juju import eab

        problem = eab.write(wanted.account, places())
        if problem is not None:
            return problem
    if not wanted.challenge_of(request).wants_dns:
        return None
    from layer_lets_encrypt.juju import dns_settings

    return dns_settings.write(request)


def _remove_credentials(configuration: Configuration) -> None:
    """Remove what certbot and its plugin need no more."""
    if configuration.wanted is None:
        return
    if os.path.lexists(str(places().eab)):
        from layer_lets_encrypt.juju import eab

        eab.remove_unused(configuration.wanted.account, places())
    if not places().dns_configs():
        return
    from layer_lets_encrypt.juju import dns_settings

    challenge_of = configuration.wanted.challenge_of
    using = [request for request in configuration.requests if challenge_of(request).wants_dns]
    dns_settings.remove_unused(using)
