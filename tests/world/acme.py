"""Pebble, a real ACME server, and pebble-challtestsrv, its DNS, inside a world.

    with Acme(w, lifetime=60) as acme:
        acme.directory                       # https://127.0.0.1:14000/dir
        acme.ca_certificates                 # PEM to trust for the directory's own TLS
        acme.ca_path                         # the same as a file of the world
        acme.root()                          # PEM of the root that issues the certificates
        acme.counts()                        # Counts(orders=..., failed=..., issued=..., ...)
        acme.dns.point("bad.example.com", "192.0.2.1")
        acme.restart(lifetime=3600)          # a new Pebble: accounts and its root are gone
    acme.bindings = {"kid-1": key}       # before a restart: accounts need an external binding

Names resolve to 127.0.0.1 unless pointed elsewhere. Validation goes to ports 80 (http-01) and 443
(tls-alpn-01). By default Pebble neither sleeps before a validation, nor rejects good nonces, nor
reuses authorizations, so that every count is exact.
"""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any

from . import certificates, counts
from .world import World, WorldError

FOLDER = "/var/lib/world-acme"
LOG = "/var/log/world/pebble.log"
DNS_LOG = "/var/log/world/dns.log"
DIRECTORY_PORT, MANAGEMENT_PORT, DNS_MANAGEMENT_PORT = 14000, 15000, 8055


class Names:
    """What the world's DNS answers; the management interface of pebble-challtestsrv."""

    def __init__(self, world: World):
        self._world = world

    def point(self, name: str, *addresses: str) -> None:
        """Answer A and AAAA questions for ``name`` with these addresses alone."""
        self.forget(name)
        four = [a for a in addresses if ":" not in a]
        six = [a for a in addresses if ":" in a]
        for kind, found in (("a", four), ("aaaa", six)):
            if found:
                self._post(f"add-{kind}", host=_dotted(name), addresses=found)

    def forget(self, name: str) -> None:
        """Answer with the default address (127.0.0.1) again."""
        for path in ("clear-a", "clear-aaaa", "clear-servfail", "clear-cname"):
            self._post(path, host=_dotted(name))

    def fail(self, name: str) -> None:
        """Answer SERVFAIL for this name."""
        self._post("set-servfail", host=_dotted(name))

    def default(self, address: str) -> None:
        """The address of every name that was not pointed elsewhere; empty: no address at all."""
        self._post("set-default-ipv4", ip=address)

    def caa(self, name: str, *policies: tuple[str, str]) -> None:
        """Publish CAA records such as ("issue", "letsencrypt.org")."""
        entries = [{"tag": tag, "value": value} for tag, value in policies]
        self._post("add-caa", host=_dotted(name), policies=entries)

    def set_txt(self, name: str, value: str) -> None:
        """Add a TXT value."""
        self._post("set-txt", host=_dotted(name), value=value)

    def clear_txt(self, name: str) -> None:
        """Remove all TXT values of a name."""
        self._post("clear-txt", host=_dotted(name))

    def _post(self, path: str, **body: Any) -> None:
        request(self._world, DNS_MANAGEMENT_PORT, "POST", "/" + path, json.dumps(body))


