"""Where a record must go: which zone holds a name, and where its CNAMEs lead. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

PREFIX = "_acme-challenge."
MAX_CNAMES = 8  # Let's Encrypt's resolver follows about as many


@dataclass(frozen=True)
class Record:
    """One line of a DNS answer: lower-case names without the last dot."""

    owner: str
    kind: str
    text: str


@dataclass(frozen=True)
class Reply:
    """What a server said. ``rcode`` is NOERROR, NXDOMAIN, ..., or words if it said nothing."""

    rcode: str
    authoritative: bool = False
    answer: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()

    @property
    def usable(self) -> bool:
        return self.rcode in ("NOERROR", "NXDOMAIN")


@dataclass(frozen=True)
class Server:
    """An authoritative server: one of the addresses of a name server."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


@dataclass(frozen=True)
class Step:
    """Where to look next: at another name, or in a deeper zone; neither: here it is."""

    alias: str = ""
    zone: str = ""


def normal(name: str) -> str:
    """Return a name as it is compared here: lower case, no last dot."""
    return name.strip().rstrip(".").lower()


def challenge_name(name: str) -> str:
    """Return the name of the TXT record for a name of a certificate."""
    bare = normal(name)
    return PREFIX + (bare[2:] if bare.startswith("*.") else bare)


def is_below(name: str, zone: str) -> bool:
    """Whether ``name`` is ``zone`` or below it."""
    return not zone or name == zone or name.endswith("." + zone)


def upwards(name: str) -> Iterator[str]:
    """The name itself and all above it, without the root."""
    labels = name.split(".")
    for first in range(len(labels)):
        yield ".".join(labels[first:])


def parent(name: str) -> str:
    return name.partition(".")[2]


def zone_of(candidate: str, reply: Reply) -> str | None:
    """Return the zone that holds ``candidate`` by a resolver's reply for its SOA.

    None: the reply does not tell; ask for the name above.
    """
    if any(r.kind == "SOA" and r.owner == candidate for r in reply.answer):
        return candidate
    if any(r.kind == "CNAME" for r in reply.answer):
        return None  # what follows is about the alias's zone
    return _authority_zone(candidate, reply)


def _authority_zone(name: str, reply: Reply) -> str | None:
    zones = [r.owner for r in reply.authority if r.kind == "SOA" and is_below(name, r.owner)]
    return max(zones, key=len) if zones else None


def next_step(name: str, zone: str, reply: Reply) -> Step:
    """Where the record of ``name`` must go by its CNAME reply from one of the zone's servers.

    If there is none, the SOA or NS records beside the empty answer tell of a deeper zone.
    """
    for record in reply.answer:
        if record.kind == "CNAME" and record.owner == name:
            return Step(alias=record.text)
    deeper = [
        r.owner
        for r in reply.authority
        if r.kind in ("SOA", "NS") and r.owner != zone
        and is_below(r.owner, zone) and is_below(name, r.owner)
    ]  # fmt: skip
    return Step(zone=max(deeper, key=len)) if deeper else Step()
