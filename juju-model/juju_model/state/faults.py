"""Faults that a test has planted: what goes wrong when a unit reaches a point."""

from __future__ import annotations

from ..values import Entry, Model
from . import lookup

POINTS = ("flush:before", "flush:after-secrets", "flush:after")
FAIL, KILL = "fail", "kill"


def plant(data: Model, name: str, point: str, then: str) -> None:
    """At its next pass of the point the unit's hook fails, or its machine loses its power."""
    if point not in POINTS:
        raise lookup.Refused(f"unknown fault point {point!r}, known are {', '.join(POINTS)}")
    if then not in (FAIL, KILL):
        raise lookup.Refused(f"a fault can {FAIL} the hook or {KILL} the machine, not {then!r}")
    if (point, then) == ("flush:after", FAIL):
        raise lookup.Refused("after the flush a hook cannot fail any more, only its machine")
    faults(data, lookup.unit(data, name))[point] = then


def faults(data: Model, unit: str) -> Entry:
    """What is planted, by point."""
    found: Entry = data["units"][unit].setdefault("faults", {})
    return found


def take(data: Model, unit: str, point: str) -> str:
    """What goes wrong at this point: it does so once. An empty text if nothing does."""
    what: str = faults(data, unit).pop(point, "")
    return what
