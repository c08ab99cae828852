"""A machine that a real systemd has booted: a Debian root in systemd-nspawn, private network.

    with Booted([root]) as machine:            # a World: run, popen, path, write, connect
        machine.run(["systemctl", "status"])
        machine.cut_power(); machine.boot()    # what was written is still there
        machine.outside                        # a World that lives on while the machine is off

Needs root and systemd-nspawn. What is written stays in memory and vanishes with the block; so do
all processes, however its maker ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from world.world import BASE_ENVIRONMENT, PROJECT, World, WorldError

KEEPER = Path(__file__).resolve().parent / "keeper.sh"
CGROUPS = Path("/sys/fs/cgroup")
SECONDS = 90  # for a boot, and for a way down
# The control groups that the machine sees: one hierarchy for all (v2), or one for each kind (v1).
UNIFIED, LEGACY = "1", "0"
ENTER_CGROUPS = """
for folder in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [ -e "$folder/cgroup.procs" ] || continue
    mkdir -p "$folder/$0" && echo $$ >"$folder/$0/cgroup.procs"
done
exec "$@"
"""


class Refused(WorldError):
    """This kernel, or a container around us, lets no machine be booted; the text says why."""


class Booted(World):
    """One booted machine; ``lower`` are the folders that its disk begins with, the upper first."""

    def __init__(self, lower: list[Path], cgroups: str = UNIFIED):
        super().__init__()
        self.outside = World()
        self._lower = lower
        self._cgroups = cgroups
        self._name = f"booted-{os.getpid()}-{time.monotonic_ns()}"
        self._base = Path()
        self._keeper: subprocess.Popen[str] | None = None
        self._machine: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Booted:
        self._base = Path(tempfile.mkdtemp(prefix="booted-"))
        command = ["unshare", "--mount", "--net", "--propagation", "private", "/bin/sh", KEEPER]
        command += [self._base, ":".join(map(str, self._lower)), self._name]
        self._keeper = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=BASE_ENVIRONMENT,
        )
        assert self._keeper.stdout is not None
        words = self._keeper.stdout.readline().split()
        if words[:1] != ["ready"]:
            self.end()
            raise Refused("no overlay could be mounted in namespaces of its own")
        self.outside.pid = int(words[1])
        try:
            self.boot()
        except BaseException:
            self.end()
            raise
        return self

    def end(self) -> None:
        """Cut the power, and let go of the disk."""
        self.cut_power()
        if self._keeper is not None:
            self._keeper.communicate()  # closes its input
        self._keeper = None

    # -- power ------------------------------------------------------------------------------------

    def boot(self) -> None:
        """Switch it on; returns when systemd has started all that it is to start."""
        with self.console().open("wb") as console:
            self._machine = subprocess.Popen(
                self._boot_command(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env={**BASE_ENVIRONMENT, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": self._cgroups},
            )
        self._await(self._is_up, "the machine boots")

    def _boot_command(self) -> list[str]:
        assert self._keeper is not None
        command = ["nsenter", "--target", str(self._keeper.pid), "--mount", "--"]
        command += ["setpriv", "--pdeathsig", "KILL"]
        nspawn = ["systemd-nspawn", "--quiet", f"--directory={self._base}/root", "--boot"]
        nspawn += ["--machine=world", "--hostname=world", "--console=passive", "--register=no"]
        nspawn += ["--resolv-conf=off", "--timezone=off", f"--bind-ro={PROJECT}"]
        nspawn += [f"--network-namespace-path=/proc/{self._keeper.pid}/ns/net"]
        if os.path.isdir("/run/systemd/system"):
            return [*command, *nspawn]  # this machine's systemd gives it a control group
        return [*command, "/bin/sh", "-c", ENTER_CGROUPS, self._name, *nspawn, "--keep-unit"]

    def _is_up(self) -> bool:
        self.pid = self._first_process()
        if not self.pid:
            return False
        with contextlib.suppress(WorldError, FileNotFoundError):
            said = self.run(["systemctl", "is-system-running"], check=False).stdout
            return said.strip() in ("running", "degraded")
        return False

    def _first_process(self) -> int:
        """The machine's process 1 as seen from here, 0 while there is none."""
        assert self._machine is not None
        for child in _children(self._machine.pid):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{child}/comm").read_text() == "systemd\n":
                    return child
        return 0

    def cut_power(self) -> None:
        """All processes end at once, as if the power had failed; what was written stays."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._machine is not None:
            if not self.pid:
                self._machine.kill()
            self._machine.wait()
        self.pid, self._machine = 0, None

    def shut_down(self) -> float:
        """Switch it off in good order; returns how many seconds that took."""
        begin = time.monotonic()
        self.run(["systemctl", "poweroff"], check=False)
        assert self._machine is not None
        self._machine.wait(SECONDS)
        self.pid, self._machine = 0, None
        return time.monotonic() - begin

    def boot_again(self) -> None:
        """Reboot in good order."""
        self.shut_down()
        self.boot()

    def _await(self, condition: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + SECONDS
        while not condition():
            ended = self._machine is None or self._machine.poll() is not None
            if ended or time.monotonic() > until:
                words = self.console().read_text(errors="replace").strip()[-3000:]
                if not self.pid:
                    raise Refused(f"systemd-nspawn starts no machine: {words}")
                raise WorldError(f"{what}: not within {SECONDS} s; the console says:\n{words}")
            time.sleep(0.05)

    # -- files ------------------------------------------------------------------------------------

    def console(self) -> Path:
        """What the machine has said at its last boot."""
        return self._of_keeper(self._base / "console.log")

    def disk(self) -> Path:
        """The folder of all that was written since the machine was made."""
        return self._of_keeper(self._base / "disk" / "upper")

    def _of_keeper(self, path: Path) -> Path:
        assert self._keeper is not None
        return Path(f"/proc/{self._keeper.pid}/root") / str(path).lstrip("/")


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
