"""Real name servers inside a world: PowerDNS with its HTTP API, and BIND.

    pdns = PowerDns(world, "127.0.0.2"); pdns.start()
    pdns.create_zone("example.org", ["ns1.example.org"]); pdns.add("example.org", "www", "A", "...")
    bind = Bind(world, "127.0.0.3", zones=[Zone("example.com", ["ns1.example.com"], KEY)])
    Resolver(world, {"example.org": {"ns1.example.org": "127.0.0.2"}, ...}).start()

The resolver, at 127.0.0.1, is BIND with a root zone of its own: it really recurses, remembers what
is not there, and what no zone holds does not exist.
"""

from __future__ import annotations

import dataclasses
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from .world import World, WorldError

FOLDER = "/var/lib/world-dns"
ASK = str(Path(__file__).with_name("dns_ask.py"))
SCHEMA = "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql"
API_KEY = "pdns-api-key-for-tests"
KEY_NAME, KEY_SECRET = "acme-key", "c2VjcmV0LW9mLXRoZS11cGRhdGUta2V5LTE="

PDNS_CONFIG = """\
launch=gsqlite3
gsqlite3-database={folder}/pdns.sqlite3
local-address={address}
local-port=53
api=yes
api-key={key}
webserver=yes
webserver-address={address}
webserver-port=8081
webserver-allow-from=127.0.0.0/8
socket-dir={folder}
daemon=no
guardian=no
disable-syslog=yes
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
"""
NAMED_CONFIG = """\
options {{
    directory "{folder}";
    listen-on {{ {address}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile none;
    dnssec-validation no;
    allow-transfer {{ any; }};
    notify-source {address};
    transfer-source {address};
    {options}
}};
controls {{ }};
key {name} {{ algorithm hmac-sha256; secret "{secret}"; }};
{zones}
"""
RECORDS = """\
$TTL 300
@ SOA {first} {first} 1 {refresh} 5 86400 300
{rest}
"""


