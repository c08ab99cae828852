"""A service for the provider httpreq, for worlds; it answers as Canonical's does, row by row.

    httpreq_server.py SETTINGS.json

SETTINGS: address, port, user, password, zones (those it holds a file of), domains and subdomains
(what the user may publish), api and key of the PowerDNS that serves the zones; and
``lego``: true for a server as lego's documentation describes one: RAW mode, several values;
``tls``: path of a PEM file with key and certificate.

The zones' files are kept in a "repository": each request reads all of it, changes its own part,
takes its time, and pushes. A push onto something newer is rejected, which nobody notices: 204, and
nothing is stored. Faults are switched on by files beside SETTINGS: ``reject`` (every push is
rejected), ``down`` (the repository is out of reach). Requests are logged to ``requests.log`` there.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PREFIX = "_acme-challenge."
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")
PUSH_SECONDS = 0.3


class Answer(Exception):
    """Ends a request: status and text, or JSON."""

    def __init__(self, status: int, body: Any = ""):
        super().__init__(status)
        self.status, self.body = status, body


class Repository:
    """All records: name -> values; the commits are counted."""

    def __init__(self, settings: dict[str, Any], folder: Path):
        self._settings, self._folder = settings, folder
        self._records: dict[str, list[str]] = {}
        self._commit = 0
        self._lock = threading.Lock()

    def change(self, zone: str, name: str, values: Any) -> None:
        """Clone, let ``values`` turn the old list into a new one, commit and push."""
        if (self._folder / "down").exists():
            raise Answer(500, "the repository cannot be reached")
        with self._lock:
            base, old = self._commit, list(self._records.get(name, []))
        new = values(old)
        if new == old and not self._settings.get("lego"):
            raise Answer(500, "nothing to commit, working tree clean")
        if not self._settings.get("lego"):
            time.sleep(PUSH_SECONDS)
        with self._lock:
            stale = base != self._commit and not self._settings.get("lego")
            if stale or (self._folder / "reject").exists():
                return  # the push's result is ignored
            self._commit += 1
            self._records[name] = new
            self._serve(zone, name, new)

    def _serve(self, zone: str, name: str, values: list[str]) -> None:
        records = [{"content": f'"{value}"', "disabled": False} for value in values]
        change = {"name": name + ".", "type": "TXT", "ttl": 1, "changetype": "REPLACE"}
        request = urllib.request.Request(
            f"{self._settings['api']}/api/v1/servers/localhost/zones/{zone}.",
            json.dumps({"rrsets": [{**change, "records": records}]}).encode(),
            {"X-API-Key": self._settings["key"], "Content-Type": "application/json"},
            method="PATCH",
        )
        urllib.request.urlopen(request, timeout=10).read()


class Handler(BaseHTTPRequestHandler):
    settings: dict[str, Any] = {}
    repository: Repository
    log: Path

    def do_GET(self) -> None:
        self.respond(Answer(405, {"detail": 'Method "GET" not allowed.'}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            self.serve(self.path, body)
        except Answer as answer:
            with self.log.open("a") as file:
                file.write(f"{self.path} {body} {answer.status}\n")
            self.respond(answer)

    def serve(self, path: str, body: str) -> None:
        if path not in ("/present", "/cleanup"):
            raise Answer(404, "Not Found")
        self.authenticate()
        name, value = self.parse(body)
        self.permit(name)
        zone = ".".join(name.split(".")[-2:])
        if zone not in self.settings["zones"]:
            raise Answer(500, f"No such file: {zone}.domain")
        if path == "/present":
            lego = self.settings.get("lego")
            self.repository.change(zone, name, lambda old: [*old, value] if lego else [value])
        elif self.settings.get("lego"):
            self.repository.change(zone, name, lambda old: [v for v in old if v != value])
        else:
            self.repository.change(zone, name, lambda old: [])
        raise Answer(204)

    def authenticate(self) -> None:
        both = f"{self.settings['user']}:{self.settings['password']}"
        wanted = "Basic " + base64.b64encode(both.encode()).decode()
        said = self.headers.get("Authorization")
        if said is None:
            raise Answer(401, {"detail": "Authentication credentials were not provided."})
        if said != wanted:
            raise Answer(401, {"detail": "Invalid username/password."})

    def parse(self, body: str) -> tuple[str, str]:
        """The name without its last dot, and the value."""
        try:
            words = json.loads(body)
        except ValueError:
            raise Answer(400, {"detail": "JSON parse error"}) from None
        if "keyAuth" in words and self.settings.get("lego"):
            digest = hashlib.sha256(words["keyAuth"].encode()).digest()
            value = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            return PREFIX + words["domain"], value
        name, value = words.get("fqdn", "").rstrip("."), words.get("value", "")
        rest = name[len(PREFIX) :].split(".")
        if not name.startswith(PREFIX) or not value or not all(map(LABEL.fullmatch, rest)):
            raise Answer(400, {"fqdn": ["Enter a valid value."]})
        return name, value

    def permit(self, name: str) -> None:
        bare = name[len(PREFIX) :]
        below = any(bare.endswith("." + zone) for zone in self.settings["subdomains"])
        if bare not in self.settings["domains"] and not below:
            raise Answer(403, f"The user does not have permission to manage {name}")

    def respond(self, answer: Answer) -> None:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: Any) -> None:
        """Requests have a log of their own."""


def main(path: Path) -> None:
    settings = json.loads(path.read_text())
    Handler.settings, Handler.log = settings, path.parent / "requests.log"
    Handler.repository = Repository(settings, path.parent)
    server = ThreadingHTTPServer((settings["address"], settings["port"]), Handler)
    if settings.get("tls"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(settings["tls"])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
