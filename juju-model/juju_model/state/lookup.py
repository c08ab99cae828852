"""Finding what the operator names, or refusing with a text for the operator."""

from __future__ import annotations

from ..values import Entry, Model


class Refused(Exception):
    """The operator asked for something that cannot be done."""


def application(data: Model, name: str) -> Entry:
    """An application by name."""
    if name not in data["applications"]:
        raise Refused(f'application "{name}" not found')
    return data["applications"][name]


def unit(data: Model, name: str) -> str:
    """A unit by name; `web/leader` is the leader of web."""
    app, _, number = name.partition("/")
    if number == "leader" and app in data["applications"]:
        name = data["applications"][app]["leader"] or name
    if name not in data["units"]:
        raise Refused(f'unit "{name}" not found')
    return name
