"""Brings the service back whatever happens to the hook that stopped it.

Before the service is stopped, a journal on disk says how to undo everything, and a process in
a session of its own waits for the hook to end. Whoever is killed, the other one undoes; if
both are, the next hook does. Run as ``python -m layer_lets_encrypt.guard JOURNAL`` it is that
process: it holds the reading end of a pipe whose writing end dies with the hook.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterator, List, Optional

from layer_lets_encrypt import files, processes, repair, service
from layer_lets_encrypt.processes import ATTEMPT
from layer_lets_encrypt.service import ServiceError

MODULE = "layer_lets_encrypt.guard"
READY = b"ready\n"
START_TRIES = 30  # seconds for which a service that does not come back is tried again


@dataclass(frozen=True)
class Journal:
    """How to undo: the ``attempt`` to end, the lineage ``moves`` to take back, the ``service``
    to start ("" for none)."""

    attempt: str
    service: str = ""
    moves: List[repair.Move] = field(default_factory=list)


def read(path: Path) -> Optional[Journal]:
    """Return the journal of what is not undone yet, None where there is nothing."""
    plain = files.read_json(path, None)
    if not isinstance(plain, dict):
        return None
    moves = [(source, target) for source, target in plain.get("moves", [])]
    return Journal(plain.get("attempt", ""), plain.get("service", ""), moves)


class Guard:
    """Watches over one stop of the service, from before it until everything is undone.

    Use as a context manager. Raises OSError where the journal cannot be written or the process
    not be started (and has then touched nothing), ServiceError where the service does not come
    back at the end.
    """

    def __init__(self, path: Path, attempt: str, service_name: str) -> None:
        self.path = path
        self.journal = Journal(attempt, service_name)
        self._process: Optional[subprocess.Popen[bytes]] = None

    def __enter__(self) -> "Guard":
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(self.path):
            left = read(self.path)
            if left is not None:  # what could not be undone yet is still to be undone
                name = self.journal.service or left.service
                self.journal = Journal(self.journal.attempt, name, left.moves)
            files.write_json(self.path, asdict(self.journal))
        try:
            self._spawn()
        except OSError:
            if left is None:
                files.remove(self.path)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            undo(self.path)
        except BaseException:
            self._dismiss(wait=False)  # it goes on trying after the hook has ended
            raise
        self._dismiss()

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
        if self._process is not None and self._process.poll() is not None:
            self._spawn()

    def _spawn(self) -> None:
        self._dismiss()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        log = os.open(str(self.path.with_suffix(".log")), flags, 0o600)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", MODULE, str(self.path), self.journal.attempt],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": _package_folder()},
                start_new_session=True,
            )
        finally:
            os.close(log)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != READY:
            raise OSError("the guard did not start; see {}".format(self.path.with_suffix(".log")))

    def _dismiss(self, wait: bool = True) -> None:
        """Close the pipe: the process undoes what is left, or finds the journal gone, and ends."""
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    stream.close()
            if wait:
                self._process.wait()
            self._process = None


def _package_folder() -> str:
    return str(Path(__file__).resolve().parent.parent)


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
                service.start(journal.service)
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
    path, attempt = Path(argv[1]), argv[2]
    # Whoever ends the hook's whole control group must not end the one who cleans up after it.
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.write(sys.stdout.fileno(), READY)
    sys.stdin.buffer.read()  # returns when every holder of the other end is gone
    for _ in range(START_TRIES):
        try:
            undo(path, attempt)
            return 0
        except (ServiceError, OSError) as error:
            print(error, file=sys.stderr, flush=True)
            time.sleep(1)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
