"""The end of a machine's agent, as its units see it."""

from __future__ import annotations


class Halted(Exception):
    """The agent has been stopped, or cut off from the controller: it changes nothing more."""

    def __str__(self) -> str:
        return "connection is shut down"
