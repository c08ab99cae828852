"""One world with its certificate authority for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world.acme import Acme
from world.world import World

SITE = """\
server {{
    listen 80 default_server;
    {tls}
    root /srv/www;
}}
"""
TLS = """\
listen 443 ssl;
    ssl_certificate /etc/letsencrypt/live/{name}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/{name}/privkey.pem;"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture(scope="module")
def acme(world: World) -> Iterator[Acme]:
    with Acme(world, lifetime=600) as running:
        yield running


@pytest.fixture(scope="module")
def site(world: World) -> World:
    """nginx serves /srv/www over http."""
    world.write("/srv/www/index.html", "the right page")
    world.write("/etc/nginx/sites-enabled/site", SITE.format(tls=""))
    world.run(["service", "nginx", "start"])
    return world


def certbot(acme: Acme, *names: str) -> int:
    """Order a certificate through nginx's folder; returns certbot's exit code."""
    command = ["certbot", "certonly", "-n", "--agree-tos", "--register-unsafely-without-email"]
    command += ["--webroot", "-w", "/srv/www", "--server", acme.directory, "-d", ",".join(names)]
    trust = {"REQUESTS_CA_BUNDLE": acme.ca_path}
    return acme.world.run(command, env=trust, check=False).returncode


def serve_tls(world: World, name: str) -> None:
    """nginx serves https, too, with the lineage of this name."""
    text = SITE.format(tls=TLS.format(name=name))
    world.write("/etc/nginx/sites-enabled/site", text)
    world.run(["service", "nginx", "reload"])
