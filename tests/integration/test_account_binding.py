"""A CA that wants an external account binding: one account, and the key in no other place."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from world.site import STATE, Site, open_site

NAME = "www.example.com"
KID, KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as opened:
        opened.acme.bindings = {KID: KEY}
        opened.acme.restart()
        opened.want(NAME, acme_preflight="false")
        yield opened


def accounts(site: Site) -> list[str]:
    find = ["find", "/etc/letsencrypt/accounts", "-name", "regr.json"]
    return site.world.run(find, check=False).stdout.split()


def test_without_the_binding_nothing_is_ordered_and_the_option_is_named(site: Site) -> None:
    severity, line = site.status()
    assert severity == "blocked"
    assert "external account binding" in line and "set acme-eab" in line
    assert accounts(site) == []


@pytest.mark.parametrize("half", ["kid-1", "kid-1:", ":" + KEY])
def test_half_a_pair_is_blocked_and_not_shown(site: Site, half: str) -> None:
    site.config(acme_eab=half)
    severity, line = site.status()
    assert (severity, line.startswith("TLS: 'acme-eab' ")) == ("blocked", True)
    assert KEY not in line and "kid-1" not in line
    assert not site.exists(f"{STATE}/eab.ini")


def test_a_pair_that_the_ca_does_not_know_is_told_with_the_option(site: Site) -> None:
    site.config(acme_eab="kid-2:" + KEY[::-1])
    severity, line = site.status()
    assert severity == "blocked", line
    assert "no account: " in line and "acme-eab" in line
    assert KEY[::-1] not in line and KEY[::-1] not in site.log()
    assert accounts(site) == []


def test_half_a_secret_is_blocked_and_the_whole_one_opens_the_account(site: Site) -> None:
    secret = site.juju("add-secret", "eab", f"hmac={KEY}").split()[-1]
    site.juju("grant-secret", "eab", "web")
    site.config(acme_eab=secret)
    severity, line = site.status()
    assert (severity, "acme-eab" in line, "no key identifier" in line) == ("blocked", True, True)
    site.juju("update-secret", "eab", f"kid={KID}", f"hmac={KEY}")
    site.hook("config-changed")
    assert site.status() == ("active", "serving https"), site.log()[-3000:]
    assert len(accounts(site)) == 1


def test_the_key_is_left_nowhere(site: Site) -> None:
    assert not site.exists(f"{STATE}/eab.ini")
    places = ["/var/log", "/var/lib/layer-lets-encrypt", "/etc/letsencrypt", "/etc/cron.d"]
    found = site.world.run(["grep", "-rlF", KEY[:24], *places], check=False).stdout
    assert found == ""
    assert KEY not in site.log()


def test_the_accounts_uri_is_shown_by_an_action(site: Site) -> None:
    uri = json.loads(site.world.run(["cat", accounts(site)[0]]).stdout)["uri"]
    said = site.juju("run", "web/0", "lets-encrypt-certificates")
    assert uri in said


def test_a_key_type_that_changes_orders_again_and_the_account_stays(site: Site) -> None:
    before = site.counts().orders
    site.config(acme_key_type="ecdsa-384")
    assert site.counts().orders == before + 1
    site.hook()
    site.config("--reset", "acme-key-type")
    assert site.counts().orders == before + 1, "an unset option makes no certificate wrong"
    assert len(accounts(site)) == 1


def test_a_profile_that_cannot_be_had_is_blocked_before_an_order(site: Site) -> None:
    before = site.counts().orders
    site.config(acme_profile="shortlived")
    severity, line = site.status()
    assert severity == "blocked"
    assert "the CA does not know the profile 'shortlived'" in line and "acme-profile" in line
    assert site.counts().orders == before
    assert site.served(NAME).names == (NAME,)
    site.config("--reset", "acme-profile")
    assert site.status() == ("active", "serving https")
