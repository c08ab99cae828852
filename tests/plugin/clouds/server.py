"""The HTTPS server of all stand-ins, for worlds: ``server.py SETTINGS.json``.

SETTINGS: address, port, tls (PEM file with key and certificate), api and key of the PowerDNS.
Beside SETTINGS: ``records.json`` is what the providers hold, ``fault.json`` ({provider: kind})
switches faults on: ``down``; ``down-after-create``, once a record was published; ``nothing``, which
is answered like success.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from clouds import cloudflare, digitalocean, gandi, ovh, route53  # noqa: E402
from clouds.account import Account, Request, Response  # noqa: E402

APIS = {
    module.HOST: module.Api for module in (cloudflare, digitalocean, gandi, ovh, route53)
}  # fmt: skip
DOWN = Response(
    503, "<html><head><title>503 Service Unavailable</title></head></html>", "text/html"
)


class Faults:
    """What is switched on by the file beside the settings."""

    def __init__(self, path: Path):
        self._path = path
        self._created: set[str] = set()

    def of(self, provider: str) -> str:
        try:
            kind = json.loads(self._path.read_text()).get(provider, "")
        except (OSError, ValueError):
            kind = ""
        if not kind:
            self._created.discard(provider)
        if kind == "down-after-create":
            return "down" if provider in self._created else ""
        return kind

    def created(self, provider: str) -> None:
        self._created.add(provider)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    apis: dict[str, Any] = {}
    faults: Faults
    lock = threading.Lock()

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        host = (self.headers.get("Host") or "").partition(":")[0]
        query = dict(parse_qsl(parts.query))
        request = Request(self.command, parts.path, query, body, self.headers, self.path)
        with self.lock:
            self.respond(self.answer(self.apis[host], request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815

    def answer(self, api: Any, request: Request) -> Response:
        name = api.account.name
        fault = self.faults.of(name)
        if fault == "down":
            return DOWN
        api.account.deaf = fault == "nothing"
        api.account.published = False
        try:
            response = api.answer(request)
        except Response as refused:
            response = refused
        if api.account.published:
            self.faults.created(name)
        return response

    def respond(self, response: Response) -> None:
        self.send_response(response.status)
        data = response.body.encode()
        if response.status != 204:
            self.send_header("Content-Type", response.kind)
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if response.status != 204:
            self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class Publisher:
    """Writes what an account holds to the PowerDNS, name by name."""

    def __init__(self, settings: dict[str, Any]):
        self._settings = settings

    def __call__(self, zone: str, name: str, values: list[str], ttl: int) -> None:
        records = [{"content": f'"{value}"', "disabled": False} for value in dict.fromkeys(values)]
        change = {"name": f"{name}.", "type": "TXT", "ttl": ttl, "changetype": "REPLACE"}
        request = urllib.request.Request(
            f"{self._settings['api']}/api/v1/servers/localhost/zones/{zone}.",
            json.dumps({"rrsets": [{**change, "records": records}]}).encode(),
            {"X-API-Key": self._settings["key"], "Content-Type": "application/json"},
            method="PATCH",
        )
        urllib.request.urlopen(request, timeout=10).read()


def main(path: Path) -> None:
    settings = json.loads(path.read_text())
    publish = Publisher(settings)
    for host, api in APIS.items():
        Handler.apis[host] = api(Account(api.NAME, publish, path.with_name("records.json")))
    Handler.faults = Faults(path.with_name("fault.json"))
    server = ThreadingHTTPServer((settings["address"], settings["port"]), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings["tls"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
