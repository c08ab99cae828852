"""Brings the service back whatever happens to the hook that stopped it.

Before the service is stopped, a journal on disk says how to undo everything, and a process of
its own waits for the hook to end. Whoever is killed, the other one undoes; if both are, the
next hook does, and after a reboot cron does. Run as
``python -m layer_lets_encrypt.web.guard JOURNAL ATTEMPT`` it is that process, see watch.py; with
the journal alone it undoes what a boot has interrupted.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Iterator

from layer_lets_encrypt.certificates import repair
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules.printable import MAX_LINE, one_line
from layer_lets_encrypt.web import processes, service, systemd, watch
from layer_lets_encrypt.web.guard_journal import Journal, Unreadable, both, read, this_boot
from layer_lets_encrypt.web.processes import ATTEMPT
from layer_lets_encrypt.web.service import ServiceError

MODULE = "layer_lets_encrypt.web.guard"
UNITS = "layer-lets-encrypt-guard"
SERVICE = "service="  # begins the argument that names the service, should the journal not do so
START_TRIES = 30  # seconds for which a service that does not come back is tried again


def _left(path: Path) -> Journal | None:
    """Return what another attempt has left to be undone; what cannot be read is set aside."""
    try:
        return read(path)
    except Unreadable:
        files.set_aside(path)
        return None


class Guard:
    """Watches over one stop of the service, from before it until everything is undone.

    Use as a context manager. Raises OSError if the journal cannot be written or the process
    not be started, ServiceError where the service cannot be asked about (and has then touched
    nothing) or does not come back at the end.
    """

    def __init__(self, path: Path, attempt: str, service_name: str) -> None:
        self.path = path
        self.journal = Journal(attempt, service_name, boot=this_boot())
        words = [str(path), attempt, SERVICE + service_name]
        self._watch = watch.Watch(MODULE, words, UNITS, path.with_suffix(".log"))

    def __enter__(self) -> Guard:
        if self.journal.service:
            self.journal.companions.extend(service.companions(self.journal.service))
        files.make_folder(self.path.parent, 0o700)
        with _alone(self.path):
            left = _left(self.path)
            if left is not None:  # what could not be undone yet is still to be undone
                self.journal = both(self.journal, left)
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
            undo(self.path, service_name=self.journal.service)
        except BaseException:
            self._watch.dismiss(wait=False)  # it goes on trying after the hook has ended
            raise
        self._watch.dismiss()

    def start_service(self) -> None:
        """Start the service before the end, where nothing needs its port any more.

        Whether it runs is checked again in the end, so a failure is not an error yet.
        """
        if self.journal.service:
            with suppress(ServiceError):
                service.start(self.journal.service, self.journal.companions)

    def moving(self, moves: list[repair.Move]) -> None:
        """Write down that these renames are about to be made."""
        self.journal.moves.extend(moves)
        files.write_json(self.path, asdict(self.journal))

    def settle(self) -> None:
        """Take back the renames that brought no sane lineage, and forget the rest."""
        repair.move_back(self.journal.moves)
        self.journal.moves.clear()
        files.write_json(self.path, asdict(self.journal))

    def ensure_alive(self) -> None:
        """Replace the process if it has died: called again and again while certbot runs."""
        if self._watch.has_ended():
            self._watch.begin()


def undo(path: Path, attempt: str = "", service_name: str = "") -> str:
    """Undo what the journal says and remove it; return what was done, "" for nothing.

    With ``attempt``, only that attempt's journal: another one has a guard of its own. If the
    journal cannot be read, ``service_name`` is started, which it may have been about. Safe to
    repeat and to run by several processes at once. Raises ServiceError or OSError where not
    everything could be undone; the journal then stays for the next hook.
    """
    if not os.path.lexists(str(path)):
        return ""
    with _alone(path):
        try:
            journal = read(path)
        except Unreadable as error:
            _end_survivors(attempt)
            return _undo_the_unreadable(path, service_name, str(error))
        if journal is None or attempt not in ("", journal.attempt):
            return ""
        _end_survivors(journal.attempt)
        try:
            repair.move_back(journal.moves)
        finally:  # the service comes back whatever the disk says
            if journal.service:
                service.start(journal.service, journal.companions)
        files.remove(path)
        return "the last hook was interrupted: the service is as it was before"


def _undo_the_unreadable(path: Path, service_name: str, reason: str) -> str:
    """Start the service that the journal was about, if any, and set the journal aside."""
    if service_name:
        service.start(service_name)
    place = files.set_aside(path)
    started = f"the service {service_name} was started" if service_name else "no service is known"
    return f"{reason}: it is now {place.name}, and {started}"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    # The folder itself is the lock: that needs neither space nor a writable disk.
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


def main(argv: list[str]) -> int:
    """Wait for the hook to end, then undo what it could not."""
    path = Path(argv[1])
    service_name = next((w[len(SERVICE) :] for w in argv[2:] if w.startswith(SERVICE)), "")
    if len(argv) == 2 or argv[2].startswith(SERVICE):
        return _undo_after_boot(path, service_name)
    _ignore(signal.SIGHUP, signal.SIGINT)
    if watch.OWN_UNIT not in argv:
        # Whoever ends the hook's whole control group must not end the one who cleans up after
        # it. Nobody but an operator, or the machine's shutdown, ends a unit of our own.
        _ignore(signal.SIGTERM)
    with suppress(BrokenPipeError):  # the hook is gone already, or has given us up
        os.write(sys.stdout.fileno(), watch.READY)
    sys.stdin.buffer.read()  # returns when every holder of the other end is gone
    _ignore(signal.SIGTERM)
    return _undo_patiently(path, argv[2], service_name)


def _ignore(*numbers: signal.Signals) -> None:
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def _undo_after_boot(path: Path, service_name: str) -> int:
    """Undo what was interrupted before this boot, and nothing that a hook does since."""
    try:
        journal = read(path) or Journal(boot=this_boot())
    except Unreadable:  # hooks write it as a whole: it is from before
        journal = Journal()
    if journal.boot == this_boot():
        return 0
    return _undo_patiently(path, journal.attempt, service_name)


def _undo_patiently(path: Path, attempt: str, service_name: str) -> int:
    """Undo until it works; return an exit status."""
    for _ in range(START_TRIES):
        try:
            said = undo(path, attempt, service_name)
            if service_name and "cannot be read" in said:
                _say(said)
            return 0
        except (ServiceError, OSError) as error:
            _say(str(error))
        if systemd.is_shutting_down():  # the next boot undoes
            break
        time.sleep(1)
    return 1


def _say(text: str) -> None:
    print(one_line(text, MAX_LINE), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
