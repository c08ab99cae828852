"""The layer measured beside what people use without it: `make bench`.

    bench.py [--quick] [SUBJECT ...]

Subjects: gaps, idle, bulk, noop, backoff, units, kills; all if none is given.

Prints a table for each subject and one of ratios, and merges the figures into build/bench.json.
Exits 1 if a check is red (a request failed with webroot or stateless, a program was started for
each certificate, a no-op hook costs more than 1.1 times that of the same charm without the layer),
2 if a measurement does not mean what it should; other times are printed, not judged.

``--quick`` measures little, for development, and keeps nothing. PLANT_STOP=1 runs ``gaps`` alone
and stops nginx for a second in every turn without interruption: it must end with 1.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "build"), str(HERE)]

import backoff  # noqa: E402
import bulk  # noqa: E402
import gaps  # noqa: E402
import idle  # noqa: E402
import kills  # noqa: E402
import noop  # noqa: E402
import units  # noqa: E402
from charmbuild import PROJECT, BuildFailed  # noqa: E402
from outcome import RESULTS, BenchFailed, Outcome, keep, table  # noqa: E402
from world.world import WorldError  # noqa: E402

SUBJECTS = {
    "gaps": gaps.run,
    "idle": idle.run,
    "bulk": bulk.run,
    "noop": noop.run,
    "backoff": backoff.run,
    "units": units.run,
    "kills": kills.run,
}


def measure(name: str, quick: bool) -> Outcome:
    """One subject, printed."""
    begin = time.monotonic()
    print(f"\n== {name} (load {os.getloadavg()[0]:.1f})", flush=True)
    outcome = SUBJECTS[name](quick)
    print(f"\n{outcome.text}\n({time.monotonic() - begin:.0f} s)", flush=True)
    return outcome


def close(outcomes: list[Outcome]) -> None:
    """The table of ratios, and what is red."""
    rows = [("", "ours", "theirs", "ratio", "theirs is", "wanted")]
    rows += [ratio.cells() for outcome in outcomes for ratio in outcome.ratios]
    if len(rows) > 1:
        print(f"\n{table(rows)}")
    for outcome in outcomes:
        for text in outcome.red:
            print(f"RED: {text}")


def main() -> int:
    """0 = all green, 1 = a check is red, 2 = a measurement failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small numbers; nothing is kept")
    parser.add_argument("subject", nargs="*", choices=[*SUBJECTS, []], help="all if none is given")
    args = parser.parse_args()
    planted = bool(os.environ.get("PLANT_STOP"))
    outcomes: list[Outcome] = []
    try:
        for name in ["gaps"] if planted else args.subject or SUBJECTS:
            outcomes.append(measure(name, args.quick))
            if not args.quick:
                keep(outcomes[-1].figures)
    except (BenchFailed, BuildFailed, WorldError, OSError) as error:
        print(f"\nNOT MEASURED: {error}")
        return 2
    close(outcomes)
    if not args.quick and not planted:
        print(f"\nwritten to {RESULTS.relative_to(PROJECT)}")
    return 1 if any(outcome.red for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
