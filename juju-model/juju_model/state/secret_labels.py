"""Which labels of secrets are taken.

Owners' labels are unique for an owner. Where the release keeps all labels in one name space, an
application's label must differ from those that its units gave to secrets which they read, and the
other way round.
"""

from __future__ import annotations

from ..values import Entry
from . import model


class LabelTaken(Exception):
    """The text is the controller's."""


def taken(label: str) -> LabelTaken:
    """The refusal."""
    return LabelTaken(f'secret with label "{label}" already exists')


def refuse_for_owner(
    secrets: Entry, secret_id: str, owner: Entry, label: str, shared: bool
) -> None:
    """LabelTaken if the owner cannot give this label; `shared`: readers' labels count, too."""
    if not label:
        return
    for other_id, other in secrets.items():
        if other_id != secret_id and other["owner"] == owner and other["label"] == label:
            raise taken(label)
        readers = other["consumers"].items() if shared else ()
        if any(entry["label"] == label and is_of(owner, unit) for unit, entry in readers):
            raise taken(label)


def is_of(owner: Entry, unit: str) -> bool:
    """True if the owner is the unit or its application."""
    return owner["name"] in (unit, model.application_of(unit))


def refuse_for_reader(secrets: Entry, secret_id: str, unit: str, label: str) -> None:
    """LabelTaken if the unit cannot give this label to a secret that it reads."""
    for other_id, other in secrets.items():
        if other["label"] == label and is_of(other["owner"], unit):
            raise taken(label)
        reader = other["consumers"].get(unit)
        if other_id != secret_id and reader and reader["label"] == label:
            raise taken(label)
