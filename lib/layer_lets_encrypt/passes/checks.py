"""What speaks against orders: asked of each decision, and remembered if it keeps one away."""

from __future__ import annotations

import time
from typing import Callable, Optional, Sequence

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.machine import os_errors
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import OBSTACLES, Problem

Question = Callable[[Decision], Optional[Problem]]


class Checks:
    """Asks questions; what keeps a certificate away goes to the ``ledger`` and to ``tell``."""

    def __init__(self, ledger: Ledger, tell: Callable[[str], None]) -> None:
        self.ledger = ledger
        self._tell = tell

    def passed(self, due: Sequence[Decision], *questions: Question) -> list[Decision]:
        """Return the decisions that no question speaks against.

        Each question is asked of all decisions that are left before the next one is. A file that
        is in the way keeps one certificate away, a full disk all: raises OSError for that.
        """
        left = list(due)
        for question in questions:
            with self.ledger.deferred():
                left = [decision for decision in left if self._passes(decision, question)]
        return left

    def _passes(self, decision: Decision, question: Question) -> bool:
        try:
            problem = question(decision)
        except OSError as error:
            if os_errors.is_of_machine(error):
                raise
            problem = Problem("blocked", os_errors.words(error))
        if problem is not None:
            self.hinder([decision], problem)
        return problem is None

    def hinder(self, due: Sequence[Decision], problem: Problem) -> None:
        """Remember why nothing could be ordered; a CA that was asked is left alone for longer
        after each failure."""
        now = time.time()
        with self.ledger.deferred():
            for decision in due:
                self._hinder(decision, problem, now)
        self._tell(problem.text)

    def _hinder(self, decision: Decision, problem: Problem, now: float) -> None:
        name = decision.request.lineage_name
        record = self.ledger.of(name)
        if problem.category == "unready":
            record = record.doubted(decision.asked, problem, now)
        elif problem.category in OBSTACLES:
            record = record.about(decision.asked).hindered(problem)
        else:
            record = record.begin(decision.asked, now)
            record = record.failed(problem, now, decision.longest_wait)
        self.ledger.record(name, record)
