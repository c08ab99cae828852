"""What an operator does with a unit, shown as it is typed, and what can be seen of the unit."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from typing import Any

import yaml

from .site import UNIT, Site

MOST_LINES = 15  # of what a command prints

Say = Callable[[str], None]


class DayFailed(AssertionError):
    """Something did not go as the documents promise."""


def expect(seen: Any, wanted: Any, what: str) -> None:
    """Raise DayFailed unless both are equal."""
    if seen != wanted:
        raise DayFailed(f"{what}: {seen!r} instead of {wanted!r}")


class Operator:
    """The operator of one machine; ``say`` takes a command's line, ``show`` what came out."""

    def __init__(self, site: Site, say: Say, show: Say):
        self.site = site
        self.world = site.world
        self.say = say
        self.show = show

    # What an operator types

    def juju(self, *words: str, check: bool = True, most: int = MOST_LINES) -> str:
        """One command of the operator, shown with the first lines of what it printed."""
        self.say(f"$ juju {shlex.join(words)}")
        printed = self.site.juju(*words, check=check)
        self.show("\n".join(printed.splitlines()[:most]))
        return printed

    def action(self, name: str, *words: str, check: bool = True, most: int = MOST_LINES) -> str:
        return self.juju("run", UNIT, f"lets-encrypt-{name}", *words, check=check, most=most)

    def on_the_unit(self, command: str) -> str:
        """One command in a shell of the unit, shown with what it printed."""
        self.say(f"# {command}")
        printed = str(self.world.run(["sh", "-c", command]).stdout)
        self.show(printed)
        return printed

    def lines(self, text: str) -> None:
        """Set acme-certificates from a file, as one does."""
        self.world.write("/root/lines", text)
        self.on_the_unit("cat /root/lines")
        self.juju("config", "web", "acme-certificates=@/root/lines")

    # What can be seen

    def healthy(self) -> None:
        """The unit says what the charm says."""
        state, text = self.site.status()
        self.show(f"web/0*  {state}  {text}    ({self.orders()} orders so far)")
        expect((state, text), ("active", "serving https"), "juju status")

    def blocked(self, *words: str) -> None:
        """The unit is blocked, and its one line has these words."""
        severity, line = self.site.status()
        self.show(f"web/0*  {severity}  {line}")
        if severity != "blocked" or not all(word in line for word in words):
            raise DayFailed(f"status {severity!r}, {line!r}; wanted: {words}")

    def orders(self) -> int:
        return self.site.counts().orders

    def serials(self) -> dict[str, str]:
        """The serial of each certificate on disk, by the action that tells it."""
        told = self.site.juju("run", UNIT, "lets-encrypt-certificates", "format=json")
        states = json.loads(yaml.safe_load(told)["certificates"])
        return {state["name"]: state["serial"] for state in states}

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise DayFailed(f"{what}: not within {seconds:.0f} seconds")
            time.sleep(0.2)
