"""An ACME server over plain HTTP on loopback that says what it is told to, and checks nothing."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

NAME = "www.firm.example"
TOKEN = "dG9rZW4tdG9rZW4tdG9rZW4tdG9rZW4tdG9rZW4"
URN = "urn:ietf:params:acme:error:"


class CannedCa:
    """Answers by path; ``said`` takes the place of a usual answer: (status, body, headers)."""

    def __init__(self, port: int):
        self.url = f"http://127.0.0.1:{port}"
        self.said: dict[str, tuple[int, str, dict[str, str]]] = {}
        self.meta: dict[str, Any] = {}
        self.challenge_error: dict[str, str] | None = None
        self.authorization = "pending"
        self.asked: list[str] = []
        self.contacts: list[str] = []

    def refuse(self, path: str, status: int, document: dict[str, Any], **headers: str) -> None:
        """Refuse with a problem document in compact JSON, as many CAs print it."""
        kind = {"Content-Type": "application/problem+json"}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        plain = {**document, "type": URN + document["type"]}
        self.said[path] = (status, json.dumps(plain, separators=(",", ":")), {**kind, **sent})

    def answer(self, path: str) -> tuple[int, str, dict[str, str]]:
        self.asked.append(path)
        if path in self.said:
            return self.said[path]
        location = {"/account": "/account/1", "/order": "/order/1"}.get(path, "")
        status = 201 if location else 200
        return status, json.dumps(self._usual(path)), {
            "Content-Type": "application/json", "Link": f'<{self.url}/authz>;rel="up"',
            **({"Location": self.url + location} if location else {}),
        }  # fmt: skip

    def _usual(self, path: str) -> dict[str, Any]:
        if path == "/dir":
            names = ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")
            paths = ("/nonce", "/account", "/order", "/revoke", "/key")
            urls = {name: self.url + path for name, path in zip(names, paths)}
            return {**urls, "meta": self.meta}
        identifier = {"type": "dns", "value": NAME}
        if path.startswith("/order"):
            return {"status": "pending", "identifiers": [identifier], "finalize": self.url + "/fin",
                    "authorizations": [self.url + "/authz"],
                    "expires": "2099-01-01T00:00:00Z"}  # fmt: skip
        challenge: dict[str, Any] = {"type": "http-01", "token": TOKEN, "status": "pending",
                                     "url": self.url + "/chall"}  # fmt: skip
        if path == "/chall":
            return challenge
        if path == "/authz":
            looked = "/chall" in self.asked
            status = self.authorization if looked else "pending"
            if looked and self.challenge_error is not None:
                challenge = {**challenge, "status": status, "error": self.challenge_error}
            return {"status": status, "identifier": identifier, "challenges": [challenge],
                    "expires": "2099-01-01T00:00:00Z"}  # fmt: skip
        return {"status": "valid", "contact": []}

    def hear(self, path: str, body: bytes) -> None:
        if path != "/account":
            return
        payload = json.loads(body)["payload"]
        plain = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)) or b"{}")
        self.contacts = plain.get("contact", [])


@contextmanager
def canned_ca() -> Iterator[CannedCa]:
    """Run one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            ca.hear(self.path, self.rfile.read(length))
            status, body, headers = ca.answer(self.path)
            self.send_response(status)
            headers = {"Replay-Nonce": secrets.token_urlsafe(16), **headers}
            for name, value in {**headers, "Content-Length": str(len(body.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_POST = do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            """Be silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        ca = CannedCa(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield ca
        server.shutdown()
