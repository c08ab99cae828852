"""DNS-01 as an operator has it: options, a Juju secret, PowerDNS, and nothing left in the zone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world.acme_dns import AcmeAndPowerDns
from world.dns_servers import API_KEY
from world.site import STATE, Site, open_site

NAMES = ("example.org", "*.example.org")
OPTIONS = "pdns_server: http://127.0.0.2:8081\nttl: 1"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site(ca=AcmeAndPowerDns) as opened:
        yield opened


def want(site: Site, names: str, credentials: str) -> None:
    site.want(
        names, acme_challenge="dns", acme_dns_provider="powerdns", acme_dns_options=OPTIONS,
        acme_dns_credentials=credentials,
    )  # fmt: skip


def nothing_leaks(site: Site) -> None:
    """The credentials stand in one file for root alone, and nowhere else."""
    found = site.world.run(["grep", "-rlF", API_KEY, "/etc/letsencrypt", "/var/log", "/etc/cron.d",
                            "/var/lib/layer-lets-encrypt"], check=False).stdout.split()  # fmt: skip
    ours = [path for path in found if not path.startswith("/var/log/world")]
    assert ours == [f"{STATE}/dns.json"]
    assert site.world.path(f"{STATE}/dns.json").stat().st_mode & 0o777 == 0o600
    assert API_KEY not in site.log()
    assert API_KEY not in site.status()[1]


def test_a_wildcard_by_a_secret_and_its_renewal(site: Site) -> None:
    identifier = site.juju("add-secret", "dns", f"auth-token={API_KEY}").strip()
    want(site, ", ".join(NAMES), identifier)
    state, text = site.status()
    assert state == "blocked"
    assert f"juju grant-secret {identifier} web" in text
    assert site.counts().order_requests == 0

    site.juju("grant-secret", "dns", "web")
    site.hook()
    assert site.status() == ("active", "serving https")
    first = site.served("any.example.org")
    assert set(first.names) == set(NAMES)
    assert (site.counts().issued, site.counts().failed_validations) == (1, 0)
    assert site.acme.txt() == []
    nothing_leaks(site)
    site.juju("run", "web/0", "lets-encrypt-renew", "force=true")
    assert site.served("example.org").serial != first.serial
    assert site.acme.txt() == []


def test_wrong_credentials_cost_no_validation_and_a_new_revision_is_tried_at_once(
    site: Site,
) -> None:
    before = site.counts()
    site.juju("update-secret", "dns", "auth-token=wrong-credential")
    site.config(fqdn="*.example.net")
    state, text = site.status()
    assert state == "blocked"
    for words in ("example.net", "powerdns", "401"):
        assert words in text
    assert "wrong-credential" not in text
    assert (site.counts() - before).failed_validations == 0
    site.juju("update-secret", "dns", f"auth-token={API_KEY}")
    site.juju("settle")
    assert site.served("a.example.net").names == ("*.example.net",)
    assert site.status()[0] == "active"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"acme_dns_provider": "nonesuch"}, "nonesuch"),
        pytest.param({"acme_dns_provider": ""}, "acme-dns-provider", marks=pytest.mark.slow),
        pytest.param({"acme_dns_options": "a: b: c"}, "acme-dns-options is not YAML",
                     marks=pytest.mark.slow),
        pytest.param({"acme_dns_propagation": "-1"}, "acme-dns-propagation",
                     marks=pytest.mark.slow),
        ({"fqdn": "www.example.invalid"}, "no zone"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_ordered(
    site: Site, settings: dict[str, str], said: str
) -> None:
    before = site.counts()
    site.config(**{"fqdn": "new.example.org", **settings})
    state, text = site.status()
    assert (state, said in text) == ("blocked", True), text
    assert (site.counts() - before).order_requests == 0
    site.juju("config", "web", "--reset", "acme-dns-propagation")
    want(site, "*.example.net", f"auth_token: {API_KEY}")
    assert site.status()[0] == "active"


def test_a_trial_by_hand_publishes_and_removes_a_record_and_orders_nothing(site: Site) -> None:
    want(site, "*.example.net", f"auth_token: {API_KEY}")
    before = site.counts()
    told = site.juju("run", "web/0", "lets-encrypt-check")
    for words in (
        "example.net: _acme-challenge.example.net in zone example.net by powerdns",
        "published TXT _acme-challenge.example.net",
        "served by all name servers after",
        "removed TXT _acme-challenge.example.net",
    ):
        assert words in told, told
    assert site.acme.txt() == []
    assert (site.counts() - before).order_requests == 0
    nothing_leaks(site)

    site.config(acme_dns_credentials="auth_token: wrong-credential")
    before = site.counts()
    told = site.juju("run", "web/0", "lets-encrypt-check", check=False)
    assert "answered 401 (Unauthorized): wrong credentials" in told
    assert (site.counts() - before).order_requests == 0
    want(site, "*.example.net", f"auth_token: {API_KEY}")
