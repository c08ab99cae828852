"""A small internet in a world: a resolver, three name servers, Pebble, and certbot with the plugin.

127.0.0.1  resolver that recurses; Pebble and the unit ask it
127.0.0.2  PowerDNS: example.org (Canonical's kind of httpreq writes there, too), example.net,
           deep.example.org (delegated), lan
127.0.0.3  BIND, primary of example.com, changed by RFC 2136
127.0.0.4  BIND, secondary of example.com
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
import subprocess
from collections.abc import Iterable
from typing import Any

from world.acme import Acme
from world.counts import Counts
from world.dns_servers import (
    API_KEY,
    KEY_NAME,
    KEY_SECRET,
    Bind,
    PowerDns,
    Resolver,
    Zone,
    txt_of_zones,
)
from world.world import PROJECT, World

PLUGIN = str(PROJECT / "certbot-plugin")
CERTBOTS = {
    "apt": "/usr/bin/certbot",
    "newest": str(PROJECT / "build/certbot-newest/bin/certbot"),
    "1.21": str(PROJECT / "build/certbot-1.21/bin/certbot"),
}
PDNS_ZONES = {
    "example.org": {"ns1.example.org": "127.0.0.2"},
    "deep.example.org": {"ns1.deep.example.org": "127.0.0.2"},
    "example.net": {"ns1.example.net": "127.0.0.2"},
    "lan": {"ns1.lan": "127.0.0.2"},
    "example.edu": {"ns1.example.edu": "127.0.0.2", "ns2.example.edu": "127.0.0.9"},
}
BIND_SERVERS = {"ns1.example.com": "127.0.0.3", "ns2.example.com": "127.0.0.4"}
CLOSED_SERVERS = {"ns1.example.info": "127.0.0.3"}
SECRETS = (API_KEY, KEY_SECRET, "password-of-httpreq", "wrong-credential")

POWERDNS = {
    "provider": "powerdns",
    "options": {"pdns_server": "http://127.0.0.2:8081", "ttl": 1},
    "credentials": {"auth_token": API_KEY},
}
DDNS = {
    "provider": "ddns",
    "options": {"ddns": {"ddns_server": "127.0.0.3"}, "ttl": 1},
    "credentials": {"auth_token": f"hmac-sha256:{KEY_NAME}:{KEY_SECRET}"},
}
ERROR = re.compile(r"^dns challenge \[(\w+)\] (\S+): (.+)$", re.M)


class AcmeAlone(Acme):
    """Pebble without a DNS of its own: the world's name servers are real."""

    def __enter__(self) -> AcmeAlone:
        self._make_tls()
        self._start_pebble()
        return self


@dataclasses.dataclass(frozen=True)
class Run:
    """What one certbot run did: exit status, all it printed, its log, and what the CA counted."""

    status: int
    said: str
    log: str
    counts: Counts

    def error(self) -> tuple[str, str, str]:
        """Category, name and text of the plugin's line on certbot's console."""
        lines = ERROR.findall(self.said)
        assert len(lines) == 1, self.said
        return lines[0]