class Acme:
    """A running Pebble with its DNS; a context manager."""

    host = "127.0.0.1"  # for whom both are there; other machines need another one
    directory = f"https://127.0.0.1:{DIRECTORY_PORT}/dir"
    ca_path = f"{FOLDER}/ca.pem"

    def __init__(self, world: World, lifetime: int = 7776000, **environment: object):
        """``lifetime`` of certificates in seconds; ``environment`` adds to Pebble's variables,
        e.g. ``PEBBLE_WFE_NONCEREJECT=50`` for the share of good nonces that are refused."""
        self.world = world
        self.lifetime = lifetime
        self.dns = Names(world)
        self.ca_certificates = ""
        self.bindings: dict[str, str] = {}  # kid -> key; with one, no account without a binding
        self._environment = {
            "PEBBLE_VA_NOSLEEP": "1",
            "PEBBLE_WFE_NONCEREJECT": "0",
            "PEBBLE_AUTHZREUSE": "0",
            **{key: str(value) for key, value in environment.items()},
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Acme:
        for program in ("pebble", "pebble-challtestsrv"):
            if not shutil.which(program):
                raise WorldError(f"{program} is not installed; run: make install")
        self._make_tls()
        self._start("dns", DNS_LOG, [
            "pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "",
            "-http01", "", "-https01", "", "-tlsalpn01", "", *self._dns_address(),
            "-management", f"127.0.0.1:{DNS_MANAGEMENT_PORT}",
        ])  # fmt: skip
        self._wait("dns", DNS_MANAGEMENT_PORT)
        self._start_pebble()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End both servers (the world's end does it too)."""
        for name in list(self._running):
            self._end(name)

    def restart(self, lifetime: int | None = None, **environment: object) -> None:
        """A new Pebble with an empty memory, perhaps another lifetime; the DNS stays as it is."""
        self.pause()
        self.lifetime = lifetime or self.lifetime
        self._environment.update({key: str(value) for key, value in environment.items()})
        self._start_pebble()

    def pause(self) -> None:
        """End Pebble alone: the certificate authority is out of reach until ``restart``."""
        self._end("pebble")

    def root(self) -> str:
        """PEM of the root certificate that Pebble issues from (a new one after each restart)."""
        context = ssl.create_default_context(cadata=self.ca_certificates)
        return request(self.world, MANAGEMENT_PORT, "GET", "/roots/0", context=context).decode()

    def counts(self) -> counts.Counts:
        """What Pebble was asked since the world's start, over its restarts."""
        return counts.read(self.world.path(LOG).read_text(errors="replace"))

    def _dns_address(self) -> list[str]:
        """The options for the address of the DNS; newer releases of Pebble have renamed them."""
        asked = self.world.run(["pebble-challtestsrv", "-help"], check=False)
        if "-dnsserver" in asked.stdout + asked.stderr:
            return ["-dnsserver", f"{self.host}:53", "-doh", ""]
        return ["-dns01", f"{self.host}:53"]

    def _make_tls(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self.ca_certificates = certificates.authority(folder, "World's Pebble CA").read_text()
            certificates.issue(folder, "pebble", f"DNS:localhost,IP:127.0.0.1,IP:{self.host}")
            self.world.copy_in(folder, FOLDER)
        self.world.path(FOLDER).chmod(0o755)

    def _start_pebble(self) -> None:
        config = {
            "listenAddress": f"{self.host}:{DIRECTORY_PORT}",
            "managementListenAddress": f"127.0.0.1:{MANAGEMENT_PORT}",
            "certificate": f"{FOLDER}/pebble.pem",
            "privateKey": f"{FOLDER}/pebble.key",
            "httpPort": 80,
            "tlsPort": 443,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": bool(self.bindings),
            "externalAccountMACKeys": self.bindings,
            "certificateValidityPeriod": self.lifetime,
            # where newer releases look for it
            "profiles": {"default": {"description": "all", "validityPeriod": self.lifetime}},
        }
        self.world.write(f"{FOLDER}/pebble.json", json.dumps({"pebble": config}, indent=1))
        command = ["pebble", "-config", f"{FOLDER}/pebble.json", "-dnsserver", f"{self.host}:53"]
        self._start("pebble", LOG, command, self._environment)
        self._wait("pebble", DIRECTORY_PORT, self.host)
        self._wait("pebble", MANAGEMENT_PORT)

    def _start(
        self, name: str, log: str, command: list[str], env: dict[str, str] | None = None
    ) -> None:
        with self._log(log) as stream:
            self._running[name] = self.world.popen(command, env, stdout=stream, stderr=stream)

    def _log(self, path: str) -> IO[bytes]:
        return self.world.path(path).open("ab")

    def _end(self, name: str) -> None:
        process = self._running.pop(name, None)
        if process:
            self.world.stop(process)

    def _wait(self, name: str, port: int, host: str = "127.0.0.1", seconds: float = 90) -> None:
        """Until the port answers; WorldError with the log's end if the server dies or is silent."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self._running[name].poll() is None:
            try:
                self.world.connect(host, port, timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        log = self.world.path(LOG if name == "pebble" else DNS_LOG).read_text()[-2000:]
        raise WorldError(f"{name} does not answer on port {port}:\n{log}")


def request(
    world: World,
    port: int,
    method: str,
    path: str,
    body: str | None = None,
    context: ssl.SSLContext | None = None,
) -> bytes:
    """One HTTP request to 127.0.0.1 inside the world; WorldError unless it is answered with 2xx."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    plain = world.connect("127.0.0.1", port)
    connection.sock = context.wrap_socket(plain, server_hostname="127.0.0.1") if context else plain
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise WorldError(f"{method} :{port}{path}: {answer.status} {content[:300]!r}")
    return content


def _dotted(name: str) -> str:
    return name.rstrip(".") + "."
