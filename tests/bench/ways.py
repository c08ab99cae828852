"""Ways to get a certificate and to renew it, each as its users would: the layer's own.

A way is made ready (out of the visitors' sight), then issues once, then renews as often as asked.
"""

from __future__ import annotations

from typing import Protocol

from outcome import BenchFailed
from world.site import UNIT, Site

ACTION = "lets-encrypt-renew"


class Way(Protocol):
    """What is compared. ``name`` is for the figures, ``label`` for people."""

    name: str
    label: str

    def prepare(self) -> None:
        """Make ready for the next step, which is the first one or a renewal."""

    def issue(self) -> None:
        """Get the first certificate."""

    def renew(self) -> None:
        """Replace it, though it is not due."""

    def certificate(self) -> bytes:
        """What lies on disk."""


class Ours:
    """The example charm, driven through Juju, with one of the layer's challenges."""

    def __init__(self, site: Site, challenge: str):
        self._site = site
        self._challenge = challenge
        self._host = f"{challenge}.example.com"
        self._has_issued = False
        self.name = f"ours_{challenge}"
        self.label = f"this layer, {challenge}"

    def prepare(self) -> None:
        """Turn to this challenge; nothing is ordered by that."""
        orders = self._site.counts().orders
        host = self._host if self._has_issued else ""
        self._site.config(acme_challenge=self._challenge, fqdn=host)
        self._site.hook()
        state, text = self._site.status()
        if self._site.counts().orders != orders or state != "active":
            raise BenchFailed(f"{self.label}: not ready: {state}, {text}")

    def issue(self) -> None:
        """``juju config web fqdn=...``"""
        self._site.config(fqdn=self._host)
        self._has_issued = True

    def renew(self) -> None:
        """The operator's action."""
        self._site.juju("run", UNIT, ACTION, "force=true")

    def certificate(self) -> bytes:
        """What visitors get must be what lies on disk."""
        path = f"/etc/letsencrypt/live/{self._host}/cert.pem"
        on_disk = self._site.world.run(["cat", path]).stdout
        serial = self._site.world.run(
            ["openssl", "x509", "-noout", "-serial"], input=on_disk
        ).stdout.strip()
        seen = self._site.served(self._host)
        if int(serial.partition("=")[2], 16) != int(seen.serial, 16):
            raise BenchFailed(f"{self.label}: served is {seen.serial}, on disk lies {serial}")
        return on_disk.encode()


def all_of_ours(site: Site) -> list[Way]:
    """The layer's challenges; stateless is the one whose first order also makes the account."""
    return [Ours(site, challenge) for challenge in ("stateless", "webroot", "standalone")]
