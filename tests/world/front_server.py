"""A reverse proxy before an ACME server, which does as it is told: the program inside the world.

    python3 front_server.py FOLDER

Reads FOLDER/settings.json once: ``port``, ``certificate`` and ``key`` (paths) of its own TLS,
``upstream`` (a URL without path), ``ca`` (path) to trust there, ``resources`` (name -> regular
expression of the path); perhaps ``address`` to listen on and ``paths`` (asked for -> asked there).
Reads FOLDER/faults.json anew for each request: resource -> fault, see ``front.py``. Writes
FOLDER/requests.log: a line of JSON for each request.
"""

from __future__ import annotations

import http.client
import http.server
import json
import re
import socket
import ssl
import struct
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

HOP_BY_HOP = {"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class Answer(NamedTuple):
    """What is sent back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Front:
    """The settings, the faults of the moment, and the log."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.settings = json.loads((folder / "settings.json").read_text())
        self.upstream = urlsplit(self.settings["upstream"])
        self.trust = ssl.create_default_context(cafile=self.settings["ca"])
        self._lock = threading.Lock()

    def resource(self, path: str) -> str:
        """The ACME name of what lies at this path, "other" for none."""
        for name, pattern in self.settings["resources"].items():
            if re.search(pattern, path):
                return name
        return "other"

    def fault(self, resource: str) -> dict[str, Any]:
        return json.loads((self.folder / "faults.json").read_text()).get(resource, {})

    def log(self, **words: Any) -> None:
        with self._lock, (self.folder / "requests.log").open("a") as stream:
            stream.write(json.dumps(words) + "\n")

    def forward(self, request: http.server.BaseHTTPRequestHandler, body: bytes) -> Answer:
        """Ask the server behind; 502 where it does not answer."""
        port = self.upstream.port or 0
        if self.upstream.scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", port, timeout=30, context=self.trust
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        headers["X-Forwarded-Proto"] = "https"
        try:
            path = self.settings.get("paths", {}).get(request.path, request.path)
            connection.request(request.command, path, body or None, headers)
            got = connection.getresponse()
            kept = {k: v for k, v in got.getheaders() if k.lower() not in HOP_BY_HOP}
            return Answer(got.status, kept, got.read())
        except (OSError, http.client.HTTPException) as error:
            return Answer(502, {"Content-Type": "text/plain"}, str(error).encode())
        finally:
            connection.close()


def spoilt(fault: dict[str, Any], answer: Answer) -> Answer:
    """The answer with what the fault puts in its place."""
    status, headers, body = answer
    if "drop" in fault or "set" in fault:
        plain = json.loads(body)
        plain = {**{k: v for k, v in plain.items() if k not in fault.get("drop", ())},
                 **fault.get("set", {})}  # fmt: skip
        body = json.dumps(plain).encode()
    if "body" in fault:
        body = fault["body"].encode()
    if "half" in fault:
        body = body[: len(body) // 2]
    given = {k.lower() for k in fault.get("headers", {})}
    headers = {k: v for k, v in headers.items() if k.lower() not in given}
    headers.update({k: v for k, v in fault.get("headers", {}).items() if v is not None})
    return Answer(fault.get("status", status), headers, body)


def write(stream: IO[bytes], body: bytes, drip: float) -> None:
    """Write it at once, or byte by byte with ``drip`` seconds before each."""
    for piece in [bytes([byte]) for byte in body] if drip else [body]:
        time.sleep(drip)
        stream.write(piece)


def handler(front: Front) -> type[http.server.BaseHTTPRequestHandler]:
    """The class of handlers of one front."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 120

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            resource = front.resource(self.path)
            fault = front.fault(resource)
            time.sleep(fault.get("delay", 0))
            answer = Answer(200, {}, b"")
            if fault.get("forward", True):
                answer = front.forward(self, body)
            answer = spoilt(fault, answer)
            status = 0 if fault.get("reset") else answer.status
            front.log(resource=resource, method=self.command, path=self.path, status=status)
            if fault.get("reset"):
                self.reset()
            else:
                self.send(answer, fault.get("cut", False), fault.get("drip", 0))

        do_GET = do_HEAD = do_POST = serve

        def send(self, answer: Answer, cut: bool, drip: float) -> None:
            """Send the answer; with ``cut``, promise all of it and send half.

            With ``drip``, so many seconds pass before each byte of its body.
            """
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                body = answer.body[: len(answer.body) // 2] if cut else answer.body
                write(self.wfile, body, drip)
            self.close_connection = self.close_connection or cut

        def reset(self) -> None:
            """Break the connection off at once (RST)."""
            plain = socket.socket(fileno=self.connection.detach())
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            plain.close()
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Nothing: see Front.log."""

    return Handler


class Server(http.server.ThreadingHTTPServer):
    """TLS; the handshake happens in the connection's own thread."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that has gone away is none of our business."""


def main(folder: Path) -> None:
    front = Front(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(front.settings["certificate"], front.settings["key"])
    address = front.settings.get("address", "127.0.0.1")
    server = Server((address, front.settings["port"]), handler(front))
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
