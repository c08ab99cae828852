"""Settings for DNS-01 are checked when they change, though the certificate is still good."""

from __future__ import annotations

from pathlib import Path

import pytest
from world.clock import Clock
from world.lineages import lay_out
from world.site import UNIT, Site
from world.world import PROJECT

NAME = "www.example.com"
LETSENCRYPT = Path("/etc/letsencrypt")
NEWEST = PROJECT / "build/lexicon-newest/bin/python"
# some releases have no package of Lexicon
LEXICON = "" if Path("/usr/lib/python3/dist-packages/lexicon").is_dir() else f"python: {NEWEST}\n"
PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"


@pytest.fixture
def served(site: Site) -> Site:
    """A unit with a good certificate."""
    lay_out(site.world.path(LETSENCRYPT), (NAME,), LETSENCRYPT, server=PRODUCTION)
    site.config(fqdn=NAME)
    assert site.status()[0] == "active"
    return site


def test_unusable_dns_settings_are_told_while_the_certificate_is_good(served: Site) -> None:
    served.config(acme_challenge="dns")
    assert served.status()[0] == "blocked"
    assert "acme-dns-provider" in served.status()[1]
    served.config(acme_dns_provider="httpreq", acme_dns_options="{")
    state, text = served.status()
    assert (state, "acme-dns-options" in text) == ("blocked", True)
    served.hook()
    assert served.status() == (state, text), "it lasts as long as its cause"
    assert "lets-encrypt.registered" in served.flags(), "the certificate is still good"
    served.config(acme_challenge="standalone")
    assert served.status()[0] == "active"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"acme_dns_provider": "cloudfare", "acme_dns_options": LEXICON}, "cloudflare"),
        ({"acme_dns_provider": "cloudflare", "acme_dns_options": f"{LEXICON}zoneid: x"}, "zone_id"),
    ],
)
def test_a_mistake_is_found_though_no_resolver_answers(
    served: Site, settings: dict[str, str], said: str
) -> None:
    served.config(acme_challenge="dns", acme_dns_credentials="auth_token: x", **settings)
    state, text = served.status()
    assert (state, said in text) == ("blocked", True)


def test_a_secret_that_cannot_be_read_is_told_until_it_can(served: Site) -> None:
    secret = served.juju("add-secret", "dns", "username=u", "password=p").strip()
    options = "endpoint: https://dns.example.com"
    served.config(acme_challenge="dns", acme_dns_provider="httpreq",
                  acme_dns_options=options, acme_dns_credentials=secret)  # fmt: skip
    state, text = served.status()
    assert (state, "the secret cannot be read" in text) == ("blocked", True)
    served.juju("grant-secret", "dns", UNIT.split("/")[0])
    served.hook()
    assert "cannot be read" not in served.status()[1]


def test_settings_of_a_certificate_that_is_due_are_checked_too(served: Site) -> None:
    """No ordinary hook orders it, so nothing else would find the mistake before cron does."""
    clock = Clock(served.world)
    clock.shift(days=65)
    try:
        served.config(acme_challenge="dns", acme_dns_credentials="auth_token: x",
                      acme_dns_provider="cloudflare",
                      acme_dns_options=f"{LEXICON}zoneid: x")  # fmt: skip
        state, text = served.status()
        assert (state, "did you mean 'zone_id'?" in text) == ("blocked", True), text
    finally:
        clock.back()


def test_what_another_version_has_remembered_of_settings_is_ignored(served: Site) -> None:
    key = "layer.lets-encrypt.dns-settings"
    for written in (f"{{'{NAME}': ['digest', 'words', 0]}}", "['x']", "{'x': {'asked': 7}}"):
        words = f"unitdata.kv().set('{key}', {written})"
        served.change(f"from charmhelpers.core import unitdata; {words}")
        served.hook()
        assert served.status()[0] == "active"
