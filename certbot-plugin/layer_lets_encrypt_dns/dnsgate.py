"""Gate to the DNS, by dnspython: questions to resolvers, and to authoritative servers alone.

Only messages and plain queries are used, which are the same from dnspython 1.16 to 2.
"""

from __future__ import annotations

import random
import socket
import time
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver

from layer_lets_encrypt_dns.failure import Failure, configuration, few, transient
from layer_lets_encrypt_dns.names import Record, Reply, Server, normal

TIMEOUT = 3.0
ROUNDS = 2
SERVFAIL_LASTS = 1.5  # seconds; BIND repeats its failure for one without asking again
NAME_KINDS = ("CNAME", "NS", "SOA")


class Dns:
    """The gate; ``nameservers`` are pairs of address and port, empty for the system's."""

    def __init__(self, nameservers: tuple[tuple[str, int], ...] = ()) -> None:
        self._nameservers = list(nameservers) or _system_nameservers()

    def resolve(self, name: str, kind: str) -> Reply:
        """Return what the resolvers say. Raises Failure if none can tell (not for NXDOMAIN).

        A refusal is returned: a resolver may be authoritative for parts of the tree only.
        """
        said: list[str] = []
        refused: Reply | None = None
        for number in range(ROUNDS):
            if number and any("SERVFAIL" in one for one in said):
                time.sleep(SERVFAIL_LASTS)
            for address, port in self._nameservers:
                reply = _ask(address, port, name, kind, recurse=True)
                if reply.usable:
                    return reply
                refused = reply if reply.rcode == "REFUSED" else refused
                said.append(f"{address}: {reply.rcode}")
        if refused:
            return refused
        raise transient(
            f"the resolver cannot answer for {name} {kind} ({few(sorted(set(said)))}); "
            "check the unit's resolvers, and the name servers of that zone"
        )

    def ask(self, server: Server, name: str, kind: str) -> Reply:
        """Return what one authoritative server says, from its own data alone; never raises."""
        reply = _ask(server.address, 53, name, kind, recurse=False)
        return Reply("not authoritative") if reply.usable and _lame(reply) else reply

    def values(self, server: Server, name: str) -> tuple[frozenset[str] | None, str]:
        """Return the TXT values of a name at a server and "", or None and why not."""
        reply = self.ask(server, name, "TXT")
        if not reply.usable:
            return None, reply.rcode
        return frozenset(r.text for r in reply.answer if (r.owner, r.kind) == (name, "TXT")), ""

    def servers(self, zone: str) -> tuple[Server, ...]:
        """Return all addresses of a zone's name servers that this machine can route to.

        Raises Failure if there are none.
        """
        hosts = [r.text for r in self.resolve(zone, "NS").answer if r.kind == "NS"]
        found = [server for host in hosts for server in self._addresses(host)]
        if not found:
            raise configuration(f"zone {zone} has no name servers with an address in the DNS")
        routed = tuple(sorted({s for s in found if _is_routed(s.address)}, key=str))
        if not routed:
            raise transient(f"no route to the name servers of zone {zone}: {few(map(str, found))}")
        return routed

    def _addresses(self, host: str) -> list[Server]:
        """All addresses of a name server; raises Failure if the resolver cannot tell any."""
        found, failures = [], []
        for kind in ("A", "AAAA"):
            try:
                answer = self.resolve(host, kind).answer
            except Failure as failure:
                failures.append(failure)
            else:
                found += [Server(host, r.text) for r in answer if r.kind == kind]
        if failures and not found:
            raise failures[0]
        return found


def _system_nameservers() -> list[tuple[str, int]]:
    try:
        found = [(str(a), 53) for a in dns.resolver.Resolver().nameservers]
    except dns.exception.DNSException:
        found = []
    if not found:
        raise configuration("the unit has no resolver in /etc/resolv.conf")
    return found


def _lame(reply: Reply) -> bool:
    """Whether this comes from a cache or from nowhere; a referral to a deeper zone is no fault."""
    referral = not reply.answer and any(r.kind == "NS" for r in reply.authority)
    return not reply.authoritative and not referral


def _is_routed(address: str) -> bool:
    """Whether packets to the address would leave this machine; none are sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 53))
    except OSError:
        return False
    return True


def _ask(address: str, port: int, name: str, kind: str, recurse: bool) -> Reply:
    query = dns.message.make_query(name + ".", kind)
    query.id = random.SystemRandom().randrange(65536)
    if not recurse:
        query.flags &= ~dns.flags.RD
    try:
        answer = dns.query.udp(query, address, timeout=TIMEOUT, port=port, ignore_unexpected=True)
        if answer.flags & dns.flags.TC:
            answer = dns.query.tcp(query, address, timeout=TIMEOUT, port=port)
    except dns.exception.Timeout:
        return Reply("no answer")
    except (OSError, EOFError, dns.exception.DNSException) as error:
        return Reply(f"no answer, {getattr(error, 'strerror', None) or type(error).__name__}")
    return Reply(
        dns.rcode.to_text(answer.rcode()),
        bool(answer.flags & dns.flags.AA),
        tuple(_records(answer.answer)),
        tuple(_records(answer.authority)),
    )


def _records(section: list[Any]) -> list[Record]:
    return [
        Record(normal(rrset.name.to_text()), dns.rdatatype.to_text(rrset.rdtype), _text(rrset, one))
        for rrset in section
        for one in rrset
    ]


def _text(rrset: object, one: object) -> str:
    kind = dns.rdatatype.to_text(rrset.rdtype)  # type: ignore[attr-defined]
    if kind == "TXT":
        return b"".join(one.strings).decode("utf-8", "replace")  # type: ignore[attr-defined]
    words = one.to_text().split()  # type: ignore[attr-defined]
    return normal(words[0]) if kind in NAME_KINDS else " ".join(words)
