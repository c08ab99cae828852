"""What ten hooks with a name that cannot be validated cost the CA: as the integration test counts.

The test itself writes ``failed_validations_10_hooks`` into build/bench.json.
"""

from __future__ import annotations

import subprocess
import sys

from charmbuild import PROJECT
from outcome import BenchFailed, Outcome, known, table

TEST = "tests/integration/test_backoff.py::test_ten_hooks_with_a_name_that_cannot_be_validated"
FIGURE = "failed_validations_10_hooks"
MOST = 2


def run(quick: bool) -> Outcome:
    """Run the test, which is as quick as it can be in either mode."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", TEST]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode or FIGURE not in known():
        raise BenchFailed(f"{TEST} failed:\n{done.stdout[-3000:]}")
    count = known()[FIGURE]
    rows = [("ten hooks, five minutes apart, of a name with a wrong DNS record", ""),
            ("failed validations", f"{count}"), ("may be at most", f"{MOST}")]  # fmt: skip
    return Outcome({FIGURE: count}, table(rows))
