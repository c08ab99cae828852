"""Text from outside, made fit to be shown: printable, one line, bounded. The only place for it.

Servers, certificate authorities and certbot say what they like. What reaches Juju, a log file,
the history or an action's result has no control characters, no terminal escapes and nothing that
turns the reading direction, and can be written as UTF-8.
"""

from __future__ import annotations

import re
from typing import Any, Iterable

SCANNED = 16  # characters that are checked for each one that may be shown
MAX_LINE = 2000
MAX_LINES = 200  # each costs a process where it goes to the log

# A whole escape sequence goes, not only its first character. What begins a string ends where
# the next one begins, so that no text makes the search slow.
_ESCAPES = (
    "(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,16}[@-~]"  # colours, cursor
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f]{0,1000}(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]{0,16}[0-~]"
)


def one_line(text: str, limit: int) -> str:
    """Return what can be shown of ``text`` as one line of at most ``limit`` characters."""
    line = _printable(text[: SCANNED * (limit + 1)])
    if len(line) <= limit and len(text) <= SCANNED * (limit + 1):
        return line
    return line[: max(limit - 3, 0)] + "..."


def quoted(text: str, limit: int = 40) -> str:
    """Return a text as Python writes it, in quotes, cut to ``limit`` characters."""
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")


def few(words: Iterable[str], most: int, longest: int) -> str:
    """Return the first of the words, each cut to ``longest``, and how many more there are.

    Whoever writes a list can make it as long as he likes; what follows it is to be read, too.
    """
    listed = list(words)
    more = len(listed) - most
    named = ", ".join(one_line(word, longest) for word in listed[:most])
    return named + (f" and {more} more" if more > 0 else "")


def lines(text: str, limit: int = MAX_LINE, most: int = MAX_LINES) -> list[str]:
    """Return what can be shown of each line that is not blank, and how many were left out."""
    found = text.splitlines()
    shown = [line for line in (one_line(line, limit) for line in found[:most]) if line]
    if len(found) > most:
        shown.append(f"({len(found) - most} more lines are left out)")
    return shown


def _printable(text: str) -> str:
    if not text.isprintable():
        text = " ".join(re.sub(_ESCAPES, "", text).split())
        text = "".join(char for char in text if char.isprintable())
    return " ".join(text.split())


def described(values: Any, *secret: str) -> str:
    """Return how a named tuple shows itself, without its ``secret`` fields."""
    shown = [f"{key}={value!r}" for key, value in values._asdict().items() if key not in secret]
    return f"{type(values).__name__}({', '.join(shown)})"
