"""What was done for the files of each lineage, by the identity of the files: so that a pass over
thousands of them that have not changed does nothing.

Losing this memory costs doing it again, and nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable

from layer_lets_encrypt.machine import files


class Delivered:
    """The memory, in one JSON file."""

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self._known: dict[str, Any] | None = None
        self._learnt = False

    def is_done(
        self, name: str, identity: str, settings: str, made: Iterable[str], now: float
    ) -> bool:
        """Whether nothing has changed since note(), and it is too early to look again."""
        try:
            *seen, again = self._recall()[name]
            return bool(seen == [identity, settings, _stamps(made)] and now < again)
        except (KeyError, TypeError, ValueError):
            return False

    def note(
        self, name: str, identity: str, settings: str, made: Iterable[str], again: float
    ) -> None:
        """Remember that all is done for a lineage until it changes, or until ``again``."""
        self._recall()[name] = [identity, settings, _stamps(made), again]
        self._learnt = True

    def keep(self, names: Iterable[str]) -> None:
        """Forget all other lineages."""
        self.forget(set(self._recall()) - set(names))

    def forget(self, names: Iterable[str]) -> None:
        """Have it all done again for these lineages."""
        for name in names:
            if self._recall().pop(name, None) is not None:
                self._learnt = True

    def save(self) -> None:
        """Put what was learnt on disk, for the next hook."""
        if not self._learnt:
            return
        try:
            files.write_json(self.memory, self._known)
        except OSError:
            return  # a full disk: it is done again next time
        self._learnt = False

    def _recall(self) -> dict[str, Any]:
        if self._known is None:
            known = files.read_json(self.memory, {})
            self._known = known if isinstance(known, dict) else {}
        return self._known


def _stamps(paths: Iterable[str]) -> list[str]:
    return [stamp(path) for path in paths]


def stamp(path: str | Path) -> str:
    """Return what changes whenever a file does; no change leaves its ctime alone."""
    try:
        seen = os.lstat(path)
    except OSError:
        return "-"
    return f"{seen.st_ino}.{seen.st_size}.{seen.st_ctime_ns}"
