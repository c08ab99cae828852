"""What a subject of the bench hands back, and the file in which figures are kept."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from charmbuild import BUILD

RESULTS = BUILD / "bench.json"


class BenchFailed(Exception):
    """The measurement does not mean what it should; the text says why."""


class Ratio:
    """One line of the closing table: ours beside theirs, and what it should be."""

    def __init__(self, what: str, ours: float, theirs: float, unit: str, against: str, aim: str):
        self.what, self.ours, self.theirs = what, ours, theirs
        self.unit, self.against, self.aim = unit, against, aim

    @property
    def value(self) -> float:
        return self.ours / self.theirs

    def cells(self) -> tuple[str, ...]:
        """The line's cells, as text."""
        ours, theirs = (f"{figure:.3f} {self.unit}" for figure in (self.ours, self.theirs))
        return self.what, ours, theirs, f"{self.value:.4f}", self.against, self.aim


@dataclasses.dataclass
class Outcome:
    """``figures`` go to build/bench.json, ``text`` is for people, ``ratios`` for the closing table;
    ``red`` are the checks that failed."""

    figures: dict[str, Any]
    text: str
    ratios: Sequence[Ratio] = ()
    red: Sequence[str] = ()


def known() -> dict[str, Any]:
    """The figures that are kept so far."""
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def keep(figures: dict[str, Any]) -> None:
    """Merge into build/bench.json; what others have written there stays."""
    RESULTS.write_text(json.dumps({**known(), **figures}, indent=1, sort_keys=True) + "\n")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)
