"""One server program inside a world: started, waited for, ended for certain."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from .world import World, WorldError


class Server:
    """A program that listens on 127.0.0.1; ``log`` is the file of the world that it speaks to."""

    def __init__(self, world: World, port: int, log: str):
        self.world = world
        self.port = port
        self.log = log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self, command: list[Any], env: dict[str, str] | None = None) -> None:
        """Start it unless it runs; returns when it answers.

        WorldError with the log's end if it does not.
        """
        if self._running:
            return
        with self.world.path(self.log).open("ab") as stream:
            self._running = self.world.popen(command, env, stdout=stream, stderr=stream)
        self._wait(True)

    def stop(self) -> None:
        """End it; returns when connections are refused. A second call does nothing."""
        if self._running:
            self.world.stop(self._running)
            self._running = None
            self._wait(False)

    def _wait(self, wanted: bool, seconds: float = 90) -> None:
        until = time.monotonic() + seconds
        while self._answers() != wanted:
            died = self._running is not None and self._running.poll() is not None
            if died or time.monotonic() > until:
                said = self.world.path(self.log).read_text(errors="replace")[-2000:]
                raise WorldError(f"port {self.port} is not {'up' if wanted else 'down'}:\n{said}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.world.connect("127.0.0.1", self.port, timeout=1).close()
        except OSError:
            return False
        return True
