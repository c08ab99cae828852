"""When the CA wants to be asked again: pure. POSIX seconds."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Sequence

from layer_lets_encrypt.ca.certbot_log import Answer
from layer_lets_encrypt.rules.backoff import MAX_WAIT

_TEXT = re.compile(r"retry after (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")
_NAME = "retry-after"
MAX_TEXT = 10_000
MAX_HEADER = 100


def of_text(detail: str, now: float) -> float | None:
    """Return the moment that a rate limit names in its text, as Let's Encrypt writes it."""
    found = _TEXT.search(detail[:MAX_TEXT])
    if found is None:
        return None
    try:
        moment = datetime.strptime(found.group(1), "%Y-%m-%d %H:%M:%S")
        seconds = moment.replace(tzinfo=timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if seconds < now + MAX_WAIT else None


def of_answers(answers: Sequence[Answer], now: float) -> float | None:
    """Return the latest moment in the headers of answers that refuse something.

    In others it says how soon to look at an order again.
    """
    moments = []
    for answer in answers:
        for line in answer.headers.split("\n") if answer.status >= 400 else ():
            name, _, value = line.partition(":")
            if name.strip().lower() == _NAME:
                moments.append(header_moment(value.strip(), now))
    named = [moment for moment in moments if moment is not None]
    return max(named) if named else None


def header_moment(value: str, now: float) -> float | None:
    """Return the moment that a Retry-After header names, None if it names none."""
    value = value[:MAX_HEADER]
    try:
        moment = now + int(value) if value.isdecimal() else _date_moment(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment < now + MAX_WAIT else None


def _date_moment(value: str) -> float:
    return parsedate_to_datetime(value).timestamp()
