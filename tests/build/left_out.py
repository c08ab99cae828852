"""A plugin of pytest: says how many tests were left out, also with pytest-xdist, which does not."""

from __future__ import annotations

from typing import Any

import pytest

COUNT = pytest.StashKey[int]()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """In each process that collects tests: with xdist these are the workers."""
    for config in {item.config for item in items}:
        config.stash[COUNT] = config.stash.get(COUNT, 0) + len(items)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells its controller; all of them have collected the same."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left out"] = session.config.stash.get(COUNT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker has ended."""
    node.config.stash[COUNT] = getattr(node, "workeroutput", {}).get("left out", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line, if there is something to say."""
    count = terminalreporter.config.stash.get(COUNT, 0)
    if count:
        terminalreporter.write_line(f"{count} slow tests were left out; make test-all runs them")
