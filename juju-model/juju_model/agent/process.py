"""Running the charm's programs: own session, emptied environment, output line by line."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import IO

OnLine = Callable[[str, str], None]  # (name of the pipe, text)
LONGEST_LINE = 4096
PATIENCE = 0.1


class Output:
    """Reads a program's pipes; stops 100 ms after the program has ended at the latest."""

    def __init__(self, pipes: dict[str, IO[bytes]], on_line: OnLine) -> None:
        """`pipes` maps names to files; `on_line(name, text)` gets each line."""
        self.on_line = on_line
        self.whole = {name: bytearray() for name in pipes}
        self.rest = {name: bytearray() for name in pipes}
        self.wake_read, self.wake_write = os.pipe()
        self.selector = selectors.DefaultSelector()
        for name, pipe in pipes.items():
            self.selector.register(pipe, selectors.EVENT_READ, name)
        self.selector.register(self.wake_read, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self.pump, daemon=True)
        self.thread.start()

    def pump(self) -> None:
        """Read until all pipes are closed or `finish` is called."""
        waiting = len(self.whole)
        while waiting:
            for key, _ in self.selector.select():
                if key.data is None:
                    return
                data = os.read(key.fd, 65536)
                if not data:
                    self.selector.unregister(key.fileobj)
                    waiting -= 1
                self.feed(key.data, data)

    def feed(self, name: str, data: bytes) -> None:
        """Take bytes in, pass whole lines on; what is too long is split."""
        self.whole[name] += data
        rest = self.rest[name]
        rest += data
        while rest:
            end = rest.find(b"\n")
            if end < 0 and data and len(rest) < LONGEST_LINE:
                return
            size = LONGEST_LINE if end < 0 or end > LONGEST_LINE else end
            self.on_line(name, bytes(rest[:size]).decode("utf-8", "replace"))
            del rest[: size + (1 if size == end else 0)]

    def finish(self) -> None:
        """The program has ended: wait a little for its pipes, then let go of them."""
        self.thread.join(PATIENCE)
        os.write(self.wake_write, b".")
        self.thread.join()
        for name in self.whole:
            self.feed(name, b"")
        self.selector.close()
        os.close(self.wake_read)
        os.close(self.wake_write)


class Program:
    """One running program of the charm."""

    def __init__(
        self,
        argv: list[str],
        environment: dict[str, str],
        cwd: str,
        on_line: OnLine,
        has_stdin: bool = False,
    ) -> None:
        """Start it; OSError if it cannot be started. With `has_stdin` it waits for `send`."""
        stdin = subprocess.PIPE if has_stdin else subprocess.DEVNULL
        self.process = subprocess.Popen(
            argv,
            env=environment,
            cwd=cwd,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = self.process.pid
        assert self.process.stdout and self.process.stderr
        self.pipes = {"stdout": self.process.stdout, "stderr": self.process.stderr}
        self.output = Output(self.pipes, on_line)

    def send(self, script: bytes) -> None:
        """Give it its standard input."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(script)
            self.process.stdin.close()

    def kill(self) -> None:
        """End it and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def wait(self) -> tuple[int, bytes, bytes]:
        """Its exit code (negative: killed by that signal), standard output, standard error."""
        code = self.process.wait()
        self.output.finish()
        for pipe in self.pipes.values():
            pipe.close()
        return code, bytes(self.output.whole["stdout"]), bytes(self.output.whole["stderr"])
