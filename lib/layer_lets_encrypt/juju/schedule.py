"""The unit's schedule: whether it is in place, how often it runs, what is wrong with it."""

from __future__ import annotations

import time
from typing import Sequence

from charmhelpers.core import hookenv
from charms.reactive import is_flag_set

from layer_lets_encrypt.juju import flags, hook
from layer_lets_encrypt.machine import cron, schedule_watch
from layer_lets_encrypt.rules import complaint, neglect, options, schedule
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.neglect import Rhythm
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.request import InvalidRequest

FORBIDDING = (flags.DISABLED, flags.RENEW_DISABLED)


def look() -> bool:
    """Whether cron runs the unit's script, and what is known of its runs can be true.

    To be asked at the start of each hook.
    """
    places = hook.places()
    unit, wanted = hookenv.local_unit(), chosen()
    fields = cron.running_schedule(unit, places.script)
    hook.current().gap = schedule.longest_gap(wanted or fields or "") or schedule.USUAL_GAP
    is_in_place = fields is not None and cron.is_as_chosen(unit, places.script, wanted)
    return is_in_place and not schedule_watch.is_ahead(places, time.time())


def chosen() -> str | None:
    """Return the operator's time fields, "" for none, None for some that cannot be used."""
    try:
        return _fields()
    except InvalidRequest:
        return None


def _fields() -> str:
    """Return the operator's time fields, "" for none. Raises InvalidRequest."""
    config = hookenv.config() or {}
    if options.is_unset(config, schedule.OPTION):
        return ""
    from layer_lets_encrypt.rules import schedule_option  # most units leave the times to chance

    return schedule_option.read(config)


def _of_option(decisions: Sequence[Decision]) -> list[Complaint]:
    """Return what is wrong with the operator's time fields."""
    try:
        fields = _fields()
    except InvalidRequest as error:
        return [Complaint("blocked", str(error))]
    if not fields:
        return []
    from layer_lets_encrypt.rules import schedule_option

    valid = filter(None, map(complaint.valid_part, decisions))
    seldom = schedule_option.too_seldom(fields, valid)
    return [seldom] if seldom else []


def forbidding_flag() -> str:
    """Return the flag by which the charm keeps certificates from being renewed, "" for none."""
    return next((flag for flag in FORBIDDING if is_flag_set(flag)), "")


def gap() -> float | None:
    """Return the longest time between two runs in seconds, None if nothing is to be renewed."""
    return None if forbidding_flag() else hook.current().gap


def complaints(decisions: Sequence[Decision], past: History, now: float) -> list[Complaint]:
    """Return what comes to its end because nobody renews it, or not often enough."""
    of_option = _of_option(decisions)
    aged = neglect.ages(decisions, now)
    if aged is None:
        return of_option
    places = hook.places()
    trouble = schedule_watch.trouble(places, hook.current().gap, now, thorough=aged)
    rhythm = Rhythm(hook.current().gap, flag=forbidding_flag())
    if trouble is not None:
        rhythm = rhythm._replace(**trouble._asdict())
    return of_option + neglect.complaints(decisions, past, now, rhythm)
