"""Messages on the agent's sockets: lists of byte strings, each with its length."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

LIMIT = 100


def pack(fields: list[bytes]) -> bytes:
    """Count, then each field with its length."""
    parts = [len(fields).to_bytes(4, "big")]
    for field in fields:
        parts += [len(field).to_bytes(4, "big"), field]
    return b"".join(parts)


def receive(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes; ConnectionError if the other end leaves."""
    data = bytearray()
    while len(data) < size:
        part = connection.recv(min(size - len(data), 1 << 20))
        if not part:
            raise ConnectionError("the other end has gone")
        data += part
    return bytes(data)


def unpack(connection: socket.socket) -> list[bytes]:
    """The fields of one message."""
    count = int.from_bytes(receive(connection, 4), "big")
    sizes = range(count)
    return [receive(connection, int.from_bytes(receive(connection, 4), "big")) for _ in sizes]


def at(path: str, action: Callable[[str], None]) -> None:
    """Bind or connect at `path`; a path too long for a socket goes by its directory."""
    if len(os.fsencode(path)) <= LIMIT:
        return action(path)
    folder = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
    try:
        return action(f"/proc/self/fd/{folder}/{os.path.basename(path)}")
    finally:
        os.close(folder)


def listen(path: str, mode: int = 448) -> socket.socket:
    """A listening socket at `path`, for root alone; an old one is replaced."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path):
        os.unlink(path)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    at(path, server.bind)
    os.chmod(path, mode)
    server.listen(64)
    return server


def connect(path: str) -> socket.socket:
    """A connection to the socket at `path`; OSError if nobody is there."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        at(path, client.connect)
    except OSError:
        client.close()
        raise
    return client
