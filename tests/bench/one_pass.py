"""One pass of the layer over given names, in a fresh process, as a hook does it.

    PYTHONPATH=charm/lib charm/../.venv/bin/python3 one_pass.py NAMES.txt SERVER [--all-options]

Reads the history, surveys every name twice (what is due, what is left), holds the machine's lock,
looks after account, scheduler and service; what it needs of Juju (configuration, flags, the log) is
left out. ``--all-options``: as lines of the operator with a key type and a service each, with
access, formats, both commands, and the text file for Prometheus. Prints as JSON how many names it
had, what was decided, and what it started.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import report
from layer_lets_encrypt.passes.renewal_pass import RenewalPass
from layer_lets_encrypt.rules import delivery, metrics
from layer_lets_encrypt.rules.challenge import CHALLENGES
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

UNIT = "web/0"
STARTS = ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system", "os.exec")
ALL_OPTIONS = {
    delivery.ACCESS: "root:www-data 0640",
    delivery.FORMATS: "pfx combined",
    delivery.DEPLOY: "/bin/true",
    delivery.FAILURE: "/bin/true",
    delivery.METRICS: "/var/tmp",  # noqa: S108 (of a world)
}


def wanted(names: list[str], server: str, options: dict[str, str]) -> Wanted:
    """Return what a unit wants that has these names, and these options about files."""
    found, wrong = delivery.read(options)
    assert not wrong, wrong
    own = {"key_type": "ecdsa", "reload": ("nginx",), "is_extra": True} if options else {}
    return Wanted(
        requests=tuple(Request((name,), "bench", **own) for name in names),
        account=Account(server),
        challenge=CHALLENGES["standalone"],
        service_name="nginx",
        delivery=found,
    )


def main() -> int:
    """Command line; 0 = nothing was due."""
    started: list[str] = []
    sys.addaudithook(lambda event, _: started.append(event) if event in STARTS else None)
    said: list[str] = []
    names = Path(sys.argv[1]).read_text().split()
    asked = wanted(names, sys.argv[2], ALL_OPTIONS if "--all-options" in sys.argv else {})
    begin = time.perf_counter()
    run = RenewalPass(asked, Places.of(UNIT), dict(os.environ), said.append)
    finished = run.run(True, _nothing)
    if asked.delivery.metrics:
        samples = report.samples(asked.requests, run.ledger.past, run.reader, run.advice)
        path = Path(asked.delivery.metrics) / "bench.prom"
        files.write_atomic(path, metrics.text(samples, UNIT), 0o644)
    seconds = time.perf_counter() - begin
    print(json.dumps({"names": len(names), "finished": finished, "started": started,
                      "lines": len(said), "seconds": seconds}))  # fmt: skip
    return 0 if finished else 1


def _nothing(request: Request) -> Any:
    """Juju keeps nobody from ordering here."""


if __name__ == "__main__":
    sys.exit(main())
