"""After a failed validation the next attempt is made at Let's Encrypt's staging side first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world.lets_encrypt import HERE, NOWHERE, LetsEncrypt
from world.site import Site, open_site

NAME = "www.example.net"
RENEW = ("run", "web/0", "lets-encrypt-renew")


@pytest.fixture(scope="module")
def places() -> Iterator[tuple[Site, LetsEncrypt]]:
    """A site, and both sides of its default authority, which take port 443 from nginx here."""
    with open_site() as site, LetsEncrypt(site.acme) as authority:
        yield site, authority


def orders(authority: LetsEncrypt) -> tuple[int, int]:
    return authority.orders("production"), authority.orders("staging")


def test_what_fails_again_fails_on_staging(places) -> None:
    (site, authority), name = places, NAME
    before = orders(authority)
    site.acme.dns.point(name, NOWHERE)
    site.config(
        fqdn=name, acme_challenge="standalone", acme_preflight="false",
        acme_ca_certificates=site.acme.ca_certificates,
    )  # fmt: skip
    assert site.status()[0] == "blocked"
    assert since(authority, before) == (1, 0), "the first attempt is made where it counts"

    site.juju(*RENEW, check=False)
    assert since(authority, before) == (1, 1), "the second is not"
    assert "on staging" in site.status()[1]
    assert name not in site.lineages()

    site.acme.dns.point(name, HERE)
    site.juju(*RENEW, check=False)
    assert since(authority, before) == (2, 2), "proven on staging, then ordered"
    assert site.exists(f"/etc/letsencrypt/live/{name}/fullchain.pem")
    assert site.nginx_runs()


def since(authority: LetsEncrypt, before: tuple[int, int]) -> tuple[int, int]:
    production, staging = orders(authority)
    return production - before[0], staging - before[1]
