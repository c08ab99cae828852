"""Mistakes of this program."""

from __future__ import annotations

import sys
import traceback


def report(error: BaseException) -> None:
    """Show a mistake in the process's own output."""
    traceback.print_exception(type(error), error, error.__traceback__)
    sys.stderr.flush()
