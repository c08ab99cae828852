"""The layer's own files, put right at the start of a hook: what cannot be read is set aside.

Reading them never raises and never waits, so that nothing here is urgent; but what stays in
the way would be met again in each hook, and nobody would hear of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, Iterator

from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.rules.records import History


def put_right(places: Places, past: History) -> list[str]:
    """Set aside what cannot be read; return a line for the log on each. Raises OSError.

    ``past`` is the history as it was read; what could be read of it stays.
    """
    said = []
    if past.faults:
        said.append(_set_aside(places.history, _brief(past.faults)))
        past.faults.clear()
        ledger.save(past, places.history)
    for path, reason in _unreadable(places):
        said.append(_set_aside(path, reason))
        if path == places.scheduler:
            from layer_lets_encrypt.machine import package_timer  # most hooks do not need it

            files.write_json(path, package_timer.AS_INSTALLED)
    return said


def _unreadable(places: Places) -> Iterator[tuple[Path, str]]:
    for path in (places.facts, places.renewal_info, places.marker, places.ca_bundle):
        if files.is_in_the_way(path):
            yield path, "it is not a regular file"
    kinds = ((places.scheduler, _is_scheduler), (places.dns_journal, _is_dns_journal))
    for path, is_sound in kinds:
        reason = _fault(path, is_sound)
        if reason:
            yield path, reason


def _fault(path: Path, is_sound: Callable[[object], bool]) -> str:
    try:
        return "" if is_sound(json.loads(files.read_text(path))) else "it is of another form"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, RecursionError) as error:
        return str(error)


def _is_scheduler(plain: object) -> bool:
    return isinstance(plain, dict) and all(map(stored.is_flag, plain.values()))


def _is_dns_journal(plain: object) -> bool:
    """Whether it is a list of records; the plugin reads their fields."""
    return isinstance(plain, list) and all(isinstance(entry, dict) for entry in plain)


def _brief(faults: list[str]) -> str:
    kinds = list(dict.fromkeys(faults))
    return ", ".join(f"{kind} ({faults.count(kind)})" for kind in kinds)


def _set_aside(path: Path, reason: str) -> str:
    place = files.set_aside(path)
    return f"{path} could not be read as a whole and is now {place.name}: {reason}"
