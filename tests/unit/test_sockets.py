"""Who listens is found out without reading what thousands of connections have left."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from pathlib import Path

from layer_lets_encrypt.web import processes

CONNECTIONS = 400


def characters_read() -> int:
    found = re.search(r"^rchar: (\d+)$", Path("/proc/self/io").read_text(), re.M)
    assert found is not None
    return int(found.group(1))


def test_a_listener_is_found_without_reading_all_connections() -> None:
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=10))
        port = listener.getsockname()[1]
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            stack.enter_context(listener.accept()[0])
        before = characters_read()
        assert processes.listens(port)
        found = characters_read() - before
        before = characters_read()
        assert len(Path("/proc/net/tcp").read_text()) > 100 * CONNECTIONS
        assert found < (characters_read() - before) / 2
    assert not processes.listens(port)
