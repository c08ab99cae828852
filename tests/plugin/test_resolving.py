"""What resolvers answer, over real sockets."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from collections.abc import Iterator

import pytest
from world.world import PROJECT

ASK = """
import json, sys
from layer_lets_encrypt_dns.dnsgate import Dns
print(json.dumps(Dns((("127.0.0.1", int(sys.argv[1])),)).resolve("example.org", "SOA").rcode))
"""


class Failing(threading.Thread):
    """A resolver that repeats a failure for a second before it asks again, as BIND does."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.asked: list[int] = []
        self._failing = threading.Event()

    def run(self) -> None:
        while True:
            query, sender = self.socket.recvfrom(512)
            if not query:
                return
            if not self.asked:
                threading.Timer(1, self._failing.set).start()
            code = 0 if self._failing.is_set() else 2
            self.asked.append(code)
            self.socket.sendto(query[:2] + bytes([0x81, 0x80 | code]) + query[4:], sender)

    def end(self) -> None:
        self.socket.sendto(b"", self.socket.getsockname())
        self.join()
        self.socket.close()


@pytest.fixture
def failing() -> Iterator[Failing]:
    resolver = Failing()
    resolver.start()
    yield resolver
    resolver.end()


def test_a_failure_that_a_resolver_only_remembers_is_asked_again_later(failing: Failing):
    done = subprocess.run(
        ["/usr/bin/python3", "-s", "-B", "-c", ASK, str(failing.port)], capture_output=True,
        text=True, check=False, env={"PYTHONPATH": str(PROJECT / "certbot-plugin")},
    )  # fmt: skip
    assert done.stdout and json.loads(done.stdout) == "NOERROR", done.stderr
    assert failing.asked == [2, 0]
