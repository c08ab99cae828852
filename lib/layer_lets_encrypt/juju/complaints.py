"""What a hook reports at its end: all that keeps certificates away, or soon will."""

from __future__ import annotations

import time
from typing import NamedTuple

from charms.reactive import is_flag_set

from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.delivery import sanity
from layer_lets_encrypt.juju import dns_settings_check as dns_settings
from layer_lets_encrypt.juju import flags, hook
from layer_lets_encrypt.juju import schedule as unit_schedule
from layer_lets_encrypt.juju.configuration import options, read_configuration
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.advice import Advice
from layer_lets_encrypt.passes.survey import (
    contact_is_due,
    dns_is_left,
    survey,
    unloaded,
    unloaded_by_own,
    unsupplied,
)
from layer_lets_encrypt.rules import complaint
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.records import CONTACT, DNS, FILES, SERVICE, History
from layer_lets_encrypt.rules.wanted import EAB, Wanted


class Seen(NamedTuple):
    """What a hook has found on disk at its end."""

    past: History
    reader: Reader


def see(reader: Reader | None = None) -> Seen:
    """Look at what is on disk now, or was when ``reader`` looked at it."""
    places = hook.places()
    return Seen(ledger.load(places.history), reader or Reader(places.facts))


def current(seen: Seen | None = None) -> list[Complaint]:
    """Return all complaints, among them what this hook could not do. Changes nothing."""
    configuration = read_configuration()
    found = [*configuration.complaints, *hook.current().failures]
    if configuration.wanted is None or is_flag_set(flags.DISABLED):
        return found
    places, now = hook.places(), time.time()
    past, reader = seen or see()
    decisions = _decisions(configuration.wanted, places, past, reader, now)
    lasting = [CONTACT] if contact_is_due(configuration.wanted, past) else []
    lasting += [DNS] if dns_is_left(places) else []
    lasting += [SERVICE] if unloaded(configuration.wanted, past, reader) else []
    lasting += [FILES] if unsupplied(configuration.wanted, places, past, reader) else []
    found += complaint.of_decisions(decisions, past, now)
    found += complaint.of_unit(lasting, past, now)
    own = unloaded_by_own(configuration.wanted, past, reader)
    found += complaint.of_own_services(own, past, now)
    found += complaint.of_deployments(decisions, past, now)
    found += unit_schedule.complaints(decisions, past, now)
    faults = sanity.faults(configuration.wanted.delivery)
    found += [Complaint("blocked", text) for text in faults]
    found += _of_binding()
    return found + dns_settings.complaints(configuration.wanted, decisions, past, now)


def _of_binding() -> list[Complaint]:
    if not options().get(EAB):
        return []
    from layer_lets_encrypt.juju import eab  # few CAs want one

    return eab.complaints()


def look() -> None:
    """Look at what can only be found out by doing something: secrets, settings for DNS-01.

    Raises OSError.
    """
    wanted = read_configuration().wanted
    if wanted is None or is_flag_set(flags.DISABLED):
        return
    if options().get(EAB):
        from layer_lets_encrypt.juju import eab

        eab.check()
    if not dns_settings.are_used(wanted):
        return
    places = hook.places()
    past, reader = see()
    dns_settings.check(wanted, _decisions(wanted, places, past, reader, time.time()), past)


def _decisions(
    wanted: Wanted, places: Places, past: History, reader: Reader, now: float
) -> list[Decision]:
    """Return what a renewing pass would decide."""
    return survey(wanted, past, reader, now, True, Advice(places.renewal_info).moment)
