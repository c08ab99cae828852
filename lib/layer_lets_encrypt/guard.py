"""Brings the service back whatever happens to the hook that stopped it.

Before the service is stopped, a journal on disk says how to undo everything, and a process of
its own waits for the hook to end. Whoever is killed, the other one undoes; if both are, the
next hook does, and after a reboot cron does. Run as
``python -m layer_lets_encrypt.guard JOURNAL ATTEMPT`` it is that process, see watch.py; with
the journal alone it undoes what a boot has interrupted.
"""

import fcntl
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Iterator, List, Optional

from layer_lets_encrypt import files, processes, repair, service, systemd, watch
from layer_lets_encrypt.processes import ATTEMPT
from layer_lets_encrypt.service import ServiceError

MODULE = "layer_lets_encrypt.guard"
UNITS = "layer-lets-encrypt-guard"
START_TRIES = 30  # seconds for which a service that does not come back is tried again


@dataclass(frozen=True)
class Journal:
    """How to undo: the ``attempt`` to end, the lineage ``moves`` to take back, the ``service``
    to start ("" for none) with the ``companions`` that its stop took down; since which ``boot``
    it is there."""

    attempt: str
    service: str = ""
    moves: List[repair.Move] = field(default_factory=list)
    companions: List[str] = field(default_factory=list)
    boot: str = ""


def read(path: Path) -> Optional[Journal]:
    """Return the journal of what is not undone yet, None where there is nothing."""
    plain = files.read_json(path, None)
    if not isinstance(plain, dict):
        return None
    return Journal(
        plain.get("attempt", ""),
        plain.get("service", ""),
        [(source, target) for source, target in plain.get("moves", [])],
        plain.get("companions", []),
        plain.get("boot", ""),
    )


class Guard:
    """Watches over one stop of the service, from before it until everything is undone.

    Use as a context manager. Raises OSError where the journal cannot be written or the process
    not be started, ServiceError where the service cannot be asked about (and has then touched
    nothing) or does not come back at the end.
    """

    def __init__(self, path: Path, attempt: str, service_name: str) -> None:
        self.path = path
        self.journal = Journal(attempt, service_name, boot=_boot())
        self._watch = watch.Watch(MODULE, [str(path), attempt], UNITS, path.with_suffix(".log"))

    def __enter__(self) -> "Guard":
        if self.journal.service:
            self.journal.companions.extend(service.companions(self.journal.service))
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(self.path):
            left = read(self.path)
            if left is not None:  # what could not be undone yet is still to be undone
                self.journal = _both(self.journal, left)
            files.write_json(self.path, asdict(self.journal))
        try:
            self._watch.begin()
        except OSError:
            if left is None:
                files.remove(self.path)
            self._watch.dismiss()
            raise
        if systemd.present():
            # What is begun from here on, such as the stop, must not go on without this process.
            # Without systemd, the service itself would be what is begun.
            os.environ[ATTEMPT] = self.journal.attempt
        return self

    def __exit__(self, *_: object) -> None:
        os.environ.pop(ATTEMPT, None)
        try:
            undo(self.path)
        except BaseException:
            self._watch.dismiss(wait=False)  # it goes on trying after the hook has ended
            raise
        self._watch.dismiss()

    def start_service(self) -> None:
        """Start the service before the end, where nothing needs its port any more.

        Whether it runs is looked at again in the end, so a failure is no error yet.
        """
        if self.journal.service:
            with suppress(ServiceError):
                service.start(self.journal.service, self.journal.companions)

    def moving(self, moves: List[repair.Move]) -> None:
        """Write down that these renames are about to be made."""
        self.journal.moves.extend(moves)
        files.write_json(self.path, asdict(self.journal))

    def settle(self) -> None:
        """Take back the renames that brought no sane lineage, and forget the rest."""
        repair.move_back(self.journal.moves)
        self.journal.moves.clear()
        files.write_json(self.path, asdict(self.journal))

    def keep(self) -> None:
        """Replace the process if it has died: called again and again while certbot runs."""
        if self._watch.has_ended():
            self._watch.begin()


def _both(journal: Journal, left: Journal) -> Journal:
    """Return what there is to undo for both, under the first one's attempt."""
    return replace(
        journal,
        service=journal.service or left.service,
        moves=[*left.moves, *journal.moves],
        companions=sorted({*left.companions, *journal.companions}),
    )


def _boot() -> str:
    """Return what tells this run of the machine, or of its container, from any other."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    # Not all containers have an identifier of their own, but their first process has a start.
    started = Path("/proc/1/stat").read_text("utf-8", errors="replace").rpartition(")")[2]
    return boot + "-" + started.split()[19]


def undo(path: Path, attempt: str = "") -> bool:
    """Undo what the journal says and remove it; return whether there was anything to undo.

    With ``attempt``, only that attempt's journal: another one has a guard of its own. Safe to
    repeat and to run by several processes at once. Raises ServiceError or OSError where not
    everything could be undone; the journal then stays for the next hook.
    """
    if not path.exists():
        return False
    with _alone(path):
        journal = read(path)
        if journal is None or attempt not in ("", journal.attempt):
            return False
        _end_survivors(journal.attempt)
        try:
            repair.move_back(journal.moves)
        finally:  # the service comes back whatever the disk says
            if journal.service:
                service.start(journal.service, journal.companions)
        files.remove(path)
        return True


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    # The folder itself is the lock: that needs neither room nor a writable disk.
    lock = os.open(str(path.parent), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _end_survivors(attempt: str) -> None:
    if not attempt:
        return
    for pid in processes.survivors(ATTEMPT, attempt):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def main(argv: List[str]) -> int:
    """Wait for the hook to end, then undo what it could not."""
    path = Path(argv[1])
    if len(argv) == 2:
        return _undo_after_boot(path)
    _ignore(signal.SIGHUP, signal.SIGINT)
    if watch.OWN_UNIT not in argv:
        # Whoever ends the hook's whole control group must not end the one who cleans up after
        # it. Nobody but an operator, or the machine's shutdown, ends a unit of our own.
        _ignore(signal.SIGTERM)
    with suppress(BrokenPipeError):  # the hook is gone already, or has given us up
        os.write(sys.stdout.fileno(), watch.READY)
    sys.stdin.buffer.read()  # returns when every holder of the other end is gone
    _ignore(signal.SIGTERM)
    return _undo_patiently(path, argv[2])


def _ignore(*numbers: signal.Signals) -> None:
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def _undo_after_boot(path: Path) -> int:
    """Undo what was interrupted before this boot, and nothing that a hook does since."""
    journal = read(path)
    if journal is None or journal.boot == _boot():
        return 0
    return _undo_patiently(path, journal.attempt)


def _undo_patiently(path: Path, attempt: str) -> int:
    """Undo until it works; return an exit status."""
    for _ in range(START_TRIES):
        try:
            undo(path, attempt)
            return 0
        except (ServiceError, OSError) as error:
            print(error, file=sys.stderr, flush=True)
        if systemd.is_shutting_down():  # the next boot undoes
            break
        time.sleep(1)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
