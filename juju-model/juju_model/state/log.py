"""The debug log and the list of hook runs: files to which lines are added."""

from __future__ import annotations

import json
import os
import threading
import time

from ..values import Entry

LEVELS = ("TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class Lines:
    """A file of JSON objects, one a line."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.lock = threading.Lock()
        os.makedirs(os.path.dirname(path), exist_ok=True)

    def append(self, entry: Entry) -> None:
        """Add one object; what was added survives the end of this process."""
        with self.lock, open(self.path, "a", encoding="utf-8", errors="replace") as target:
            target.write(json.dumps(entry) + "\n")

    def clear(self) -> None:
        """Nothing was added."""
        with self.lock, open(self.path, "w", encoding="utf-8"):
            pass

    def read(self) -> list[Entry]:
        """All objects so far."""
        if not os.path.exists(self.path):
            return []
        with self.lock, open(self.path, encoding="utf-8") as source:
            return [json.loads(line) for line in source if line.endswith("\n")]


class Log(Lines):
    """debug-log."""

    def add(self, entity: str, level: str, logger: str, text: str) -> None:
        """One entry."""
        entry = {"time": time.time(), "entity": entity, "level": level, "logger": logger}
        self.append({**entry, "message": text})

    def entries(
        self, entity: str | None = None, level: str = "TRACE", last: int | None = None
    ) -> list[Entry]:
        """The entries of a unit (or of all) from `level` up, the last `last` of them."""
        least = LEVELS.index(level)
        chosen = [
            entry
            for entry in self.read()
            if entity in (None, entry["entity"]) and LEVELS.index(entry["level"]) >= least
        ]
        return chosen if last is None else chosen[len(chosen) - min(last, len(chosen)) :]


def show(entry: Entry) -> str:
    """A line as `juju debug-log` prints it."""
    clock = time.strftime("%H:%M:%S", time.localtime(entry["time"]))
    entity = entry["entity"]
    tag = "unit-" + entity.replace("/", "-") if "/" in entity else entity
    return f"{tag}: {clock} {entry['level']} {entry['logger']} {entry['message']}"
