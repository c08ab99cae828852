"""Start services for the provider httpreq in the small internet, and talk to them."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from net import Net
from world.dns_servers import API_KEY

SERVER = str(Path(__file__).with_name("httpreq_server.py"))
USER, PASSWORD = "acme", "password-of-httpreq"


class Web:
    """One running service at 127.0.0.1."""

    def __init__(self, net: Net, port: int, folder: str):
        self.net, self.port, self.folder = net, port, folder

    def provider(self, password: str = PASSWORD, **options: Any) -> dict[str, Any]:
        """The plugin's configuration for this service."""
        return {
            "provider": "httpreq",
            "options": {"endpoint": f"http://127.0.0.1:{self.port}", **options},
            "credentials": {"username": USER, "password": password},
        }

    @contextlib.contextmanager
    def fault(self, name: str) -> Iterator[None]:
        self.net.world.write(f"{self.folder}/{name}", "")
        try:
            yield
        finally:
            self.net.world.path(f"{self.folder}/{name}").unlink()

    def requests(self) -> list[str]:
        path = self.net.world.path(f"{self.folder}/requests.log")
        return path.read_text().splitlines() if path.exists() else []

    def ask(
        self,
        path: str,
        body: Any,
        auth: str | None = f"{USER}:{PASSWORD}",
        method: str = "POST",
        kind: str = "application/json",
    ) -> tuple[int, str]:
        """One request; ``body`` is sent as JSON unless it is text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.sock = self.net.world.connect("127.0.0.1", self.port)
        headers = {"Content-Type": kind}
        if auth is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(auth.encode()).decode()
        text = body if isinstance(body, str) else json.dumps(body)
        try:
            connection.request(method, path, text, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@contextlib.contextmanager
def serve(net: Net, port: int, **settings: Any) -> Iterator[Web]:
    """Start a service that may publish example.org and all names below it."""
    folder = f"/var/lib/httpreq-{port}"
    words = {
        "address": "127.0.0.1", "port": port, "user": USER, "password": PASSWORD,
        "zones": ["example.org"], "domains": ["example.org"], "subdomains": ["example.org"],
        "api": net.pdns.api, "key": API_KEY, **settings,
    }  # fmt: skip
    net.world.write(f"{folder}/settings.json", json.dumps(words))
    process = net.world.popen(["/usr/bin/python3", "-B", SERVER, f"{folder}/settings.json"])
    try:
        _wait(net, port)
        yield Web(net, port, folder)
    finally:
        process.kill()
        process.wait()


def _wait(net: Net, port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            return net.world.connect("127.0.0.1", port, timeout=1).close()
        except (OSError, ssl.SSLError):
            assert time.monotonic() < until, f"nobody listens on port {port}"
            time.sleep(0.05)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.1)
