"""Pebble in a world whose DNS is a real one: two zones at a PowerDNS, and a resolver."""

from __future__ import annotations

from typing import Any

from .acme import Acme
from .dns_servers import PowerDns, Resolver, txt_of_zones

SERVERS = {"ns1.example.org": "127.0.0.2"}
OTHERS = {"ns1.example.net": "127.0.0.2"}


class AcmeAndPowerDns(Acme):
    """Pebble, asking a resolver that leads to a PowerDNS."""

    def __init__(self, world: Any, **options: Any):
        super().__init__(world, **options)
        self.pdns = PowerDns(world, "127.0.0.2")
        self.resolver = Resolver(world, {"example.org": SERVERS, "example.net": OTHERS})

    def __enter__(self) -> AcmeAndPowerDns:
        self.pdns.start()
        self.pdns.create_zone("example.org", SERVERS)
        self.pdns.create_zone("example.net", OTHERS)
        self.resolver.start()
        self._make_tls()
        self._start_pebble()
        return self

    def stop(self) -> None:
        super().stop()
        self.pdns.stop()
        self.resolver.stop()

    def txt(self) -> list[str]:
        zones = (("127.0.0.2", zone) for zone in ("example.org", "example.net"))
        return txt_of_zones(self.world, *zones)
