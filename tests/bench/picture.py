"""Requests answered over time, one row for each way, as SVG; no library, no font, no script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

from world.load import Event, summary

STEP = 0.1  # seconds for each bar
WIDTH, LEFT, RIGHT = 860, 66, 16
HEADING, PLOT, SPACE, BELOW = 42, 96, 22, 66
# mid tones: at least 4:1 against white and against a dark page's #0d1117
INK, FAINT = "#6e7b88", "#6e7b8855"
ANSWERED, FAILED = "#3b87d8", "#e5534b"
STYLE = (f'font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" '
         f'font-size="12" fill="{INK}"')  # fmt: skip


class Row(NamedTuple):
    """One way: its events, at seconds since the renewal's begin, which took ``seconds``."""

    label: str
    events: Sequence[Event]
    seconds: float


class Axis(NamedTuple):
    """The time axis that all rows share."""

    first: float
    last: float

    def x(self, seconds: float) -> float:
        share = (seconds - self.first) / (self.last - self.first)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 2)


def draw(rows: Sequence[Row], rate: float) -> str:
    """The whole picture. ``rate`` is that of the visitors, each second."""
    axis = _axis(rows)
    per_step = rate * STEP
    height = len(rows) * (HEADING + PLOT + SPACE) + BELOW
    parts = [_head(height, rows)]
    for number, row in enumerate(rows):
        top = number * (HEADING + PLOT + SPACE)
        parts += _row(row, axis, top, per_step)
    parts += _time_axis(axis, height - BELOW - SPACE + 4)
    parts += _legend(height - 12)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axis(rows: Sequence[Row]) -> Axis:
    """From where all rows have visitors until the last one has none; whole steps alone."""
    first = max(min(event.end for event in row.events) for row in rows)
    last = max(event.start for row in rows for event in row.events)
    return Axis(math.ceil(first / STEP) * STEP, math.floor(last / STEP) * STEP)


def _head(height: int, rows: Sequence[Row]) -> str:
    said = "; ".join(f"{row.label}: {_words(row)}" for row in rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" {STYLE}>\n'
        "<title>Requests answered while a certificate is renewed</title>\n"
        f"<desc>{escape(said)}</desc>"
    )


def _words(row: Row) -> str:
    """A row's figures in words."""
    seen = summary(row.events)
    failed = f"{seen.failed} of {seen.tried} requests failed" if seen.failed else "none failed"
    gap = seen.longest_gap
    longest = f"{gap:.2f} s" if gap >= 0.1 else f"{gap * 1000:.0f} ms"
    return f"{failed}, longest gap {longest}"


def _row(row: Row, axis: Axis, top: int, per_step: float) -> list[str]:
    """Heading, scale, bars, and when the renewal ran."""
    base, most = top + HEADING + PLOT, per_step * 1.25
    good, bad = counts(row.events, axis), counts(row.events, axis, good=False)
    begin, end = axis.x(0), axis.x(row.seconds)
    parts = [
        f'<text x="{LEFT}" y="{top + 16}" font-size="14" font-weight="600">'
        f"{escape(row.label)}</text>",
        f'<text x="{LEFT}" y="{top + 33}">{escape(_words(row))}</text>',
        f'<rect x="{begin}" y="{base - PLOT}" width="{round(end - begin, 2)}" height="{PLOT}" '
        f'fill="{INK}" fill-opacity="0.12"/>',
    ]
    for value in (0.0, per_step):
        y = round(base - PLOT * value / most, 2)
        parts.append(_line(LEFT, y, WIDTH - RIGHT, y))
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{value:.0f}</text>')
    middle, step = base - PLOT / 2, f"{STEP * 1000:.0f} ms"
    turned = f'transform="rotate(-90 16 {middle})"'
    parts.append(f'<text x="16" y="{middle}" text-anchor="middle" {turned}>per {step}</text>')
    parts.append(_bars(good, {}, axis, base, PLOT / most, ANSWERED))
    parts.append(_bars(bad, good, axis, base, PLOT / most, FAILED))
    return parts


def counts(events: Sequence[Event], axis: Axis, good: bool = True) -> dict[int, int]:
    """How many were answered in each step of the axis, or failed in it."""
    found: dict[int, int] = {}
    for event in events:
        if event.good is good and axis.first <= event.end < axis.last:
            step = int((event.end - axis.first) / STEP)
            found[step] = found.get(step, 0) + 1
    return found


def _bars(
    heights: dict[int, int], below: dict[int, int], axis: Axis, base: int, unit: float, fill: str
) -> str:
    """All bars of one colour as one path, standing on those of ``below``."""
    wide = axis.x(axis.first + STEP) - LEFT
    boxes = []
    for step, height in sorted(heights.items()):
        tall = round(min(height * unit, PLOT * 1.0), 2)
        y = round(base - below.get(step, 0) * unit, 2)
        x = round(LEFT + step * wide + 0.4, 2)
        boxes.append(f"M{x} {y}h{round(wide - 0.8, 2)}v{-tall}h{round(0.8 - wide, 2)}z")
    return f'<path fill="{fill}" d="{"".join(boxes)}"/>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path stroke="{FAINT}" d="M{x1} {y1}L{x2} {y2}"/>'


def _time_axis(axis: Axis, y: int) -> list[str]:
    """Ticks for whole seconds, and what they mean."""
    parts = []
    for second in range(math.ceil(axis.first), math.floor(axis.last) + 1):
        x = axis.x(second)
        parts.append(_line(x, y - 4, x, y))
        parts.append(f'<text x="{x}" y="{y + 13}" text-anchor="middle">{second}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{y + 31}" text-anchor="middle">'
                 "seconds since the renewal began</text>")  # fmt: skip
    return parts


def _legend(y: int) -> list[str]:
    entries = ((ANSWERED, "1", "answered by nginx"), (FAILED, "1", "failed"),
               (INK, "0.3", "the renewal runs"))  # fmt: skip
    parts, x = [], LEFT
    for fill, opacity, words in entries:
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{fill}" '
                     f'fill-opacity="{opacity}"/>')  # fmt: skip
        parts.append(f'<text x="{x + 18}" y="{y}">{words}</text>')
        x += 44 + 7 * len(words)
    return parts
