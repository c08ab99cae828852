"""The option acme-renew-schedule: when cron asks for renewals, and whether that is often enough.

Pure. Most units leave it unset: the library that reads it is imported where it is set.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterable, Mapping

from layer_lets_encrypt.rules import options, renewal, schedule
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.facts import Certificate
from layer_lets_encrypt.rules.printable import quoted
from layer_lets_encrypt.rules.renewal import DAY
from layer_lets_encrypt.rules.request import InvalidRequest
from layer_lets_encrypt.rules.schedule import OPTION

MAX_LENGTH = 200
MAX_SHOWN = 40
RUNS = 2  # in the time that is left for a renewal, so that one may fail

_REMEDY = "set it to five fields such as '17 3,15 * * *', to daily or weekly, or reset it"
# What every cron takes: cronsim knows more (L, #), and crons differ about a step after one number.
_SPAN = r"(\*(/[0-9]+)?|[0-9A-Za-z]+(-[0-9A-Za-z]+(/[0-9]+)?)?)"
_FIELD = re.compile(rf"{_SPAN}(,{_SPAN})*\Z")


def read(config: Mapping[str, Any]) -> str:
    """Return the schedule in the form that goes into cron's file, "" if it is blank.

    Raises InvalidRequest.
    """
    text = " ".join(options.text(OPTION, config.get(OPTION)).split())
    if len(text) > MAX_LENGTH:
        raise InvalidRequest(OPTION, f"is longer than {MAX_LENGTH} characters", _REMEDY)
    fields = text.lower()
    if "@" + fields in schedule.NICKNAMES:
        return "@" + fields  # "juju config" takes what begins with @ for the name of a file
    if fields and fields not in schedule.NICKNAMES:
        _check(text, fields)
    return fields


def _check(text: str, fields: str) -> None:
    shown = quoted(text)
    from cronsim import CronSim, CronSimError

    words = fields.split()
    if text.startswith("@") or len(words) != len(schedule.FIELDS):
        raise InvalidRequest(OPTION, f"is {shown}, which is not a time of cron's", _REMEDY)
    for name, word in zip(schedule.FIELDS, words):
        if not _FIELD.match(word):
            raise InvalidRequest(OPTION, f"is {shown}: the {name} cannot be {word!r:.20}", _REMEDY)
    try:
        CronSim(fields, datetime(2026, 1, 1))
    except CronSimError as error:
        reason = f"is {shown}: {str(error).lower()}"
        raise InvalidRequest(OPTION, reason, _REMEDY) from None
    if schedule.longest_gap(fields) is None:
        raise InvalidRequest(OPTION, f"is {shown}, which no cron takes, or never runs", _REMEDY)


def too_seldom(fields: str, certificates: Iterable[Certificate]) -> Complaint | None:
    """Return what is wrong with the schedule for the certificate that needs it most often."""
    gap = schedule.longest_gap(fields)
    if gap is None:
        return None
    in_need = [(_needed(certificate), certificate) for certificate in certificates]
    needed, shortest = min(in_need, key=lambda pair: pair[0], default=(gap, None))
    if shortest is None or needed >= gap:
        return None
    lifetime = shortest.not_after - shortest.not_before
    text = (
        f"{OPTION} {fields[:MAX_SHOWN]!r} lets {_span(gap)} pass between two runs, too long for a "
        f"lifetime of {_span(lifetime)}; set it to run every {_span(needed)} or more often"
    )
    return Complaint("blocked", text)


def _needed(certificate: Certificate) -> float:
    """Return the longest time between two runs that this certificate's lifetime allows."""
    due = renewal.due_at(certificate.not_before, certificate.not_after)
    return (certificate.not_after - due) / RUNS


def _span(seconds: float) -> str:
    if seconds >= 2 * DAY:
        return f"{seconds // DAY:.0f} days"
    return f"{max(seconds // schedule.HOUR, 1):.0f} hours"
