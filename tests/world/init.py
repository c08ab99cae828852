"""Process 1 of a world: furnishes it, reaps its orphans, and ends it when its maker is gone.

Started by ``world.py`` as ``unshare ... init.py SETTINGS``. SETTINGS is JSON with ``base`` (an
empty folder), ``project``, ``hostname``, ``snapshot`` (descriptor of what an earlier world had
written, or -1), ``status`` (descriptor for one line of JSON: ``pid`` as seen from outside and
``written``, a descriptor of this process that names the folder of what is written; or ``error``)
and ``lifeline`` (descriptor: end of file ends the world, a byte frees it).
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import furnish  # noqa: E402  (isolated interpreter: the folder must be put on the path first)


def main(settings: dict) -> int:
    """Make the world, say so, then stay until it is to end."""
    os.umask(0o022)
    pid = int(os.readlink("/proc/self"))  # the machine's /proc is still here: its view of us
    base, snapshot = Path(settings["base"]), settings["snapshot"]
    try:
        root = furnish.build_root(base, Path(settings["project"]), snapshot)
        written = os.open(base / furnish.WRITTEN, os.O_RDONLY)  # no path leads there after the next
        enter_root(root)
        furnish.wake(settings["hostname"])
        if snapshot < 0:
            furnish.furnish(settings["hostname"])
    except (furnish.Refused, OSError) as error:
        return answer(settings["status"], {"error": str(error)})
    answer(settings["status"], {"pid": pid, "written": written})
    serve(settings["lifeline"])
    return 0


def enter_root(root: Path) -> None:
    """Make ``root`` the root of every process here and let go of the old one."""
    os.chdir(root)
    furnish.call("pivot_root", ".", ".")
    furnish.call("umount", "--lazy", ".")
    os.chroot(".")
    os.chdir("/")


def answer(status: int, words: dict) -> int:
    """Write one line to the maker; returns 1 for an error, else 0."""
    os.write(status, json.dumps(words).encode() + b"\n")
    os.close(status)
    return 1 if "error" in words else 0


def serve(lifeline: int) -> None:
    """Reap children until the lifeline breaks; a byte on it means: stay without a maker."""
    wake_read, wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write)
    watched = [lifeline, wake_read]
    while True:
        reap()
        ready, _, _ = select.select(watched, [], [])
        if wake_read in ready:
            os.read(wake_read, 512)
        if lifeline in ready:
            if not os.read(lifeline, 1):
                return
            watched.remove(lifeline)


def reap() -> None:
    """Collect every child that has ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
