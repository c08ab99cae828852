"""From one CA to another and back: ordered each time, and never by accident."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world.lets_encrypt import HERE, LetsEncrypt
from world.site import Site, open_site

NAME = "www.example.net"


@pytest.fixture(scope="module", params=["apt", "newest"])
def places(request: pytest.FixtureRequest) -> Iterator[tuple[Site, LetsEncrypt]]:
    """A site, and both sides of Let's Encrypt, which take port 443 from nginx here."""
    with open_site(certbot=request.param) as site, LetsEncrypt(site.acme) as authority:
        site.acme.dns.point(NAME, HERE)
        yield site, authority


def source(site: Site) -> str:
    """Where the lineage's certificate comes from, by its renewal file."""
    conf = site.read(f"/etc/letsencrypt/renewal/{NAME}.conf")
    return next(line for line in conf.splitlines() if line.startswith("server = "))


@pytest.mark.slow
def test_production_staging_a_private_ca_and_back(places: tuple[Site, LetsEncrypt]) -> None:
    site, authority = places
    site.config(
        fqdn=NAME, acme_challenge="standalone", acme_preflight="false",
        acme_ca_certificates=site.acme.ca_certificates,
    )  # fmt: skip
    assert (authority.orders("production"), authority.orders("staging")) == (1, 0)
    private = site.acme.directory
    for server, words in (
        ("staging", "acme-staging-v02"),
        ("production", "acme-v02"),
        (private, "127.0.0.1"),
        ("staging", "acme-staging-v02"),
        (private, "127.0.0.1"),
        ("production", "acme-v02"),
    ):
        site.config(acme_server=server)
        assert words in source(site), site.status()
        assert site.lineages() == [NAME]
    assert (authority.orders("production"), authority.orders("staging")) == (3, 2)
    for _ in range(2):
        site.hook()
        site.renew_by_cron()
    assert (authority.orders("production"), authority.orders("staging")) == (3, 2)
