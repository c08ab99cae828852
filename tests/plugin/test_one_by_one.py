"""An apex and its wildcard at a service that keeps one value for a name, through whole hooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from web import PASSWORD, USER, serve
from world.acme_dns import AcmeAndPowerDns
from world.clock import Clock
from world.site import STATE, Site, open_site

NAMES = ("example.org", "*.example.org")


class Remembering(AcmeAndPowerDns):
    """A CA that reuses authorizations."""

    def __init__(self, world: Any, **options: Any):
        super().__init__(world, **options)
        self._environment["PEBBLE_AUTHZREUSE"] = "100"


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    with open_site(ca=request.param) as opened, serve(opened.acme, 8103):
        yield opened


def want(site: Site) -> None:
    site.want(
        ", ".join(NAMES), acme_challenge="dns", acme_dns_provider="httpreq",
        acme_dns_options="endpoint: http://127.0.0.1:8103", acme_dns_propagation="10",
        acme_dns_credentials=f"username: {USER}\npassword: {PASSWORD}",
    )  # fmt: skip


@pytest.mark.parametrize("site", [AcmeAndPowerDns], indirect=True)
def test_a_ca_that_forgets_what_it_has_seen_is_found_out_once(site: Site) -> None:
    want(site)
    state, text = site.status()
    assert state == "blocked"
    for words in ("one value per name", "reuses no authorization", "two certificates"):
        assert words in text, text
    first = site.counts()
    assert first.issued == 2, "one look at each of the names"
    clock = Clock(site.world)
    clock.shift(days=2)
    site.hook()
    assert site.status()[0] == "blocked"
    clock.back()
    site.juju("run", "web/0", "lets-encrypt-renew", check=False)
    change = site.counts() - first
    assert (change.orders, change.issued, change.failed_validations) == (2, 0, 0)
    assert "one value per name" in site.status()[1]
    assert site.lineages() == []
    assert json.loads(site.read(f"{STATE}/history.json"))["records"]["example.org"]["forgetful"]


@pytest.mark.slow
@pytest.mark.parametrize("site", [Remembering], indirect=True)
def test_a_ca_that_remembers_certifies_both(site: Site) -> None:
    want(site)
    assert site.status() == ("active", "serving https")
    assert set(site.served("any.example.org").names) == set(NAMES)
    assert site.lineages() == ["example.org"]
