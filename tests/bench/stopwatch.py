"""Run commands by turns and say how long each took, and with what it ended.

    python3 stopwatch.py ROUNDS '{"label": ["command", "word"], ...}'

Runs inside a world, so that entering it is not measured. Prints JSON: for each label a list of
[seconds, exit status, standard output]; the first turn of each is left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any


def timed(command: list[str]) -> tuple[float, int, str]:
    """Wall time, exit status and output of one run."""
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return time.perf_counter() - begin, done.returncode, done.stdout or done.stderr


def main() -> int:
    """Command line."""
    commands = json.loads(sys.argv[2])
    seen: dict[str, list[Any]] = {label: [] for label in commands}
    for _ in range(int(sys.argv[1]) + 1):
        for label, command in commands.items():
            seen[label].append(timed(command))
    print(json.dumps({label: runs[1:] for label, runs in seen.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
