"""Let's Encrypt's two addresses inside a world, in front of one Pebble.

    with LetsEncrypt(acme) as ca:
        ca.orders("production"), ca.orders("staging")

    with LetsEncrypt(acme, port=8443) as ca:    # port 443 is left to the web server
        ca.proxy                                # a proxy that leads to port 8443 instead of 443

Names that Let's Encrypt would look at must have public addresses: ``HERE`` is one of the world's.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from . import certificates
from .acme import DIRECTORY_PORT, FOLDER, Acme
from .front import PROGRAM, RESOURCES

PYTHON = ["/usr/bin/python3", "-I", "-B"]
PROXY, PROXY_PORT = Path(__file__).resolve().parent / "proxy.py", 3128
HERE, NOWHERE = "93.184.215.14", "93.184.215.15"
SIDES = {
    "production": ("acme-v02.api.letsencrypt.org", "127.0.0.11"),
    "staging": ("acme-staging-v02.api.letsencrypt.org", "127.0.0.12"),
}


class LetsEncrypt:
    """Both, running; a context manager."""

    def __init__(self, acme: Acme, port: int = 443):
        self.acme = acme
        self.port = port
        self.proxy = f"http://127.0.0.1:{PROXY_PORT}"
        self.world = acme.world
        self._running: list[subprocess.Popen[Any]] = []

    def __enter__(self) -> LetsEncrypt:
        names = ",".join(f"DNS:{name}" for name, _ in SIDES.values())
        certificates.issue(self.world.path(FOLDER), "lets-encrypt", names)
        self.world.run(["ip", "addr", "add", f"{HERE}/32", "dev", "lo"])
        for side, (name, address) in SIDES.items():
            self.acme.dns.point(name, address)
            self._start(side, address)
        if self.port != 443:
            self._running.append(self.world.popen([*PYTHON, PROXY, PROXY_PORT, self.port]))
            self._wait("127.0.0.1", PROXY_PORT)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            self.acme.world.stop(process)

    def _start(self, side: str, address: str) -> None:
        settings = {
            "address": address, "port": self.port, "paths": {"/directory": "/dir"},
            "certificate": f"{FOLDER}/lets-encrypt.pem", "key": f"{FOLDER}/lets-encrypt.key",
            "upstream": f"https://127.0.0.1:{DIRECTORY_PORT}", "ca": f"{FOLDER}/ca.pem",
            "resources": RESOURCES,
        }  # fmt: skip
        home = self._home(side)
        self.world.write(f"{home}/settings.json", json.dumps(settings))
        self.world.write(f"{home}/faults.json", "{}")
        self.world.write(f"{home}/requests.log", "")
        self._running.append(self.world.popen([*PYTHON, PROGRAM, home]))
        self._wait(address, self.port)

    def _wait(self, address: str, port: int) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.world.connect(address, port).close()
                return
            except OSError:
                assert time.monotonic() < deadline, f"nobody listens at {address}:{port}"
                time.sleep(0.05)

    def _home(self, side: str) -> str:
        return f"/var/lib/world-lets-encrypt/{side}"

    def orders(self, side: str) -> int:
        """How many orders this side was asked for."""
        lines = self.world.path(f"{self._home(side)}/requests.log").read_text().splitlines()
        return sum(json.loads(line)["resource"] == "newOrder" for line in lines)
