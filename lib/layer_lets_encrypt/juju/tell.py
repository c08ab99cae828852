"""The only way from this layer to what people read in Juju: status, log and actions' results.

Nothing that a server or a certificate authority says can make a hook tool fail or refuse.
"""

from __future__ import annotations

import sys
from typing import Iterator

from charmhelpers.core import hookenv

from layer_lets_encrypt.rules import printable

PREFIX = "lets-encrypt: "
MAX_STATUS = 4200  # a problem, its name and the next attempt
MAX_RESULT = 30_000  # of one value; Linux takes 128 KiB for one argument
MAX_RESULTS = 500_000  # for one call; Linux takes 2 MiB for all arguments together


def log(text: str, level: str | None = None) -> None:
    """Write each line of ``text`` into the unit's log. Never raises."""
    for line in printable.lines(text):
        try:
            hookenv.log(PREFIX + _encodable(line), level=level)
        except OSError as error:
            print(f"{PREFIX}{line} (juju-log: {error})".encode("ascii", "replace").decode("ascii"),
                  file=sys.stderr)  # fmt: skip


def shown(text: str) -> str:
    """Return a text as it will appear in the unit's status."""
    return _encodable(printable.one_line(text, MAX_STATUS))


def status(state: str, text: str) -> None:
    """Set the unit's workload status."""
    hookenv.status_set(state, shown(text))


def status_of_charm(state: str, text: str) -> None:
    """Put back a status that the charm itself has set, as it was if Juju takes that."""
    try:
        hookenv.status_set(state, text)
    except (OSError, ValueError):  # it was never with Juju: layer:status speaks late
        status(state, text)


def results(values: dict[str, str]) -> None:
    """Set results of the running action."""
    for some in _portions(values):
        hookenv.action_set(some)


def failure(text: str) -> None:
    """Have the running action fail."""
    hookenv.action_fail(shown(text))


def _portions(values: dict[str, str]) -> Iterator[dict[str, str]]:
    portion: dict[str, str] = {}
    size = 0
    for key, value in values.items():
        shown = _encodable(printable.one_line(value, MAX_RESULT))
        size += 4 * len(shown) + len(key)
        if size > MAX_RESULTS and portion:
            yield portion
            portion, size = {}, 4 * len(shown) + len(key)
        portion[key] = shown
    if portion:
        yield portion


def _encodable(text: str) -> str:
    """Return what can be an argument of a program, also where the locale is not UTF-8."""
    encoding = sys.getfilesystemencoding()
    return text.encode(encoding, "replace").decode(encoding)
