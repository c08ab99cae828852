"""Whether the CA will get its answers on port 80, as far as this machine can see.

It only delays an order: the machine may be unable to reach itself by a name that the world can.
"""

from __future__ import annotations

import time
from typing import Callable, Sequence

from layer_lets_encrypt.dns.lookup import LookupFailed, Lookups
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.web.self_check import Expected, SelfCheck
from layer_lets_encrypt.web.served import HERE

PAUSE = 0.25  # seconds between two questions
STARTING = 3  # seconds in which a web server may still be at what the charm has made it do
RELOADED = 5  # seconds in which the old workers of a reloaded web server may still answer

Addresses = Callable[[], Sequence[str]]


class Doubts:
    """Looks at port 80 of names; ``own`` tells the unit's addresses."""

    def __init__(self, lookups: Lookups, check: SelfCheck, own: Addresses) -> None:
        self._lookups = lookups
        self._check = check
        self._own = own
        self._settled = time.monotonic() + STARTING

    def reloaded(self) -> None:
        """The web server has been reloaded just now: a wrong answer may be an old worker's."""
        self._settled = time.monotonic() + RELOADED

    def problem(self, request: Request, expected: Expected) -> Problem | None:
        """Return why the CA will probably not get ``expected`` on port 80, None if it will."""
        for name in request.names:
            detail = self._of_name(name, expected)
            if detail:
                return Problem("unready", one_line(detail), name=name)
        return None

    def here(self, name: str, expected: Expected) -> str:
        """Return what is wrong with the answer of this machine's web server, "" for nothing."""
        return self._objection(name, HERE, expected)

    def _of_name(self, name: str, expected: Expected) -> str:
        try:
            found = self._lookups.addresses(name)
        except LookupFailed as error:
            return str(error)
        if not found:
            return "has no A or AAAA record in the DNS"
        for address in found:
            objection = self._objection(name, address, expected)
            if objection:
                return objection + "; " + self._remedy(name, address, expected)
        return ""

    def _objection(self, name: str, address: str, expected: Expected) -> str:
        """Return what is wrong there, asked again until the web server has settled."""
        said = self._check.objection(name, address, expected)
        while said.startswith("another answer") and time.monotonic() < self._settled:
            time.sleep(PAUSE)
            said = self._check.objection(name, address, expected)
        return said

    def _remedy(self, name: str, address: str, expected: Expected) -> str:
        if expected.text and self._objection(name, HERE, expected):
            return "the web server here does not answer challenges: does it include the snippet?"
        ours = list(self._own())
        if ours and address not in ours:
            return f"that is not this unit ({', '.join(ours)}): check the DNS record"
        return "did you `juju expose` the application?"
