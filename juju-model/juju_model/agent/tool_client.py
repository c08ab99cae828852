#!/usr/bin/python3 -IS
"""A hook tool: hands its arguments to the unit agent and prints what comes back.

Imports nothing that is not built in: it is started dozens of times in every hook.
"""

import _socket
import posix
import sys


def fail(text: bytes) -> None:
    """The client's own errors."""
    posix.write(2, b"ERROR " + text + b"\n")
    posix._exit(1)


def pack(fields: list[bytes]) -> bytes:
    """Count, then each field with its length."""
    parts = [len(fields).to_bytes(4, "big")]
    for field in fields:
        parts += [len(field).to_bytes(4, "big"), field]
    return b"".join(parts)


def receive(connection: _socket.socket, size: int) -> bytes:
    """Exactly `size` bytes."""
    parts = []
    while size:
        part = connection.recv(min(size, 1 << 20))
        if not part:
            fail(b"connection is shut down")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def unpack(connection: _socket.socket) -> list[bytes]:
    """The fields of one answer."""
    count = int.from_bytes(receive(connection, 4), "big")
    return [
        receive(connection, int.from_bytes(receive(connection, 4), "big")) for _ in range(count)
    ]


def connect(address: bytes) -> _socket.socket:
    """A connection to the agent; long paths by way of their directory."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        if len(address) > 100:
            folder, _, name = address.rpartition(b"/")
            posix.chdir(folder)
            connection.connect(name)
        else:
            connection.connect(address)
    except OSError as error:
        reason = posix.strerror(error.errno or 0).lower().encode()
        fail(b"dial unix " + address + b": connect: " + reason)
    return connection


def write_all(descriptor: int, data: bytes) -> None:
    """All of `data`; a reader that has gone is none of our business."""
    while data:
        try:
            data = data[posix.write(descriptor, data) :]
        except BrokenPipeError:
            return


def read_stdin() -> bytes:
    """Standard input to its end."""
    parts: list[bytes] = []
    while True:
        part = posix.read(0, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)


def main() -> None:
    """Exit as the tool does."""
    environment = posix.environ
    for name in (b"JUJU_CONTEXT_ID", b"JUJU_AGENT_SOCKET_ADDRESS", b"JUJU_AGENT_SOCKET_NETWORK"):
        if not environment.get(name):
            fail(name + b" not set")
    words = [word.encode("utf-8", "surrogateescape") for word in sys.argv]
    tool = words[0].rpartition(b"/")[2]
    cwd = posix.getcwdb()
    connection = connect(environment[b"JUJU_AGENT_SOCKET_ADDRESS"])
    request = [environment[b"JUJU_CONTEXT_ID"], cwd, tool]
    connection.sendall(pack([*request, b"", b"", *words[1:]]))
    answer = unpack(connection)
    if answer[0] == b"stdin":
        connection.sendall(pack([*request, b"stdin", read_stdin(), *words[1:]]))
        answer = unpack(connection)
    write_all(1, answer[1])
    write_all(2, answer[2])
    posix._exit(int(answer[0]))


main()
