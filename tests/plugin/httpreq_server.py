"""A service for the provider httpreq, for worlds; it answers as Canonical's does, row by row.

    httpreq_server.py SETTINGS.json

SETTINGS: address, port, user, password, zones (those it holds a file of), domains and subdomains
(what the user may publish), api and key of the PowerDNS that serves the zones; and
``lego``: true for a server as lego's documentation describes one: RAW mode, several values;
``tls``: path of a PEM file with key and certificate;
``late``: seconds after which the name servers have what was pushed.

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
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PREFIX = "_acme-challenge."
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.I)
PUSH_SECONDS = 0.3
TTL = 600

# what GitPython says of a command of git's that failed, as the service passes it on
MORE = " Check httprequest-lego-provider for more details."
UNCHANGED = """\
Cmd('git') failed due to: exit code(1)
  cmdline: git commit -m {what} {name} record
  stdout: 'On branch main
Your branch is up to date with 'origin/main'.

nothing to commit, working tree clean'"""
NO_CLONE = """\
Cmd('git') failed due to: exit code(128)
  cmdline: git clone -v --branch=main -- git+ssh://bot@git.example.com/zones /tmp/tmp9z4w1k2q
  stderr: 'Cloning into '/tmp/tmp9z4w1k2q'...
ssh: connect to host git.example.com port 22: Connection refused
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
'"""
NO_FILE = "{zone}.domain file not found in git repository. Is this site configured for DNS?"
PAGE = """
<!doctype html>
<html lang="en">
<head>
  <title>{title}</title>
</head>
<body>
  <h1>{title}</h1><p>{text}</p>
</body>
</html>
"""


class Answer(Exception):
    """Ends a request: status and text, or JSON."""

    def __init__(self, status: int, body: Any = ""):
        super().__init__(status)
        self.status, self.body = status, body


def page(status: int, title: str, text: str = "") -> Answer:
    return Answer(status, PAGE.format(title=title, text=text))


def invalid(field: str, message: str, code: str) -> Answer:
    """What a form answers that is not valid."""
    return Answer(400, json.dumps({field: [{"message": message, "code": code}]}))


class Repository:
    """All records: name -> values; the commits are counted."""

    def __init__(self, settings: dict[str, Any], folder: Path):
        self._settings, self._folder = settings, folder
        self._records: dict[str, list[str]] = {}
        self._commit = 0
        self._lock = threading.Lock()

    def change(self, zone: str, name: str, what: str, values: Any) -> None:
        """Clone, let ``values`` turn the old list into a new one, commit and push."""
        lego = self._settings.get("lego")
        if (self._folder / "down").exists():
            raise Answer(500, NO_CLONE + MORE)
        if zone not in self._settings["zones"]:
            raise Answer(500, NO_FILE.format(zone=zone) + MORE)
        with self._lock:
            base, old = self._commit, list(self._records.get(name, []))
        new = values(old)
        if new == old and not lego:
            raise Answer(500, UNCHANGED.format(what=what, name=name) + MORE)
        if not lego:
            time.sleep(PUSH_SECONDS)
        with self._lock:
            if not lego and (base != self._commit or (self._folder / "reject").exists()):
                return  # the push's result is ignored
            self._commit += 1
            self._records[name] = new
            self._serve_later(zone, name, new)

    def _serve_later(self, zone: str, name: str, values: list[str]) -> None:
        late = self._settings.get("late")
        if not late:
            return self._serve(zone, name, values)
        timer = threading.Timer(late, self._serve, (zone, name, values))
        timer.daemon = True
        timer.start()

    def _serve(self, zone: str, name: str, values: list[str]) -> None:
        records = [{"content": f'"{value}"', "disabled": False} for value in values]
        change = {"name": name + ".", "type": "TXT", "ttl": TTL, "changetype": "REPLACE"}
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
        try:
            self.find(self.path)
            self.authenticate()
        except Answer as answer:
            return self.respond(answer)
        self.respond(Answer(405, {"detail": 'Method "GET" not allowed.'}))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        try:
            self.serve(self.path, body)
        except Answer as answer:
            with self.log.open("a") as file:
                file.write(f"{self.path} {body} {answer.status}\n")
            self.respond(answer)

    def find(self, path: str) -> None:
        if path not in ("/present", "/cleanup"):
            raise page(404, "Not Found", "The requested resource was not found on this server.")

    def serve(self, path: str, body: str) -> None:
        self.find(path)
        self.authenticate()
        name, value = self.parse(body)
        self.permit(name)
        zone = ".".join(name.split(".")[-2:])
        change = self.repository.change
        if path == "/present":
            lego = self.settings.get("lego")
            change(zone, name, "Add", lambda old: [*old, value] if lego else [value])
        elif self.settings.get("lego"):
            change(zone, name, "Remove", lambda old: [v for v in old if v != value])
        else:
            change(zone, name, "Remove", lambda old: [])
        raise Answer(204)

    def authenticate(self) -> None:
        both = f"{self.settings['user']}:{self.settings['password']}"
        wanted = "Basic " + base64.b64encode(both.encode()).decode()
        said = self.headers.get("Authorization")
        if said is None:
            raise Answer(401, {"detail": "Authentication credentials were not provided."})
        if said != wanted:
            raise Answer(401, {"detail": "Invalid username/password."})

    def fields(self, body: str) -> dict[str, Any]:
        """The body by its content type: JSON or a form."""
        kind = (self.headers.get("Content-Type") or "").partition(";")[0]
        if kind == "application/x-www-form-urlencoded":
            return dict(urllib.parse.parse_qsl(body))
        if kind != "application/json":
            raise Answer(415, {"detail": f'Unsupported media type "{kind}" in request.'})
        try:
            words = json.loads(body)
        except ValueError as error:
            raise Answer(400, {"detail": f"JSON parse error - {error}"}) from None
        if not isinstance(words, dict):
            raise page(500, "Server Error (500)")
        return words

    def parse(self, body: str) -> tuple[str, str]:
        """The name without its last dot, and the value."""
        words = self.fields(body)
        if "keyAuth" in words and self.settings.get("lego"):
            digest = hashlib.sha256(words["keyAuth"].encode()).digest()
            value = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            return PREFIX + words["domain"], value
        name, value = str(words.get("fqdn", "")).rstrip("."), str(words.get("value", "")).strip()
        rest = name[len(PREFIX) :].split(".")
        if not name.startswith(PREFIX) or len(rest) < 2 or not all(map(LABEL.fullmatch, rest)):
            raise invalid("fqdn", "Please provide a valid FQDN", "invalid")
        if not value:
            raise invalid("value", "This field is required.", "required")
        return name, value

    def permit(self, name: str) -> None:
        bare = name[len(PREFIX) :]
        below = any(bare.endswith("." + zone) for zone in self.settings["subdomains"])
        if bare not in self.settings["domains"] and not below:
            user = self.settings["user"]
            raise Answer(403, f"The user {user} does not have permission to manage {name}")

    def respond(self, answer: Answer) -> None:
        text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/html" if text == answer.body else "application/json")
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
