"""OVH's API 1.0: signed requests, ids that are looked up one by one, TXT values in quotes, and
changes that are served once the zone is refreshed."""

from __future__ import annotations

import hashlib
import re
import time
from typing import Any

from clouds.account import RIGHT, RIGHTLESS, Account, Record, Request, Response, quoted

HOST = "eu.api.ovh.com"
KEY, SECRET = "application-key-of-ovh", "application-secret-of-ovh"


def refused(status: int, code: str, message: str) -> Response:
    words = {400: "Bad Request", 403: "Forbidden", 404: "Not Found"}[status]
    return Response(
        status, {"errorCode": code, "httpCode": f"{status} {words}", "message": message}
    )  # fmt: skip


class Api:
    NAME = "ovh"

    def __init__(self, account: Account):
        self.account = account

    def answer(self, request: Request) -> Response:
        path = request.path[len("/1.0") :]
        if path == "/auth/time":
            return Response(200, str(int(time.time())))
        self.authenticate(request)
        if path.rstrip("/") == "/domain/zone":
            return Response(200, ["a.example", self.account.zone])
        found = re.fullmatch(r"/domain/zone/([\w.-]+)/(\w+)(?:/(\d+))?", path)
        if not found or found[1] != self.account.zone:
            raise Response(404, {"message": "This service does not exist"})
        return self.zone(request, found[2], found[3])

    def zone(self, request: Request, what: str, identifier: str | None) -> Response:
        if what == "status":
            return Response(200, {"isDeployed": True, "errors": [], "warnings": []})
        if what == "refresh":
            self.account.publish()
            return Response(200, "null")
        if identifier:
            return self.record(request, identifier)
        return self.create(request.json()) if request.method == "POST" else self.all(request)

    def authenticate(self, request: Request) -> None:
        headers = request.headers
        consumer = headers.get("X-Ovh-Consumer") or ""
        if headers.get("X-Ovh-Application") != KEY:
            raise refused(403, "INVALID_KEY", "This application key is invalid")
        if consumer not in (RIGHT, RIGHTLESS):
            raise refused(403, "INVALID_CREDENTIAL", "This credential is not valid")
        signed = "+".join([SECRET, consumer, request.method, f"https://{HOST}{request.target}",
                           request.body, headers.get("X-Ovh-Timestamp") or ""])  # fmt: skip
        if headers.get("X-Ovh-Signature") != "$1$" + hashlib.sha1(signed.encode()).hexdigest():
            raise refused(400, "INVALID_SIGNATURE", "Invalid signature")
        if consumer == RIGHTLESS:
            raise refused(403, "NOT_GRANTED_CALL", "This call has not been granted")

    def all(self, request: Request) -> Response:
        found = self.account.records
        if "subDomain" in request.query:
            found = self.account.at(request.query["subDomain"])
        return Response(200, [record.id for record in found])

    def create(self, words: dict[str, Any]) -> Response:
        if not words.get("ttl") or words["ttl"] < 60:
            return Response(400, {"class": "Client::BadRequest",
                                  "message": "Time to live must be at least 60"})  # fmt: skip
        record = self.account.add(words["subDomain"], words["target"], words["ttl"])
        return Response(200, self.shown(record))

    def record(self, request: Request, identifier: str) -> Response:
        record = self.account.find(identifier)
        if record is None:
            raise Response(404, {"message": "This object does not exist"})
        if request.method == "DELETE":
            self.account.remove(record)
            return Response(200, "null")
        return Response(200, self.shown(record))

    def shown(self, record: Record) -> dict[str, Any]:
        return {"id": record.id, "zone": self.account.zone, "fieldType": "TXT",
                "subDomain": record.name, "target": quoted(record.value),
                "ttl": record.ttl}  # fmt: skip
