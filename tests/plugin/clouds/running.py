"""Start the stand-ins in the small internet, and the plugin's settings for each of them."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from net import Net
from web import until
from world import certificates
from world.dns_servers import API_KEY
from world.world import PROJECT

from clouds import cloudflare, digitalocean, gandi, ovh, route53
from clouds.account import RIGHT, RIGHTLESS, zone_of

ADDRESS = "127.0.0.20"
FOLDER = "/var/lib/clouds"
SERVER = str(Path(__file__).with_name("server.py"))
MODULES = (cloudflare, digitalocean, gandi, ovh, route53)
PROVIDERS = tuple(module.Api.NAME for module in MODULES)
ZONES = tuple(zone_of(provider) for provider in PROVIDERS)
# the distribution's Lexicon and PyPI's newest, both with boto3
PYTHONS = {
    "apt": str(PROJECT / "build/lexicon-apt/bin/python"),
    "newest": str(PROJECT / "build/lexicon-newest/bin/python"),
}
SECRETS = (RIGHT, RIGHTLESS, ovh.SECRET, gandi.KEY, "wrong-credential-of-nobody")

_TOKEN = {
    "cloudflare": "auth_token",
    "digitalocean": "auth_token",
    "gandi": "auth_token",
    "ovh": "auth_consumer_key",
    "route53": "auth_access_key",
}
_OPTIONS: dict[str, dict[str, str]] = {
    "gandi": {"api_protocol": "rest"},
    "ovh": {"auth_entrypoint": "ovh-eu"},
}
_MORE = {
    "ovh": {"auth_application_key": ovh.KEY, "auth_application_secret": ovh.SECRET},
    "route53": {"auth_access_secret": "secret-access-key"},
}


class Clouds:
    """The running stand-ins."""

    def __init__(self, net: Net):
        self.net = net

    def provider(self, name: str, token: str = "", **options: Any) -> dict[str, Any]:
        """The plugin's settings for a provider; its usual credentials without ``token``."""
        usual = gandi.KEY if name == "gandi" else RIGHT
        return {
            "provider": name,
            "options": {
                "ca_certificates": f"{FOLDER}/ca.pem", **_OPTIONS.get(name, {}), **options,
            },
            "credentials": {_TOKEN[name]: token or usual, **_MORE.get(name, {})},
        }  # fmt: skip

    def misspelt(self, name: str) -> dict[str, Any]:
        """The settings with a credential's name misspelt."""
        found = self.provider(name)
        right = _TOKEN[name]
        found["credentials"][right[:-2] + right[-1]] = found["credentials"].pop(right)
        return found

    def records(self, name: str) -> list[str]:
        """What the provider holds."""
        path = self.net.world.path(f"{FOLDER}/records.json")
        return json.loads(path.read_text()).get(name, []) if path.exists() else []

    @contextlib.contextmanager
    def fault(self, name: str, kind: str) -> Iterator[None]:
        path = f"{FOLDER}/fault.json"
        self.net.world.write(path, json.dumps({name: kind}))
        try:
            yield
        finally:
            self.net.world.path(path).unlink()


@contextlib.contextmanager
def serve(net: Net) -> Iterator[Clouds]:
    """Start them at the providers' own host names."""
    hosts = [module.HOST for module in MODULES]
    with tempfile.TemporaryDirectory() as made:
        certificates.authority(Path(made), "CA of the stand-ins")
        certificates.issue(Path(made), "web", ",".join(f"DNS:{host}" for host in hosts))
        net.world.copy_in(Path(made), FOLDER)
    words = {"address": ADDRESS, "port": 443, "tls": f"{FOLDER}/both.pem", "api": net.pdns.api,
             "key": API_KEY}  # fmt: skip
    net.world.write(f"{FOLDER}/settings.json", json.dumps(words))
    lines = "".join(f"{ADDRESS} {host}\\n" for host in hosts)
    net.world.run(["sh", "-c", f"cat {FOLDER}/web.key {FOLDER}/web.pem >{FOLDER}/both.pem; "
                               f"printf '{lines}' >>/etc/hosts"])  # fmt: skip
    process = net.world.popen(["/usr/bin/python3", "-B", SERVER, f"{FOLDER}/settings.json"])
    try:
        until(lambda: _listens(net))
        yield Clouds(net)
    finally:
        process.kill()
        process.wait()


def _listens(net: Net) -> bool:
    try:
        net.world.connect(ADDRESS, 443, timeout=1).close()
    except OSError:
        return False
    return True
