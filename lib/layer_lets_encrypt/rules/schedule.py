"""How often a line of cron's runs: pure. Seconds."""

from __future__ import annotations

from layer_lets_encrypt.rules.renewal import DAY

HOUR = 3600.0
OPTION = "acme-renew-schedule"
USUAL_GAP = 12 * HOUR  # of the schedule that this layer chooses
DAYS = 2 * 1461  # looked at: two leap years lie in these

NICKNAMES = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}  # fmt: skip
FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def longest_gap(fields: str) -> float | None:
    """Return the longest time between two runs; None for fields that cron refuses or never runs.

    ``fields`` are the five time fields of a line, or a nickname such as ``@daily``.
    """
    words = NICKNAMES.get(fields.strip().lower(), fields).split()
    if len(words) != 5:
        return None
    try:
        times = _times(words[0], words[1])
        runs = _days(words[2], words[3], words[4])
    except ValueError:
        return None
    if len(runs) < 2:
        return None
    longest = max(later - earlier for earlier, later in zip(runs, runs[1:]))
    within = max((later - earlier for earlier, later in zip(times, times[1:])), default=0)
    return float(max(60 * within, longest * DAY - 60 * (times[-1] - times[0])))


def _times(minutes: str, hours: str) -> list[int]:
    """Return the minutes of a day at which the line runs."""
    of_hour = _values(minutes, 0, 59)
    return sorted(60 * hour + minute for hour in _values(hours, 0, 23) for minute in of_hour)


def _days(days: str, months: str, weekdays: str) -> list[int]:
    """Return the days on which the line runs, counted from some first of January."""
    if (days, months, weekdays) == ("*", "*", "*"):  # as nearly always
        return [0, 1]
    in_month = _values(days, 1, 31)
    in_year = _values(months, 1, 12, dict(zip(_MONTHS, range(1, 13))))
    in_week = {day % 7 for day in _values(weekdays, 0, 7, dict(zip(_WEEKDAYS, range(7))))}
    # One of the two is enough, unless either begins with a star.
    both = days.startswith("*") or weekdays.startswith("*")
    runs = []
    for index, (month, day) in enumerate(_calendar()):
        by_date, by_week = day in in_month, index % 7 in in_week
        if month in in_year and ((by_date and by_week) if both else (by_date or by_week)):
            runs.append(index)
    return runs


def _calendar() -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for year in range(8):
        for month, length in enumerate(_LENGTHS, 1):
            length += 1 if month == 2 and year % 4 == 3 else 0
            found += [(month, day) for day in range(1, length + 1)]
    return found[:DAYS]


def _values(field: str, first: int, last: int, names: dict[str, int] | None = None) -> set[int]:
    """Return the numbers that a field means. Raises ValueError."""
    found: set[int] = set()
    for part in field.lower().split(","):
        span, slash, step = part.partition("/")
        width = _number(step, {}) if slash else 1
        low, high = _span(span, first, last, names or {})
        if not (first <= low <= high <= last and width > 0):
            raise ValueError(part)
        found.update(range(low, high + 1, width))
    return found


def _span(text: str, first: int, last: int, names: dict[str, int]) -> tuple[int, int]:
    if text == "*":
        return first, last
    low, dash, high = text.partition("-")
    begin = _number(low, names)
    return begin, _number(high, names) if dash else begin


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        raise ValueError(text)
    return int(text)
