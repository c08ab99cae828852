"""A proxy for https (CONNECT) that leads to another port than was asked for.

    python3 proxy.py PORT TARGET

Listens on 127.0.0.1:PORT; who asks for HOST:443 is connected with HOST:TARGET.
"""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
from typing import IO


class Tunnel(socketserver.StreamRequestHandler):
    """One visitor."""

    def handle(self) -> None:
        words = self.rfile.readline().decode("latin-1").split()
        while self.rfile.readline().strip():
            pass
        if len(words) != 3 or words[0] != "CONNECT":
            self.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            return
        try:
            other = socket.create_connection((words[1].rpartition(":")[0], TARGET), 10)
        except OSError:
            self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        with other, other.makefile("rb", 0) as reading, other.makefile("wb", 0) as writing:
            back = threading.Thread(target=carry, args=(reading, self.wfile, self.connection))
            back.start()
            carry(self.rfile, writing, other)
            back.join()


def carry(source: IO[bytes], target: IO[bytes], end: socket.socket) -> None:
    """Copy until the source has ended, and tell the target so."""
    try:
        while piece := source.read1(65536) if hasattr(source, "read1") else source.read(65536):
            target.write(piece)
        end.shutdown(socket.SHUT_WR)
    except OSError:
        return


class Proxy(socketserver.ThreadingTCPServer):
    """All visitors."""

    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    port, TARGET = map(int, sys.argv[1:])
    Proxy(("127.0.0.1", port), Tunnel).serve_forever()
