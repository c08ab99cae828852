"""The base of all sockets: a thread for each caller, whose requests are answered in turn."""

from __future__ import annotations

import contextlib
import os
import socket
import threading

from .. import wire


class Server:
    """Listens at `path` until closed; what is asked there goes to `answer`."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.listener = wire.listen(path)
        threading.Thread(target=self._accept, daemon=True).start()

    def answer(self, fields: list[bytes]) -> list[bytes]:
        """The answer to one request; both are lists of byte strings."""
        raise NotImplementedError

    def answered(self) -> None:
        """Called after each answer, even if its caller has gone."""

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while True:
                fields = wire.unpack(connection)
                try:
                    connection.sendall(wire.pack(self.answer(fields)))
                finally:
                    self.answered()

    def close(self) -> None:
        """Stop listening, and remove the socket's file."""
        with contextlib.suppress(OSError):
            self.listener.shutdown(2)
        self.listener.close()
        with contextlib.suppress(FileNotFoundError):  # two threads may end one agent
            os.unlink(self.path)
