"""DigitalOcean's API v2: pages of twenty with links, TXT values without quotes."""

from __future__ import annotations

import re
from typing import Any

from clouds.account import RIGHT, RIGHTLESS, Account, Record, Request, Response

HOST = "api.digitalocean.com"
SIZE = 20
OTHERS = 30  # other records of the zone, on the pages before


def refused(status: int, identifier: str, message: str) -> Response:
    return Response(status, {"id": identifier, "message": message})


class Api:
    NAME = "digitalocean"

    def __init__(self, account: Account):
        self.account = account

    def answer(self, request: Request) -> Response:
        self.authenticate(request)
        found = re.fullmatch(r"/v2/domains/([\w.-]+)(/records(?:/(\d+))?)?", request.path)
        if not found or found[1] != self.account.zone:
            raise refused(404, "not_found", "The resource you were accessing could not be found.")
        if found[3]:
            return self.record(request, found[3])
        if found[2]:
            return self.create(request) if request.method == "POST" else self.all(request)
        return Response(200, {"domain": {"name": self.account.zone, "ttl": 1800}})

    def authenticate(self, request: Request) -> None:
        token = (request.headers.get("Authorization") or "").replace("Bearer ", "")
        if token == RIGHTLESS:
            raise refused(
                403, "forbidden", "You are not authorized to perform this operation"
            )  # fmt: skip
        if token != RIGHT:
            raise refused(401, "Unauthorized", "Unable to authenticate you")

    def all(self, request: Request) -> Response:
        every = [
            {"id": 100 + number, "type": "A", "name": f"host{number}", "data": "192.0.2.1",
             "ttl": 1800} for number in range(OTHERS)
        ]  # fmt: skip
        every += [self.shown(record) for record in self.account.records]
        page = int(request.query.get("page", 1))
        pages: dict[str, str] = {}
        if page * SIZE < len(every):
            pages["next"] = f"https://{HOST}{request.path}?page={page + 1}"
        return Response(200, {
            "domain_records": every[(page - 1) * SIZE : page * SIZE],
            "links": {"pages": pages}, "meta": {"total": len(every)},
        })  # fmt: skip

    def create(self, request: Request) -> Response:
        words = request.json()
        if words.get("ttl", 1800) < 30:
            raise refused(
                422, "unprocessable_entity", "Ttl must be greater than or equal to 30"
            )  # fmt: skip
        record = self.account.add(words["name"], words["data"], words.get("ttl", 1800))
        self.account.publish()
        return Response(201, {"domain_record": self.shown(record)})

    def record(self, request: Request, identifier: str) -> Response:
        record = self.account.find(identifier)
        if record is None or request.method != "DELETE":
            raise refused(404, "not_found", "The resource you were accessing could not be found.")
        self.account.remove(record)
        self.account.publish()
        return Response(204)

    def shown(self, record: Record) -> dict[str, Any]:
        return {"id": record.id, "type": "TXT", "name": record.name, "data": record.value,
                "ttl": record.ttl}  # fmt: skip
