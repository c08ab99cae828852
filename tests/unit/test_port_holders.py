"""Who listens on a port of this machine."""

from __future__ import annotations

import os
import socket

import pytest
from layer_lets_encrypt.web import processes


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_the_holder_of_a_port_is_found(family, host) -> None:
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError as error:
        pytest.skip(f"this machine has no {host}: {error}")
    with listener:
        port = listener.getsockname()[1]
        assert [process.pid for process in processes.port_holders(port)] == [os.getpid()]
    assert processes.port_holders(port) == []
