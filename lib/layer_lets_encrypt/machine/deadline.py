"""One deadline for a whole exchange with somebody outside, and one budget for many of them.

A socket's timeout holds for each single answer, so a server that sends a byte a second is never
late; and looking a name up has no timeout at all. Here the exchange as a whole has one.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, TypeVar

T = TypeVar("T")


def within(seconds: float, exchange: Callable[[], T]) -> T:
    """Return what ``exchange`` returns, or raise what it raises.

    Raises TimeoutError, an OSError, if that takes longer than ``seconds``. The exchange is then
    left alone: it should touch nothing but its own connection, and ends with the process.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(exchange())
        except BaseException as error:  # it is raised again below
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # the machine's limit of tasks
        raise OSError(f"nobody can be asked: {error}") from error
    thread.join(max(seconds, 0))
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError(f"no complete answer within {seconds:.0f} seconds")
    return answers[0]


class Budget:
    """The time that all exchanges of a pass share; it runs from the start."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def extend(self, seconds: float) -> None:
        """Do not count ``seconds`` that went by in something else."""
        self._end += seconds

    def left(self, most: float = float("inf")) -> float:
        """Return the seconds that are left, at most ``most``; never below 0."""
        return min(max(self._end - time.monotonic(), 0), most)

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left() == 0
