"""Sites whose charm is not the example but one of those in tests/charms."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from charmbuild import build
from world import snapshot
from world.acme import Acme
from world.site import Site
from world.world import PROJECT

CHARMS = PROJECT / "tests" / "charms"


@contextlib.contextmanager
def open_consumer(charm: str, certbot: str = "apt") -> Iterator[Site]:
    """Start a machine with the charm called ``charm`` deployed as the application web.

    It talks to Pebble already. ``certbot`` is "apt" for the distribution's, "newest" for PyPI's.
    """
    folder = build(CHARMS / charm)
    with snapshot.world(folder, certbot=certbot) as world, Acme(world) as acme:
        site = Site(world, acme, folder)
        site.trust_the_ca()
        yield site


def trust(acme: Acme) -> list[str]:
    """The settings that make an application talk to Pebble."""
    return [f"acme-server={acme.directory}", f"acme-ca-certificates={acme.ca_certificates}"]


def tenants(*entries: Any) -> str:
    """The gateway's setting for these requests; a string stands for a request of that one name."""
    plain = [{"fqdn": [entry]} if isinstance(entry, str) else entry for entry in entries]
    return "tenants=" + json.dumps(plain)


def live_files(site: Site, name: str) -> dict[str, str]:
    """What each of the four public files of a lineage holds."""
    live = f"/etc/letsencrypt/live/{name}"
    return {
        part: site.world.run(["cat", f"{live}/{part}.pem"]).stdout
        for part in ("privkey", "cert", "chain", "fullchain")
    }


def set_flags(site: Site, *flags: str) -> None:
    """Have the charm set flags."""
    calls = "; ".join(f"set_flag('{flag}')" for flag in flags)
    site.change(f"from charms.reactive import set_flag; {calls}")


def clear_flags(site: Site, *flags: str) -> None:
    """Have the charm clear flags."""
    calls = "; ".join(f"clear_flag('{flag}')" for flag in flags)
    site.change(f"from charms.reactive import clear_flag; {calls}")
