"""Gandi's LiveDNS API v5: sets of values, in quotes, that are replaced as a whole."""

from __future__ import annotations

import re

from clouds.account import RIGHT, RIGHTLESS, Account, Request, Response, quoted

HOST = "api.gandi.net"
KEY = "k3y-of-gandi-w1th-24-ch."  # 24 characters: an API key; longer ones are access tokens


def refused(status: int, kind: str, cause: str, message: str) -> Response:
    words = {"object": f"HTTP{kind}", "cause": cause, "code": status, "message": message}
    return Response(status, words)


class Api:
    NAME = "gandi"

    def __init__(self, account: Account):
        self.account = account

    def answer(self, request: Request) -> Response:
        self.authenticate(request)
        found = re.fullmatch(
            r"/v5/livedns/domains/([\w.-]+)(?:/records/([\w.-]+)/(\w+))?", request.path
        )  # fmt: skip
        if not found or found[1] != self.account.zone:
            raise refused(404, "NotFound", "Not Found", "Unknown domain")
        if found[2]:
            return self.values(request, found[2])
        return Response(200, {"fqdn": self.account.zone, "automatic_snapshots": False})

    def authenticate(self, request: Request) -> None:
        said = request.headers.get("Authorization") or ""
        if said in (f"Apikey {RIGHTLESS}", f"Bearer {RIGHTLESS}"):
            raise refused(
                403, "Forbidden", "Forbidden", "Access was denied to this resource."
            )  # fmt: skip
        if said not in (f"Apikey {KEY}", f"Bearer {RIGHT}"):
            raise refused(
                401, "Unauthorized", "Unauthorized",
                "The server could not verify that you authorized to access the document you "
                "requested. Either you supplied the wrong credentials, or your session expired.",
            )  # fmt: skip

    def values(self, request: Request, name: str) -> Response:
        here = self.account.at(name)
        if request.method in ("POST", "PUT"):
            words = request.json()
            ttl = words.get("rrset_ttl", 10800)
            if ttl < 300:
                raise Response(400, {"status": "error", "errors": [
                    {"location": "body", "name": "rrset_ttl",
                     "description": f"{ttl} is less than minimum value 300"}]})  # fmt: skip
            self.account.replace(name, words["rrset_values"], ttl)
            self.account.publish()
            return Response(201, {"message": "DNS Record Created"})
        if not here:
            raise refused(404, "NotFound", "Not Found", "Can't find the DNS record " + name)
        if request.method == "DELETE":
            self.account.replace(name, [], 1)
            self.account.publish()
            return Response(204)
        return Response(200, {
            "rrset_name": name, "rrset_type": "TXT", "rrset_ttl": here[0].ttl,
            "rrset_values": [quoted(record.value) for record in here],
        })  # fmt: skip
