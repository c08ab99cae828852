"""A CA that wants an external account binding: one account, and the key in no other place."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from world.site import STATE, UNIT, Site, open_site

NAME = "www.example.com"
KID, KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
FORGET = "for one in $(secret-ids); do secret-remove $one; done"  # the account is in one of them
PAIR = (f"kid={KID}", f"hmac={KEY}")


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    with open_site() as opened:
        opened.acme.bindings = {KID: KEY}
        opened.acme.restart()
        yield opened


@pytest.fixture(scope="module")
def secret(shared: Site) -> str:
    """The address of a secret that the unit may read; each test says what is in it."""
    uri = shared.juju("add-secret", "eab", "nothing=yet").split()[-1]
    shared.juju("grant-secret", "eab", "web")
    return uri


@pytest.fixture
def stranger(shared: Site) -> Site:
    """A unit that wants a certificate, and has neither an account nor a binding for one."""
    site = shared
    if accounts(site):
        site.juju("config", "web", "--reset", "fqdn,acme-eab")
        site.world.run(["rm", "-r", "/etc/letsencrypt", f"{STATE}/history.json"])
        site.juju("exec", "--unit", UNIT, "--", FORGET)
    site.juju("config", "web", "--reset", "acme-eab")
    site.want(NAME, acme_preflight="false")
    return site


@pytest.fixture
def customer(shared: Site, secret: str) -> Site:
    """A unit that has opened its account with the secret, and has its certificate."""
    site = shared
    if not accounts(site):
        site.juju("update-secret", "eab", *PAIR)
        site.want(NAME, acme_preflight="false", acme_eab=secret)
    assert site.status() == ("active", "serving https"), site.log()[-3000:]
    return site


def accounts(site: Site) -> list[str]:
    find = ["find", "/etc/letsencrypt/accounts", "-name", "regr.json"]
    return site.world.run(find, check=False).stdout.split()


def test_without_the_binding_nothing_is_ordered_and_the_option_is_named(stranger: Site) -> None:
    site = stranger
    severity, line = site.status()
    assert severity == "blocked"
    assert "external account binding" in line and "set acme-eab" in line
    assert accounts(site) == []


@pytest.mark.parametrize("half", ["kid-1", "kid-1:", ":" + KEY])
def test_half_a_pair_is_blocked_and_not_shown(stranger: Site, half: str) -> None:
    site = stranger
    site.config(acme_eab=half)
    severity, line = site.status()
    assert (severity, line.startswith("TLS: 'acme-eab' ")) == ("blocked", True)
    assert KEY not in line and "kid-1" not in line
    assert not site.exists(f"{STATE}/eab.ini")


def test_a_pair_that_the_ca_does_not_know_is_told_with_the_option(stranger: Site) -> None:
    site = stranger
    site.config(acme_eab="kid-2:" + KEY[::-1])
    severity, line = site.status()
    assert severity == "blocked", line
    assert "no account: " in line and "acme-eab" in line
    assert KEY[::-1] not in line and KEY[::-1] not in site.log()
    assert accounts(site) == []


def test_half_a_secret_is_blocked_and_the_whole_one_opens_the_account(
    stranger: Site, secret: str
) -> None:
    site = stranger
    site.juju("update-secret", "eab", f"hmac={KEY}")
    site.config(acme_eab=secret)
    severity, line = site.status()
    assert (severity, "acme-eab" in line, "no key identifier" in line) == ("blocked", True, True)
    site.juju("update-secret", "eab", *PAIR)
    site.hook("config-changed")
    assert site.status() == ("active", "serving https"), site.log()[-3000:]
    assert len(accounts(site)) == 1


def test_the_key_is_left_nowhere(customer: Site) -> None:
    site = customer
    assert not site.exists(f"{STATE}/eab.ini")
    places = ["/var/log", "/var/lib/layer-lets-encrypt", "/etc/letsencrypt", "/etc/cron.d"]
    found = site.world.run(["grep", "-rlF", KEY[:24], *places], check=False).stdout
    assert found == ""
    assert KEY not in site.log()


def test_the_accounts_uri_is_shown_by_an_action(customer: Site) -> None:
    site = customer
    uri = json.loads(site.world.run(["cat", accounts(site)[0]]).stdout)["uri"]
    said = site.juju("run", "web/0", "lets-encrypt-certificates")
    assert uri in said


def test_a_key_type_that_changes_orders_again_and_the_account_stays(customer: Site) -> None:
    site = customer
    before = site.counts().orders
    site.config(acme_key_type="ecdsa-384")
    assert site.counts().orders == before + 1
    site.hook()
    site.config("--reset", "acme-key-type")
    assert site.counts().orders == before + 1, "an unset option makes no certificate wrong"
    assert len(accounts(site)) == 1


def test_a_profile_that_cannot_be_had_is_blocked_before_an_order(customer: Site) -> None:
    site = customer
    before = site.counts().orders
    site.config(acme_profile="shortlived")
    severity, line = site.status()
    assert severity == "blocked"
    assert "the CA does not know the profile 'shortlived'" in line and "acme-profile" in line
    assert site.counts().orders == before
    assert site.served(NAME).names == (NAME,)
    site.config("--reset", "acme-profile")
    assert site.status() == ("active", "serving https")
