"""An operator's day on this machine, in two private worlds: `make demo STORY=day`.

Prints each command as one types it, and what came out. Exits 1 if anything went otherwise than the
documents say. KEEP=1 leaves the first machine open and says how to look around in it.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "build")]

from charmbuild import BuildFailed  # noqa: E402

from world import playground  # noqa: E402
from world.as_operator import DayFailed  # noqa: E402
from world.day import STEPS, Day  # noqa: E402
from world.demo import say, show  # noqa: E402
from world.site import open_site  # noqa: E402
from world.world import WorldError  # noqa: E402

AFTERWARDS = """
Next:

  make demo STORY=day KEEP=1       the same again, and the first machine stays open: look around
  make try CHARM=path/to/charm     this world for a charm of your own

docs/operators.md has every option, status and action that you have just seen, and the others.
"""


def play() -> None:
    """All steps, in their order."""
    say("two machines are made; the first time that takes a minute")
    with open_site() as site:
        try:
            playground.furnish(site.world, site.acme)
            day = Day(site, say, show)
            for number, step in enumerate(STEPS, 1):
                print(flush=True)
                say(f"{number}. {step.__doc__}")
                step(day)
        finally:
            if os.environ.get("KEEP") and not isinstance(sys.exc_info()[1], KeyboardInterrupt):
                playground.leave_open(site.world, "web")


def main() -> int:
    """0 = all as told, 1 = not, 130 = interrupted (make says so)."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # make has blocked it
        play()
    except (DayFailed, WorldError, BuildFailed, OSError) as error:
        say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    say("the day is over: every step went as the documents say")
    if not os.environ.get("KEEP"):
        print(AFTERWARDS, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
