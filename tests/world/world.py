"""A private machine: own network, mounts, processes; a copy-on-write root in memory.

    from world.world import World
    from world.acme import Acme              # Pebble and its DNS
    from world.cron import Cron              # the real cron daemon, if wanted with a faster clock
    from world.clock import Clock            # "65 days later"

    with World() as w:
        w.run(["service", "nginx", "start"])   # CompletedProcess, text; raises if it fails
        p = w.popen(["sleep", "60"])                     # subprocess.Popen; dies with us
        w.path("/etc/nginx/nginx.conf").read_text()      # a file of the world, seen from outside
        w.write("/etc/x", "text", mode=0o600)
        with w.connect("127.0.0.1", 80) as s: ...        # a socket inside, held outside
        w.run([w.python_path, "-c", "print(1)"])         # the interpreter of the caller
        with Acme(w, lifetime=60) as acme: ...           # see acme.py

Needs root. Inside: only ``lo``; names are asked at 127.0.0.1 (nobody answers until ``Acme`` runs);
/run, /tmp, /dev and /var/lib/juju are fresh; no systemd; ``service X start`` works; the project is
read-only at its own path. Nothing written inside reaches the machine. The world ends with the
``with`` block, or when its maker dies in any way; ``w.keep()`` lets it live on, and
``tests/world/enter`` lists, enters and ends such worlds.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parents[2]
INIT = Path(__file__).resolve().parent / "init.py"
BASE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
NAMESPACES = ("--mount", "--uts", "--ipc", "--net", "--pid")
CLONE_NEWNET = 0x40000000


class WorldError(RuntimeError):
    """The world could not be made, or has ended."""


class World:
    """One private machine; see the module's text for what may be done with it."""

    python_path = sys.executable

    def __init__(
        self, project: Path = PROJECT, hostname: str = "world", snapshot: IO[bytes] | None = None
    ):
        """``snapshot``: what another world had written; a file as ``snapshot.py`` makes it."""
        self.project = project
        self.hostname = hostname
        self.snapshot = snapshot
        self.pid = 0
        self._written = -1
        self._maker: subprocess.Popen[bytes] | None = None
        self._lifeline = -1
        self._started: weakref.WeakSet[subprocess.Popen[Any]] = weakref.WeakSet()

    @classmethod
    def attach(cls, pid: int) -> World:
        """A kept world, by the process id that ``enter --list`` prints."""
        world = cls()
        world.pid = pid
        return world

    def __enter__(self) -> World:
        if os.geteuid():
            raise WorldError("a world needs root (private network and mounts); use sudo")
        base = tempfile.mkdtemp(prefix="world-")
        with tempfile.TemporaryFile() as complaints:
            status, self._lifeline = self._start(base, complaints)
            try:
                words = _read_line(status, seconds=60)
            finally:
                os.close(status)
                os.rmdir(base)
            if "pid" not in words:
                self.end()
                complaints.seek(0)
                said = f"{words['error']} {complaints.read().decode()}".strip()
                raise WorldError(f"this kernel or container does not allow a world: {said}")
        self.pid, self._written = words["pid"], words["written"]
        return self

    def _start(self, base: str, complaints: Any) -> tuple[int, int]:
        """Start process 1; returns the descriptors to read its status and to hold its life."""
        status_read, status_write = os.pipe()
        life_read, life_write = os.pipe()
        settings = {"base": base, "project": str(self.project), "hostname": self.hostname}
        settings.update(status=status_write, lifeline=life_read, snapshot=-1)
        kept = [status_write, life_read]
        if self.snapshot:
            settings["snapshot"] = os.open(f"/proc/self/fd/{self.snapshot.fileno()}", os.O_RDONLY)
            kept.append(settings["snapshot"])  # opened anew: an offset of its own
        python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
        command = ["unshare", *NAMESPACES, "--fork", "--kill-child", "--propagation", "private"]
        command += [python, "-I", "-B", str(INIT), json.dumps(settings)]
        self._maker = subprocess.Popen(
            command,
            pass_fds=kept,
            stdin=subprocess.DEVNULL,
            stdout=complaints,  # never ours: whoever reads our output must not wait for the world
            stderr=complaints,
            start_new_session=True,
            env=BASE_ENVIRONMENT,
        )
        for descriptor in kept:
            os.close(descriptor)
        return status_read, life_write

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End every process of the world; its files vanish with it. A second call does nothing."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if self._lifeline >= 0:
            os.close(self._lifeline)
        if self._maker:
            self._maker.wait()
            for process in self._started:
                process.wait()  # killed with the world; nobody else may ever ask
        self.pid, self._lifeline, self._maker = 0, -1, None

    def keep(self) -> int:
        """Let the world outlive this process; returns the id to give to ``enter``."""
        os.write(self._lifeline, b"k")
        os.close(self._lifeline)
        kept, self.pid, self._lifeline, self._maker = self.pid, 0, -1, None
        return kept

    def written(self) -> Path:
        """The folder that holds what was written in this world, one folder per mount."""
        return Path(f"/proc/{self.pid}/fd/{self._written}")

    # -- commands ---------------------------------------------------------------------------------

    def command(
        self, args: list[str], env: dict[str, str] | None = None, cwd: str = "/"
    ) -> list[str]:
        """The outside command line that runs ``args`` inside, in an environment of its own."""
        if not self.pid:
            raise WorldError("the world is not running")
        enter = ["nsenter", "--target", str(self.pid), *NAMESPACES, "--root", "--wd", "--"]
        pairs = [f"{key}={value}" for key, value in {**BASE_ENVIRONMENT, **(env or {})}.items()]
        # the command must not survive the one who waits for it
        return [*enter, "setpriv", "--pdeathsig", "KILL", "env", "-i", "-C", cwd, *pairs, *args]

    def popen(
        self,
        args: list[Any],
        env: dict[str, str] | None = None,
        cwd: str = "/",
        **options: Any,
    ) -> subprocess.Popen[Any]:
        """Start a command inside. ``stop`` ends it; for other signals see ``signal``."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("start_new_session", True)  # a kept world outlives the terminal, too
        process = subprocess.Popen(self.command([str(a) for a in args], env, cwd), **options)
        self._started.add(process)
        return process

    def run(
        self,
        args: list[Any],
        env: dict[str, str] | None = None,
        cwd: str = "/",
        check: bool = True,
        timeout: float | None = 300,
        **options: Any,
    ) -> subprocess.CompletedProcess[Any]:
        """Run a command inside and return it with its output as text.

        Raises WorldError with the command's last words if it fails (``check``), and
        subprocess.TimeoutExpired. The command's standard input is empty unless ``input`` is given.
        """
        options.setdefault("text", True)
        options.setdefault("capture_output", "stdout" not in options and "stderr" not in options)
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        words = [str(a) for a in args]
        done = subprocess.run(self.command(words, env, cwd), timeout=timeout, **options)
        if check and done.returncode:
            said = f"{done.stdout or ''}\n{done.stderr or ''}".strip()
            raise WorldError(f"{' '.join(words)!r} ended with {done.returncode}:\n{said[-4000:]}")
        return done

    def stop(self, process: subprocess.Popen[Any]) -> None:
        """End a command that ``popen`` has started; its ports are free when this returns.

        The command itself is killed: ``process`` waits for it outside, and its own end would be
        no sign that the command has gone.
        """
        with contextlib.suppress(OSError):
            if self.signal(process, signal.SIGKILL):
                process.wait()
        process.kill()  # where it has not started the command yet
        process.wait()

    def signal(self, process: subprocess.Popen[Any], number: int) -> bool:
        """Send a signal to the command itself (``process`` is only its waiter outside); returns
        whether there is one."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), number)
        return bool(children)

    # -- files and sockets ------------------------------------------------------------------------

    def path(self, inside: str | Path) -> Path:
        """A path of the world as it is reached from outside. Absolute links inside are not followed
        into the world: resolve them by hand."""
        return Path(f"/proc/{self.pid}/root") / str(inside).lstrip("/")

    def write(self, inside: str | Path, text: str | bytes, mode: int = 0o644) -> Path:
        """Write a file of the world, with its parent folders; returns ``path(inside)``."""
        target = self.path(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
        target.chmod(mode)
        return target

    def copy_in(self, source: Path, inside: str | Path) -> Path:
        """Copy a file or folder from outside into the world, links kept; returns its path."""
        target = self.path(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, target)
        return target

    def connect(self, host: str, port: int, timeout: float = 5) -> socket.socket:
        """A connected socket of the world's network. Raises OSError like socket.connect."""
        made: list[socket.socket | OSError] = []
        thread = threading.Thread(target=self._connect, args=(host, port, timeout, made))
        thread.start()
        thread.join()
        if isinstance(made[0], OSError):
            raise made[0]
        return made[0]

    def _connect(self, host: str, port: int, timeout: float, made: list[Any]) -> None:
        """In a thread of its own: a network namespace belongs to a thread; a socket keeps it."""
        try:
            handle = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
            libc = ctypes.CDLL(None, use_errno=True)
            failed = libc.setns(handle, CLONE_NEWNET)
            os.close(handle)
            if failed:
                raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.create_connection((host, port), timeout))
        except OSError as error:
            made.append(error)


def _read_line(descriptor: int, seconds: float) -> dict[str, Any]:
    """One line of JSON from a pipe; an ``error`` of our own if it stays silent."""
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], seconds)
        piece = os.read(descriptor, 65536) if ready else b""
        if not piece:
            return {"error": "unshare failed" if ready else f"no answer in {seconds} s"}
        text += piece
    return json.loads(text)
