"""Who leads an application: the holder of its lease, which only a living agent can renew."""

from __future__ import annotations

from ..values import Model
from . import machines, model


def can_hold(data: Model, unit: str | None) -> bool:
    """True if the unit's agent can renew a lease, or claim one."""
    if unit is None or unit not in data["units"]:
        return False
    return machines.is_up(data, data["units"][unit]["machine"])


def candidates(data: Model, application: str, besides: str | None = None) -> list[str]:
    """The units that would claim a free lease, in order."""
    return [
        unit
        for unit in model.units_of(data, application)
        if unit != besides and data["units"][unit]["life"] == "alive" and can_hold(data, unit)
    ]


def hand_over(data: Model, application: str, besides: str | None = None) -> None:
    """The lease is free: the first unit that can claims it; nobody if there is none."""
    able = candidates(data, application, besides)
    data["applications"][application]["leader"] = able[0] if able else None
