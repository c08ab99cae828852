"""Find where the record of a name must go, following CNAMEs and delegations."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from layer_lets_encrypt_dns import names
from layer_lets_encrypt_dns.failure import Failure, configuration, few, transient
from layer_lets_encrypt_dns.names import Reply, Server

if TYPE_CHECKING:
    from layer_lets_encrypt_dns.dnsgate import Dns


@dataclass(frozen=True)
class Target:
    """The record of ``name`` goes to ``fqdn`` in ``zone``, which ``servers`` serve."""

    name: str
    fqdn: str
    zone: str
    servers: tuple[Server, ...]


class Finder:
    """Finds targets and remembers the zones it met.

    The record's own name is only asked for at the zone's own servers: a resolver would
    remember that it is not there, and a CA may use the same one.
    """

    def __init__(
        self,
        dns: Dns,
        follow: bool = True,
        trusting: bool = False,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        """``follow``: whether aliases are followed; ``trusting``: whether a zone whose servers do
        not answer will do, because the provider is trusted."""
        self._dns, self._follow, self._trusting, self._log = dns, follow, trusting, log
        self._zones: dict[str, str] = {}
        self._servers: dict[str, tuple[Server, ...]] = {}

    def find(self, name: str) -> Target:
        """Return the target for a name of a certificate. Raises Failure."""
        fqdn = names.challenge_name(name)
        seen = [fqdn]
        while True:
            zone, alias = self._arrive(fqdn)
            if not alias:
                return Target(name, fqdn, zone, self.servers(zone))
            if self._by_wildcard(zone, fqdn, alias):
                self._log(
                    f"{fqdn}: only a wildcard CNAME leads to {alias}; the record goes to the name "
                    "itself and hides it"
                )
                return Target(name, fqdn, zone, self.servers(zone))
            if alias in seen:
                path = " -> ".join([*seen, alias])
                raise configuration(f"CNAME loop: {path} (zone {zone}); correct these records")
            if len(seen) > names.MAX_CNAMES:
                raise configuration(
                    f"more than {names.MAX_CNAMES} CNAMEs from {seen[0]} to {alias} (zone {zone}); "
                    "shorten the chain"
                )
            seen.append(alias)
            fqdn = alias

    def servers(self, zone: str) -> tuple[Server, ...]:
        if zone not in self._servers:
            try:
                self._servers[zone] = self._dns.servers(zone)
            except Failure:
                if not self._trusting:
                    raise
                self._servers[zone] = ()
        return self._servers[zone]

    def _by_wildcard(self, zone: str, fqdn: str, alias: str) -> bool:
        """Whether a wildcard makes the alias: then a name that nobody knows has it, too."""
        sibling = f"{names.PREFIX[:-1]}-{secrets.token_hex(8)}.{names.parent(fqdn)}"
        return names.next_step(sibling, zone, self._cname(zone, sibling)).alias == alias

    def _arrive(self, fqdn: str) -> tuple[str, str]:
        """Return the zone that holds the name, and where its CNAME leads ("" if it has none)."""
        zone = self._zone_of(names.parent(fqdn) or fqdn)
        while True:
            step = names.next_step(fqdn, zone, self._cname(zone, fqdn))
            if not step.zone:
                return zone, step.alias if self._follow else ""
            zone = step.zone

    def _zone_of(self, name: str) -> str:
        for candidate in names.upwards(name):
            if candidate not in self._zones:
                found = names.zone_of(candidate, self._dns.resolve(candidate, "SOA"))
                if found is None:
                    continue
                self._zones[candidate] = found
            if self._zones[candidate]:
                return self._zones[candidate]
            break
        raise configuration(
            f"no zone in the DNS holds {name}; check that its domain is registered and delegated, "
            "and that the unit's resolver knows it"
        )

    def _cname(self, zone: str, name: str) -> Reply:
        """Ask the zone's servers in turn until one answers.

        With another type a server would follow the aliases itself, and fail in a loop.
        """
        said = []
        for server in self.servers(zone):
            reply = self._dns.ask(server, name, "CNAME")
            if reply.usable:
                return reply
            said.append(f"{server}: {reply.rcode}")
        if self._trusting:
            return self._dns.resolve(name, "CNAME")
        raise transient(
            f"none of the name servers of zone {zone} answers ({few(said)}); "
            "check them, and that the unit may reach port 53 there"
        )