class Server:
    """One name server process; its log is below /var/log/world."""

    def __init__(self, world: World, address: str):
        self.world, self.address = world, address
        self.folder = f"{FOLDER}/{address}"
        self.log = f"/var/log/world/dns-{address}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Write the configuration and return the command that serves."""
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it answers on port 53."""
        # BIND listens on addresses of interfaces alone, be the whole 127.0.0.0/8 ours or not
        self.world.run(["ip", "address", "replace", f"{self.address}/8", "dev", "lo"])
        self.world.path(self.folder).mkdir(parents=True, exist_ok=True)
        with self.world.path(self.log).open("ab") as stream:
            self._process = self.world.popen(self.command(), stdout=stream, stderr=stream)
        until = time.monotonic() + 90
        while time.monotonic() < until and self._process.poll() is None:
            try:
                return self.world.connect(self.address, 53, timeout=1).close()
            except OSError:
                time.sleep(0.05)
        raise WorldError(f"no answer at {self.address}: {self.said()[-2000:]}")

    def stop(self) -> None:
        if self._process:
            self.world.stop(self._process)
            self._process = None

    def said(self) -> str:
        return self.world.path(self.log).read_text(errors="replace")


class PowerDns(Server):
    """PowerDNS with a database of its own; the API at port 8081 of the same address."""

    @property
    def api(self) -> str:
        return f"http://{self.address}:8081"

    def command(self) -> list[str]:
        config = PDNS_CONFIG.format(folder=self.folder, address=self.address, key=API_KEY)
        self.world.write(f"{self.folder}/pdns.conf", config)
        if not self.world.path(f"{self.folder}/pdns.sqlite3").exists():
            load = f"sqlite3 {self.folder}/pdns.sqlite3 < {SCHEMA}"
            self.world.run(["sh", "-c", load])
        return ["pdns_server", f"--config-dir={self.folder}"]

    def util(self, *words: str) -> str:
        command = ["pdnsutil", f"--config-dir={self.folder}", *words]
        return self.world.run(command).stdout

    def create_zone(self, zone: str, servers: Mapping[str, str]) -> None:
        """Make a zone with these name servers; addresses of those inside the zone are added."""
        first, *others = servers
        self.util("create-zone", zone, first)
        for name in others:
            self.util("add-record", zone, "@", "NS", f"{name}.")
        for name, address in servers.items():
            if name.endswith("." + zone):
                self.add(zone, name[: -len(zone) - 1], "A", address)

    def add(self, zone: str, name: str, kind: str, content: str) -> None:
        self.util("add-record", zone, name, kind, content)


@dataclasses.dataclass(frozen=True)
class Zone:
    """A zone of BIND. ``primary``: address to transfer from; without, it is held here and the key
    may change TXT records if ``updates``."""

    name: str
    servers: Mapping[str, str]
    primary: str = ""
    updates: bool = True
    refresh: int = 3600
    extra: Sequence[str] = ()


class Bind(Server):
    """BIND, authoritative for some zones."""

    def __init__(self, world: World, address: str, zones: Sequence[Zone], notify: str = "yes"):
        super().__init__(world, address)
        self.zones, self.notify = zones, notify

    options = "recursion no;"

    def command(self) -> list[str]:
        config = NAMED_CONFIG.format(
            folder=self.folder,
            address=self.address,
            options=f"notify {self.notify}; {self.options}",
            name=KEY_NAME,
            secret=KEY_SECRET,
            zones="\n".join(self._zone(zone) for zone in self.zones),
        )
        self.world.write(f"{self.folder}/named.conf", config)
        return ["named", "-g", "-n", "1", "-c", f"{self.folder}/named.conf"]

    def _zone(self, zone: Zone) -> str:
        file = f"{zone.name or 'root'}.zone"
        if zone.primary:
            return (
                f'zone "{zone.name}" {{ type secondary; file "{file}"; '
                f"primaries {{ {zone.primary}; }}; }};"
            )
        path = f"{self.folder}/{file}"
        if not self.world.path(path).exists():
            self.world.write(path, records(zone))
        allowed = f"update-policy {{ grant {KEY_NAME} zonesub TXT; }};" if zone.updates else ""
        return f'zone "{zone.name or "."}" {{ type primary; file "{file}"; {allowed} }};'


class Resolver(Bind):
    """BIND that recurses, with a root zone that delegates the given zones."""

    # what is there is asked anew, as validating CAs do; what is not there is remembered
    options = "recursion yes; allow-recursion { any; }; max-cache-ttl 0;"

    def __init__(self, world: World, delegated: Mapping[str, Mapping[str, str]]):
        """``delegated``: zone -> name server -> address."""
        lines = []
        for zone, servers in delegated.items():
            for name, address in servers.items():
                lines += [f"{zone}. NS {name}.", f"{name}. A {address}"]
        root = Zone("", {"ns.root": "127.0.0.1"}, updates=False, extra=tuple(dict.fromkeys(lines)))
        super().__init__(world, "127.0.0.1", [root], notify="no")


def records(zone: Zone) -> str:
    """The text of a zone file."""
    lines = [f"@ NS {name}." for name in zone.servers]
    for name, address in zone.servers.items():
        if not zone.name or name.endswith("." + zone.name):
            lines.append(f"{name}. A {address}")
    return RECORDS.format(
        first=f"{next(iter(zone.servers))}.",
        refresh=zone.refresh,
        rest="\n".join([*lines, *zone.extra]),
    )


def txt_of_zones(world: World, *places: tuple[str, str]) -> list[str]:
    """All TXT records of zones, by transfers: "name value". ``places``: address and zone."""
    pairs = [f"{address}/{zone}" for address, zone in places]
    return sorted(set(world.run(["/usr/bin/python3", ASK, *pairs]).stdout.splitlines()))
