"""Amazon Route 53's API of 2013-04-01: XML, sets of values in quotes, changes that must match."""

from __future__ import annotations

import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from clouds.account import RIGHT, RIGHTLESS, Account, Request, Response, quoted

HOST = "route53.amazonaws.com"
ROOT = "/2013-04-01"
SPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
ZONE_ID = "Z0123456789ABCDEFGHIJ"


def xml(kind: str, text: str, status: int = 200) -> Response:
    head = "<?xml version='1.0' encoding='UTF-8'?>\n"
    return Response(status, f'{head}<{kind} xmlns="{SPACE}">{text}</{kind}>', "text/xml")


def refused(status: int, code: str, message: str) -> Response:
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message>"
    return xml("ErrorResponse", f"{error}</Error><RequestId>r-1</RequestId>", status)


def zone(identifier: str, name: str) -> str:
    return (
        f"<HostedZone><Id>/hostedzone/{identifier}</Id><Name>{name}.</Name>"
        f"<CallerReference>c-{identifier}</CallerReference><Config><PrivateZone>false</PrivateZone>"
        "</Config><ResourceRecordSetCount>3</ResourceRecordSetCount></HostedZone>"
    )


class Api:
    NAME = "route53"

    def __init__(self, account: Account):
        self.account = account

    def answer(self, request: Request) -> Response:
        key = self.authenticate(request)
        path = request.path[len(ROOT) :]
        if path == "/hostedzonesbyname":
            return self.zones(request)
        if path.rstrip("/") != f"/hostedzone/{ZONE_ID}/rrset":
            raise refused(404, "NoSuchHostedZone", f"No hosted zone found with ID: {path}")
        if request.method != "POST":
            return self.all()
        if key == RIGHTLESS:
            raise refused(
                403, "AccessDenied",
                "User: arn:aws:iam::123456789012:user/web is not authorized to perform: "
                f"route53:ChangeResourceRecordSets on resource: arn:aws:route53:::{ZONE_ID}",
            )  # fmt: skip
        return self.change(request.body)

    def authenticate(self, request: Request) -> str:
        found = re.search(r"Credential=([^/]+)/", request.headers.get("Authorization") or "")
        if not found or found[1] not in (RIGHT, RIGHTLESS):
            raise refused(
                403, "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            )  # fmt: skip
        return found[1]

    def zones(self, request: Request) -> Response:
        """In two pages, ours on the second."""
        if "hostedzoneid" not in request.query:
            return xml("ListHostedZonesByNameResponse", (
                f"<HostedZones>{zone('Z1', 'a.example')}</HostedZones><IsTruncated>true"
                f"</IsTruncated><NextDNSName>{self.account.zone}.</NextDNSName><NextHostedZoneId>"
                f"{ZONE_ID}</NextHostedZoneId><MaxItems>1</MaxItems>"))  # fmt: skip
        return xml("ListHostedZonesByNameResponse", (
            f"<HostedZones>{zone(ZONE_ID, self.account.zone)}</HostedZones>"
            "<IsTruncated>false</IsTruncated><MaxItems>1</MaxItems>"))  # fmt: skip

    def all(self) -> Response:
        sets = []
        for name in dict.fromkeys(record.name for record in self.account.records):
            here = self.account.at(name)
            values = "".join(
                f"<ResourceRecord><Value>{escape(quoted(r.value))}</Value></ResourceRecord>"
                for r in here
            )
            sets.append(
                f"<ResourceRecordSet><Name>{self.account.full(name)}.</Name><Type>TXT</Type><TTL>"
                f"{here[0].ttl}</TTL><ResourceRecords>{values}</ResourceRecords></ResourceRecordSet>"
            )
        return xml("ListResourceRecordSetsResponse", (
            f"<ResourceRecordSets>{''.join(sets)}</ResourceRecordSets>"
            "<IsTruncated>false</IsTruncated><MaxItems>300</MaxItems>"))  # fmt: skip

    def change(self, body: str) -> Response:
        one = ElementTree.fromstring(body).find(f".//{{{SPACE}}}Change")
        assert one is not None

        def text(tag: str) -> str:
            return one.findtext(f".//{{{SPACE}}}{tag}") or ""

        action, name, ttl = text("Action"), text("Name"), int(text("TTL"))
        values = [value.text or "" for value in one.iter(f"{{{SPACE}}}Value")]
        here = self.account.at(name)
        if ttl < 0:
            raise refused(400, "InvalidInput", "Member must have value greater than or equal to 0")
        if action == "CREATE" and here:
            raise refused(400, "InvalidChangeBatch", f"Tried to create resource record set [name="
                          f"'{name}', type='TXT'] but it already exists")  # fmt: skip
        if action == "DELETE":
            same = sorted(quoted(r.value) for r in here) == sorted(values) and here[0].ttl == ttl
            if not same:
                raise refused(400, "InvalidChangeBatch", "Tried to delete resource record set but "
                              "the values provided do not match the current values")  # fmt: skip
            values = []
        if len(set(values)) < len(values):
            raise refused(400, "InvalidChangeBatch", f"Duplicate Resource Record: '{values[0]}'")
        self.account.replace(name, values, ttl)
        self.account.publish()
        return xml("ChangeResourceRecordSetsResponse", (
            "<ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status><SubmittedAt>"
            "2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo>"))  # fmt: skip
