"""Relations between applications, and of one with itself."""

from __future__ import annotations

import itertools

from ..values import Entry, Model
from . import model, relation_hooks
from .lookup import Refused, application

OPPOSITE = {"provider": "requirer", "requirer": "provider"}


def relate(data: Model, one: str, other: str) -> int:
    """Relate `app[:endpoint]` with `app[:endpoint]`; the endpoints may be left to be found."""
    pairs = matches(data, one, other)
    if not pairs:
        raise Refused("no relations found")
    if len(pairs) > 1:
        known = ", ".join(f'"{a["name"]}" with "{b["name"]}"' for a, b in pairs)
        raise Refused(f"ambiguous relation: {one} {other} could refer to {known}")
    names = [text.partition(":")[0] for text in (one, other)]
    endpoints = dict(zip(names, pairs[0]))
    if find(data, endpoints) is not None:
        raise Refused(f"cannot add relation {one} {other}: relation already exists")
    return new_relation(data, endpoints)


def candidates(data: Model, text: str) -> list[Entry]:
    """The endpoints that `app[:endpoint]` can mean."""
    name, _, endpoint = text.partition(":")
    known = application(data, name)["charm"]["endpoints"]
    if endpoint and endpoint not in known:
        raise Refused(f'application "{name}" has no "{endpoint}" relation')
    return [e for e in known.values() if not endpoint or e["name"] == endpoint]


def matches(data: Model, one: str, other: str) -> list[tuple[Entry, Entry]]:
    """Pairs of endpoints that fit; juju-info only if nothing else does."""
    both = itertools.product(candidates(data, one), candidates(data, other))
    pairs = [
        (a, b)
        for a, b in both
        if a["interface"] == b["interface"] and OPPOSITE.get(a["role"]) == b["role"]
    ]
    explicit = [pair for pair in pairs if all(end["name"] != "juju-info" for end in pair)]
    return explicit or pairs


def find(data: Model, endpoints: Entry) -> int | None:
    """The number of the relation between these ends."""
    for relation in data["relations"].values():
        if relation["endpoints"] == endpoints and relation["life"] == "alive":
            return relation["id"]
    return None


def unrelate(data: Model, one: str, other: str) -> None:
    """Remove the relation between two applications."""
    names = {text.partition(":")[0] for text in (one, other)}
    for a, b in matches(data, one, other):
        number = find(data, {one.partition(":")[0]: a, other.partition(":")[0]: b})
        if number is not None:
            return remove_relation(data, number)
    raise Refused(f"relation between {' and '.join(sorted(names))} not found")


def new_relation(data: Model, endpoints: Entry) -> int:
    """A relation between applications, or of one with itself; returns its number."""
    number = data["next"]["relation"]
    data["next"]["relation"] += 1
    data["relations"][str(number)] = {
        "id": number,
        "life": "alive",
        "since": model.now(),
        "endpoints": endpoints,
        "units": {},
        "apps": {},
    }
    return number


def remove_relation(data: Model, number: int) -> None:
    """The relation's last hooks will run."""
    relation = data["relations"].get(str(number))
    if relation is None:
        raise Refused(f'relation "{number}" not found')
    relation["life"] = "dying"
    relation_hooks.remove_if_empty(data, relation)