class Net:
    """All of it; started by ``start``."""

    def __init__(self, world: World, more: Iterable[str] = ()):
        """``more``: names of other zones that the PowerDNS is to hold."""
        self.world = world
        self.zones = {**PDNS_ZONES, **{zone: {f"ns1.{zone}": "127.0.0.2"} for zone in more}}
        self.pdns = PowerDns(world, "127.0.0.2")
        zone = Zone("example.com", BIND_SERVERS)
        copy = Zone("example.com", BIND_SERVERS, primary="127.0.0.3")
        closed = Zone("example.info", CLOSED_SERVERS, updates=False)
        self.bind = Bind(world, "127.0.0.3", [zone, closed])
        self.secondary = Bind(world, "127.0.0.4", [copy])
        delegated = {z: s for z, s in self.zones.items() if z != "deep.example.org"}
        delegated.update({"example.com": BIND_SERVERS, "example.info": CLOSED_SERVERS})
        self.resolver = Resolver(world, delegated)
        self.acme = AcmeAlone(world)
        self._numbers = itertools.count()

    def start(self) -> Net:
        self.pdns.start()
        for zone, servers in self.zones.items():
            self.pdns.create_zone(zone, servers)
        self.pdns.add("example.org", "deep", "NS", "ns1.deep.example.org.")
        self.pdns.add("example.org", "ns1.deep", "A", "127.0.0.2")
        for server in (self.bind, self.secondary, self.resolver):
            server.start()
        self.acme.__enter__()
        return self

    def stop(self) -> None:
        self.acme.stop()
        for server in (self.pdns, self.bind, self.secondary, self.resolver):
            server.stop()

    # -- the plugin's configuration ---------------------------------------------------------------

    def config(self, default: Any = POWERDNS, mode: int = 0o600, **keys: Any) -> str:
        """Write a configuration file with a journal of its own; returns its path in the world."""
        folder = f"/var/lib/dns-test/{next(self._numbers)}"
        words = {"propagation": 10, "state": f"{folder}/journal.json", "default": default, **keys}
        path = f"{folder}/dns.json"
        self.world.write(path, json.dumps(words), mode)
        return path

    def rewrite(self, path: str, **keys: Any) -> None:
        """Change keys of a configuration."""
        words = json.loads(self.world.path(path).read_text())
        self.world.write(path, json.dumps({**words, **keys}), 0o600)

    def journal(self, config: str) -> list[dict[str, Any]]:
        """What the journal beside a configuration holds."""
        path = self.world.path(config).with_name("journal.json")
        return json.loads(path.read_text()) if path.exists() else []

    # -- certbot ----------------------------------------------------------------------------------

    def command(self, config: str, *names: str, certbot: str = "apt", more: Any = ()) -> list[str]:
        """The command line of an order; each configuration has lineages of its own."""
        folder = config.rpartition("/")[0]
        command = [CERTBOTS[certbot], "certonly", "-n", "--agree-tos"]
        command += ["--register-unsafely-without-email", "--server", self.acme.directory]
        for kind in ("config", "work", "logs"):
            command += [f"--{kind}-dir", f"{folder}/{kind}"]
        command += ["-a", "layer-lets-encrypt-dns", "--layer-lets-encrypt-dns-config", config]
        command += ["--preferred-challenges", "dns", "--cert-name", "cert", *more]
        return [*command, *(word for name in names for word in ("-d", name))]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": PLUGIN, "REQUESTS_CA_BUNDLE": self.acme.ca_path}

    def start_order(self, config: str, *names: str) -> subprocess.Popen[str]:
        """Start an order and return its process."""
        output = subprocess.DEVNULL
        command = self.command(config, *names)
        return self.world.popen(command, self.environment(), stdout=output, stderr=output)

    def order(self, config: str, *names: str, certbot: str = "apt", more: Any = ()) -> Run:
        """Order a certificate for the names; nothing secret may have been said anywhere."""
        before = self.acme.counts()
        done = self.world.run(
            self.command(config, *names, certbot=certbot, more=more),
            self.environment(),
            check=False,
        )
        logs = self.world.path(config).with_name("logs") / "letsencrypt.log"
        run = Run(
            done.returncode,
            done.stdout + done.stderr,
            logs.read_text() if logs.exists() else "",
            self.acme.counts() - before,
        )
        self.no_secret_in(run, config)
        return run

    def no_secret_in(self, run: Run, config: str) -> None:
        """Output, log, renewal files and journal hold no secret."""
        files = [run.said, run.log, json.dumps(self.journal(config))]
        folder = self.world.path(config).with_name("config") / "renewal"
        files += [path.read_text() for path in folder.glob("*.conf")]
        for secret in SECRETS:
            assert not any(secret in text for text in files), f"{secret} was told"

    def renew(self, config: str, *names: str, certbot: str = "apt") -> Run:
        return self.order(config, *names, certbot=certbot, more=["--force-renewal"])

    def names(self, config: str) -> set[str]:
        """The names of the certificate in the lineage."""
        folder = config.rpartition("/")[0]
        text = self.world.run(
            ["openssl", "x509", "-noout", "-ext", "subjectAltName", "-in",
             f"{folder}/config/live/cert/cert.pem"]
        ).stdout  # fmt: skip
        return set(re.findall(r"DNS:([^,\s]+)", text))

    def sweep(self, config: str) -> subprocess.CompletedProcess[str]:
        """What the layer calls in a later hook."""
        return self.python("-m", "layer_lets_encrypt_dns.sweep", config)

    def python(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["/usr/bin/python3", "-B", *words]
        return self.world.run(command, self.environment(), check=False)

    # -- the zones --------------------------------------------------------------------------------

    def txt(self) -> list[str]:
        """All TXT records of all zones, as their servers have them."""
        places = [("127.0.0.2", zone) for zone in self.zones]
        places += [("127.0.0.3", "example.com"), ("127.0.0.4", "example.com")]
        return txt_of_zones(self.world, *places, ("127.0.0.3", "example.info"))
