"""The unit's side of layer:lets-encrypt: configuration in, flags and statuses out.

For the layer's own handlers; charm authors want ``charms.layer.lets_encrypt``. Most hooks have
nothing to do here, so what only acts is imported by the function that acts.
"""

from __future__ import annotations

import os
import time

from charmhelpers.core import hookenv
from charms.reactive import clear_flag, is_flag_set, set_flag

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.juju import complaints, flags, hook, observe, ports, setup, sharing
from layer_lets_encrypt.juju import schedule as unit_schedule
from layer_lets_encrypt.juju import status as unit_status
from layer_lets_encrypt.juju.announce import announced, is_as_announced, serials
from layer_lets_encrypt.juju.configuration import Configuration, options, read_configuration
from layer_lets_encrypt.juju.failures import fail, survive
from layer_lets_encrypt.juju.hook import places
from layer_lets_encrypt.machine import files, os_errors
from layer_lets_encrypt.passes.survey import (
    contact_is_due,
    dns_is_left,
    survey,
    undeployed,
    unloaded,
    unloaded_by_own,
    unsupplied,
)
from layer_lets_encrypt.rules import complaint, plan
from layer_lets_encrypt.rules.records import History

LEAVING = ("stop", "remove")


# Before and after the handlers


def notice() -> None:
    """Turn what happened since the last hook into flags, before any handler runs."""
    hook.begin()
    unit_status.speak_last(assess)
    survive(setup.undo_what_a_killed_hook_left)
    ledger = Ledger(places().history)
    survive(setup.put_files_right, ledger.past)
    clear_flag(flags.RENEWED)
    if hookenv.hook_name() in LEAVING:
        clear_flag(flags.PENDING)
        clear_flag(flags.RENEW_REQUESTED)
        return
    if not unit_schedule.look() or hookenv.hook_name() in ("upgrade-charm", "start"):
        clear_flag(flags.INSTALLED)  # install again what the machine may have lost
    if places().marker.exists():
        set_flag(flags.RENEW_REQUESTED)
    survive(sharing.begin)
    configuration = read_configuration()
    if hookenv.hook_name() == "secret-changed":
        survive(_forgive, configuration, ledger)
    # Juju may have changed a secret while the unit's agent was down, and told nobody.
    again = hookenv.hook_name() == "secret-changed" or places().marker.exists()
    configuration = _with_passphrase(configuration, again)
    reader = hook.reader()
    if is_flag_set(flags.REGISTERED) and not is_as_announced(configuration, reader):
        clear_flag(flags.REGISTERED)
    flags.put(flags.PENDING, _is_anything_to_do(configuration, reader, ledger.past))
    if not is_flag_set(flags.REGISTERED):
        ports.opened()  # before a handler opens any: Juju does so when the hook ends
    if ports.are_refused():
        ports.ask()


def assess() -> None:
    """Tell the operator, after all handlers, what still keeps a certificate away."""
    if hookenv.hook_name() not in LEAVING:
        survive(_conclude)
        survive(complaints.look)
        seen = complaints.see(hook.reader())
        survive(_observe, seen)
        unit_status.say(complaint.worst(complaints.current(seen)))


def _conclude() -> None:
    from layer_lets_encrypt.juju import together

    together.conclude()


def _observe(seen: complaints.Seen) -> None:
    """Show monitoring what there is."""
    if observe.is_concerned():
        observe.keep(read_configuration(), *seen)


def _forgive(configuration: Configuration, ledger: Ledger) -> None:
    """New credentials deserve another attempt at once, for the certificates that need them."""
    from layer_lets_encrypt.juju import dns_settings, dns_settings_check, eab

    wanted, identifier = configuration.wanted, os.environ.get("JUJU_SECRET_ID", "")
    if wanted is None:
        return
    is_of_dns = dns_settings.is_ours(identifier)
    is_of_account = eab.is_in(wanted.account, identifier)
    if is_of_dns:
        dns_settings_check.forget([one for one in configuration.requests if not one.dns])
    with ledger.deferred():
        for request in configuration.requests:
            if is_of_account or (is_of_dns and wanted.challenge_of(request).wants_dns):
                ledger.record(request.lineage_name, ledger.of(request.lineage_name).forgiven())


def _with_passphrase(configuration: Configuration, again: bool) -> Configuration:
    """Ask for the passphrase of PFX files if that is to be done; return what is wanted then."""
    if configuration.wanted is None:
        return configuration
    has_file = os.path.lexists(str(places().passphrase))
    if not configuration.wanted.delivery.formats and not has_file:
        return configuration
    from layer_lets_encrypt.juju import passphrase

    try:
        passphrase.keep(options(), places(), again)
    except passphrase.Unusable as error:
        fail(str(error))
    except OSError as error:
        fail(os_errors.words(error))
    return read_configuration()


def _is_anything_to_do(configuration: Configuration, reader: Reader, past: History) -> bool:
    if configuration.wanted is None:
        return False
    decisions = survey(configuration.wanted, past, reader, time.time(), renewing=False)
    reader.remember()
    return bool(
        (configuration.requests and not is_flag_set(flags.REGISTERED))
        or any(decision.action in (plan.ORDER, plan.FETCH) for decision in decisions)
        or serials(configuration, reader) != announced()
        or contact_is_due(configuration.wanted, past)
        or dns_is_left(places())
        or unloaded(configuration.wanted, past, reader)
        or unloaded_by_own(configuration.wanted, past, reader)
        or undeployed(configuration.wanted, past, reader, time.time())
        or unsupplied(configuration.wanted, places(), past, reader)
    )


# What the handlers call


def obtain() -> None:
    """Order what is missing, changed or expired, unless renew() is going to do it anyway."""
    if not is_flag_set(flags.RENEW_REQUESTED) or is_flag_set(flags.RENEW_DISABLED):
        from layer_lets_encrypt.juju import one_pass

        one_pass.run(renewing=False)
        clear_flag(flags.PENDING)


def renew() -> None:
    """Order what is due, too, and remove what is long unwanted: this is what cron asks for.

    The request stands until nothing is due any more, so that what keeps a certificate from
    being renewed now does not keep it until cron asks again.
    """
    from layer_lets_encrypt.juju import one_pass

    finished = one_pass.run(renewing=True)
    clear_flag(flags.PENDING)
    if finished:
        survive(files.remove, places().marker)
        clear_flag(flags.RENEW_REQUESTED)
