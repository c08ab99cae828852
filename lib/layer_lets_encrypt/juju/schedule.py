"""The unit's schedule: whether it is in place, how often it runs, what is wrong with it."""

import time
from typing import List, Optional, Sequence

from charmhelpers.core import hookenv
from charms.reactive import is_flag_set

from layer_lets_encrypt.juju import flags, hook
from layer_lets_encrypt.machine import cron, schedule_watch
from layer_lets_encrypt.rules import neglect, schedule
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.neglect import Rhythm
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.records import History

FORBIDDING = (flags.DISABLED, flags.RENEW_DISABLED)


def look() -> bool:
    """Whether cron runs the unit's script, and what is known of its runs can be true.

    To be asked at the start of each hook.
    """
    places = hook.places()
    fields = cron.running_schedule(hookenv.local_unit(), places.script)
    hook.current().gap = schedule.longest_gap(fields or "") or schedule.USUAL_GAP
    return fields is not None and not schedule_watch.is_ahead(places, time.time())


def forbidding_flag() -> str:
    """Return the flag by which the charm keeps certificates from being renewed, "" for none."""
    return next((flag for flag in FORBIDDING if is_flag_set(flag)), "")


def gap() -> Optional[float]:
    """Return the longest time between two runs in seconds, None if nothing is to be renewed."""
    return None if forbidding_flag() else hook.current().gap


def complaints(decisions: Sequence[Decision], past: History, now: float) -> List[Complaint]:
    """Return what comes to its end because nobody renews it."""
    aged = neglect.ages(decisions, now)
    if aged is None:
        return []
    places = hook.places()
    trouble = schedule_watch.trouble(places, hook.current().gap, now, thorough=aged)
    rhythm = Rhythm(hook.current().gap, flag=forbidding_flag())
    if trouble is not None:
        rhythm = rhythm._replace(**trouble._asdict())
    return neglect.complaints(decisions, past, now, rhythm)
