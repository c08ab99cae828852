"""The guard's journal: what is to be undone, as it is on disk while a pass works."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from layer_lets_encrypt.certificates.repair import Move
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules import stored


@dataclass(frozen=True)
class Journal:
    """How to undo: the ``attempt`` to end, the lineage ``moves`` to take back, the ``service``
    to start ("" for none) with the ``companions`` that its stop took down; since which ``boot``
    it is there."""

    attempt: str = ""
    service: str = ""
    moves: list[Move] = field(default_factory=list)
    companions: list[str] = field(default_factory=list)
    boot: str = ""


class Unreadable(Exception):
    """There is a journal, but it does not say how to undo; str() says why."""


def read(path: Path) -> Journal | None:
    """Return the journal of what is not undone yet, None if there is none. Raises Unreadable."""
    try:
        plain = stored.of_kind(Journal, json.loads(files.read_text(path)))
        moves = [(source, target) for source, target in plain.get("moves", [])]
        if not all(map(stored.is_path, (path for move in moves for path in move))):
            raise ValueError("moves")
        return Journal(**dict(plain, moves=moves))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise Unreadable(f"{path} cannot be read ({error})") from error


def both(journal: Journal, left: Journal) -> Journal:
    """Return what there is to undo for both, under the first one's attempt."""
    return replace(
        journal,
        service=journal.service or left.service,
        moves=[*left.moves, *journal.moves],
        companions=sorted({*left.companions, *journal.companions}),
    )


def this_boot() -> str:
    """Return what tells this run of the machine, or of its container, from any other."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    # Not all containers have an identifier of their own, but their first process has a start.
    started = Path("/proc/1/stat").read_text("utf-8", errors="replace").rpartition(")")[2]
    return boot + "-" + started.split()[19]
