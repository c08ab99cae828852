"""What every stand-in has: an account with one zone and its TXT records."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

# who asks: everything, a user without rights on the zone, or somebody else
RIGHT, RIGHTLESS = "right-credential-of-the-zone", "right-credential-of-nothing"


def zone_of(provider: str) -> str:
    return f"{provider}.test"


@dataclasses.dataclass
class Record:
    id: int
    name: str  # relative to the zone
    value: str  # without quotes
    ttl: int


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: str
    headers: Mapping[str, str]
    target: str

    def json(self) -> Any:
        return json.loads(self.body)


class Response(Exception):
    """Status, body and content type; raised where a request is refused."""

    def __init__(self, status: int, body: Any = "", kind: str = "application/json"):
        super().__init__(status)
        self.status, self.kind = status, kind
        self.body = body if isinstance(body, str) else json.dumps(body)


class Account:
    """Its records; what is published of them follows at once, or when ``publish`` is called."""

    def __init__(self, name: str, publisher: Callable[..., None], dump: Path):
        self.name, self.zone = name, zone_of(name)
        self.records: list[Record] = []
        self.published = False  # since this was last set
        self.deaf = False  # changes are answered like success, and forgotten
        self._publisher, self._dump = publisher, dump
        self._numbers = itertools.count(5001)
        self._changed: set[str] = set()

    def relative(self, name: str) -> str:
        bare = name.rstrip(".")
        return bare[: -len(self.zone) - 1] if bare.endswith("." + self.zone) else bare

    def full(self, relative: str) -> str:
        return f"{relative}.{self.zone}"

    def at(self, name: str) -> list[Record]:
        return [r for r in self.records if r.name == self.relative(name)]

    def find(self, identifier: str) -> Record | None:
        return next((r for r in self.records if str(r.id) == str(identifier)), None)

    def add(self, name: str, value: str, ttl: int) -> Record:
        record = Record(next(self._numbers), self.relative(name), bare(value), ttl)
        if not self.deaf:
            self.records.append(record)
            self._changed.add(record.name)
        return record

    def remove(self, record: Record) -> None:
        if not self.deaf:
            self.records.remove(record)
            self._changed.add(record.name)

    def replace(self, name: str, values: list[str], ttl: int) -> None:
        for record in self.at(name):
            self.remove(record)
        for value in values:
            self.add(name, value, ttl)

    def publish(self) -> None:
        for name in sorted(self._changed):
            here = self.at(name)
            ttl = here[0].ttl if here else 1
            self._publisher(self.zone, self.full(name), [r.value for r in here], ttl)
            self.published = self.published or bool(here)
        self._changed.clear()
        self._keep()

    def _keep(self) -> None:
        try:
            known = json.loads(self._dump.read_text())
        except (OSError, ValueError):
            known = {}
        known[self.name] = [f"{r.name} {r.value}" for r in self.records]
        self._dump.write_text(json.dumps(known))


def bare(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def quoted(value: str) -> str:
    return f'"{value}"'
