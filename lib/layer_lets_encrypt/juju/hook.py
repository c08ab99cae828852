"""What this hook has found out so far: made when the hook begins, gone when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from charmhelpers.core import hookenv

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.configuration import Configuration
from layer_lets_encrypt.rules.schedule import USUAL_GAP
from layer_lets_encrypt.rules.sharing import NONE, Shared

if TYPE_CHECKING:
    from layer_lets_encrypt.juju.sharing import Sharing


class Hook:
    """The answers that Juju and the machine have given in this hook; None: not asked yet.

    ``failures`` are what this hook could not do; ``gap`` is the longest time between two runs of
    the unit's schedule in seconds; ``configuration`` is what was read last, with the plain values
    that it was read from; ``shared`` is what other units have, ``sharing`` the way to ask them;
    ``reader`` has looked at the lineages, None if they may have changed since.
    """

    def __init__(self) -> None:
        self.failures: list[Complaint] = []
        self.opened_ports: set[str] | None = None
        self.is_leader: bool | None = None
        self.gap: float = USUAL_GAP
        self.configuration: tuple[Any, Configuration] | None = None
        self.sharing: Sharing | None = None
        self.shared: Shared = NONE
        self.has_run_pass = False
        self.reader: Reader | None = None


_current = Hook()


def begin() -> None:
    """A hook begins: nothing is known yet."""
    global _current
    _current = Hook()


def current() -> Hook:
    """Return what is known in this hook."""
    return _current


def reader() -> Reader:
    """Return what looks at each lineage once, as long as this hook changes none."""
    if _current.reader is None:
        _current.reader = Reader(places().facts)
    return _current.reader


def places() -> Places:
    """Return where this unit keeps the layer's files."""
    return Places.of(hookenv.local_unit())
