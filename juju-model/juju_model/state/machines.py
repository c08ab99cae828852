"""Machines of the model, and where units are placed."""

from __future__ import annotations

from ..values import Entry, Model
from .lookup import Refused

FIRST = "0"
NEW = "new"


def new_machine(private: str, public: str) -> Entry:
    """A machine whose agent runs and reaches the controller."""
    return {
        "private": private,
        "public": public,
        "agent": "started",
        "reachable": True,
        "attached": None,  # True or False for an agent in a process of its own
    }


def machine(data: Model, number: str) -> Entry:
    """A machine by its number."""
    if number not in data["machines"]:
        raise Refused(f'machine "{number}" not found')
    return data["machines"][number]


def add_machine(
    data: Model, private: str | None = None, public: str | None = None, external: bool = False
) -> str:
    """One more machine, with the first one's addresses unless others are given.

    The agent of an `external` one is a process of its own that attaches to the controller.
    """
    first = data["machines"][FIRST]
    number = str(data["next"]["machine"])
    data["next"]["machine"] += 1
    data["machines"][number] = new_machine(
        first["private"] if private is None else private,
        first["public"] if public is None else public,
    )
    data["machines"][number]["attached"] = False if external else None
    return number


def place(data: Model, count: int, to: list[str]) -> list[str]:
    """The machines of `count` new units: those of `to`, then new ones; without `to` the first."""
    if not to:
        return [FIRST] * count
    wanted = [*to, *[NEW] * count][:count]
    return [add_machine(data) if word == NEW else known(data, word) for word in wanted]


def known(data: Model, number: str) -> str:
    """The number of a machine that is there."""
    machine(data, number)
    return number


def set_agent(data: Model, number: str, state: str) -> None:
    """The machine's agent is "started", "stopped", or "dead" with its machine."""
    machine(data, number)["agent"] = state


def set_reachable(data: Model, number: str, reachable: bool) -> None:
    """The way between the machine and the controller."""
    machine(data, number)["reachable"] = reachable


def set_attached(data: Model, number: str, attached: bool) -> None:
    """An agent in a process of its own has come, or gone."""
    machine(data, number)["attached"] = attached


def detach_all(data: Model) -> None:
    """A controller that starts has no agents in other processes yet."""
    for entry in data["machines"].values():
        if entry["attached"]:
            entry["attached"] = False


def units_on(data: Model, number: str) -> list[str]:
    """The units of a machine."""
    return [name for name, unit in data["units"].items() if unit["machine"] == number]


def is_up(data: Model, number: str) -> bool:
    """True if the machine's agent runs and reaches the controller."""
    entry = data["machines"][number]
    reachable = entry["reachable"] and entry["attached"] is not False
    return entry["agent"] == "started" and bool(reachable)
