"""One pass of the layer over given names, in a fresh process, as a hook does it.

    PYTHONPATH=charm/lib charm/../.venv/bin/python3 one_pass.py NAMES.txt SERVER

Reads the history, surveys every name twice (what is due, what is left), holds the machine's lock,
looks after account, scheduler and service; what it needs of Juju (configuration, flags, the log) is
left out. Prints as JSON how many names it had, what was decided, and what it started.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.renewal_pass import RenewalPass
from layer_lets_encrypt.rules.challenge import CHALLENGES
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

UNIT = "web/0"
STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "os.exec")


def main() -> int:
    """Command line; 0 = nothing was due."""
    started: list[str] = []
    sys.addaudithook(lambda event, _: started.append(event) if event in STARTS else None)
    said: list[str] = []
    names = Path(sys.argv[1]).read_text().split()
    wanted = Wanted(
        requests=tuple(Request(names=(name,), source="bench") for name in names),
        account=Account(sys.argv[2]),
        challenge=CHALLENGES["standalone"],
        service_name="nginx",
    )
    begin = time.perf_counter()
    run = RenewalPass(wanted, Places.of(UNIT), dict(os.environ), said.append)
    finished = run.run(True, _nothing)
    seconds = time.perf_counter() - begin
    print(json.dumps({"names": len(names), "finished": finished, "started": started,
                      "lines": len(said), "seconds": seconds}))  # fmt: skip
    return 0 if finished else 1


def _nothing() -> Any:
    """Juju keeps nobody from ordering here."""


if __name__ == "__main__":
    sys.exit(main())
