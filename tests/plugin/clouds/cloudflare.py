"""Cloudflare's API v4: pages, TXT values in quotes, errors in a list."""

from __future__ import annotations

import re
from typing import Any

from clouds.account import RIGHT, RIGHTLESS, Account, Record, Request, Response, quoted

HOST = "api.cloudflare.com"
ROOT = "/client/v4"
ZONE_ID = "023e105f4ecef8ad9ca31a8372d0c353"
OTHERS = 57  # zones of the account that stand before ours in the list
MOST = 50  # zones on a page


def envelope(result: Any, **info: Any) -> Response:
    words = {"success": True, "errors": [], "messages": [], "result": result}
    return Response(200, {**words, "result_info": info} if info else words)


def refused(status: int, code: int, message: str, **more: Any) -> Response:
    errors = [{"code": code, "message": message, **more}]
    return Response(status, {"success": False, "errors": errors, "messages": [], "result": None})


class Api:
    NAME = "cloudflare"

    def __init__(self, account: Account):
        self.account = account

    def answer(self, request: Request) -> Response:
        rights = self.rights(request)
        path = request.path[len(ROOT) :]
        if path == "/zones":
            return self.zones(request, rights)
        found = re.fullmatch(r"/zones/(\w+)(/dns_records(?:/(\d+))?)?", path)
        if not found or found[1] != ZONE_ID:
            return refused(404, 7003, f"Could not route to {path}, perhaps your object identifier "
                                      "is invalid?")  # fmt: skip
        if rights == RIGHTLESS:
            return refused(403, 10000, "Authentication error")
        if not found[2]:
            return envelope({"id": ZONE_ID, "name": self.account.zone})
        return self.record(request, found[3]) if found[3] else self.all(request)

    def rights(self, request: Request) -> str:
        said = request.headers.get("Authorization") or ""
        if not re.fullmatch(r"Bearer [\w-]{20,}", said):
            chain = [{"code": 6111, "message": "Invalid format for Authorization header"}]
            raise refused(400, 6003, "Invalid request headers", error_chain=chain)
        token = said[len("Bearer ") :]
        if token not in (RIGHT, RIGHTLESS):
            raise refused(403, 9109, "Invalid access token")
        return token

    def zones(self, request: Request, rights: str) -> Response:
        names = [f"a{number}.example" for number in range(OTHERS)]
        every = [{"id": f"{number:032x}", "name": name} for number, name in enumerate(names)]
        if rights == RIGHT:
            every.append({"id": ZONE_ID, "name": self.account.zone})
        if "name" in request.query:
            every = [one for one in every if one["name"] == request.query["name"]]
        size = min(int(request.query.get("per_page", 20)), MOST)
        page = int(request.query.get("page", 1))
        shown = every[(page - 1) * size : page * size]
        pages = -(-len(every) // size)
        return envelope(
            shown, page=page, per_page=size, total_pages=pages, count=len(shown),
            total_count=len(every),
        )  # fmt: skip

    def all(self, request: Request) -> Response:
        if request.method == "POST":
            return self.create(request.json())
        found = [self.shown(r) for r in self.account.records]
        for key in ("type", "name", "content"):
            if key in request.query:
                found = [one for one in found if one[key] == request.query[key]]
        return envelope(found, page=1, per_page=100, total_pages=1, count=len(found),
                        total_count=len(found))  # fmt: skip

    def create(self, words: dict[str, Any]) -> Response:
        ttl = words.get("ttl", 1)
        if ttl != 1 and not 60 <= ttl <= 86400:
            return refused(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for "
                                      "Automatic.")  # fmt: skip
        if any(quoted(r.value) == quoted(words["content"]) for r in self.account.at(words["name"])):
            return refused(400, 81058, "An identical record already exists.")
        record = self.account.add(words["name"], words["content"], ttl)
        self.account.publish()
        return envelope(self.shown(record))

    def record(self, request: Request, identifier: str) -> Response:
        record = self.account.find(identifier)
        if record is None:
            return refused(404, 81044, "Record does not exist.")
        if request.method == "DELETE":
            self.account.remove(record)
            self.account.publish()
            return envelope({"id": identifier})
        return envelope(self.shown(record))

    def shown(self, record: Record) -> dict[str, Any]:
        return {"id": str(record.id), "type": "TXT", "name": self.account.full(record.name),
                "content": quoted(record.value), "ttl": record.ttl}  # fmt: skip
