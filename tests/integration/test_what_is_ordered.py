"""Profiles and chains: ordered once when they are wanted, refused before an order if they cannot
be had; and an account of its own at each CA."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from world.acme import MANAGEMENT_PORT, request
from world.front import Front
from world.site import Site, open_site

NAME = "www.example.com"
CONF = f"/etc/letsencrypt/renewal/{NAME}.conf"
LISTED = {"set": {"meta": {"profiles": {"shortlived": "a week", "classic": "90 days"}}}}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """With a CA that has two roots."""
    with open_site() as opened:
        opened.acme.restart(PEBBLE_ALTERNATE_ROOTS="1", PEBBLE_CHAIN_LENGTH="1")
        yield opened


@pytest.fixture(scope="module")
def newest() -> Iterator[Site]:
    """With a certbot that can ask for profiles."""
    with open_site(certbot="newest") as opened:
        yield opened


def roots(site: Site) -> list[str]:
    """The common names of the roots that Pebble's chains lead to."""
    context = ssl.create_default_context(cadata=site.acme.ca_certificates)
    names = []
    for number in range(2):
        pem = request(site.world, MANAGEMENT_PORT, "GET", f"/roots/{number}", context=context)
        said = subprocess.run(["openssl", "x509", "-noout", "-subject"], input=pem,
                              capture_output=True, check=True).stdout.decode()  # fmt: skip
        names.append(said.rpartition("CN = ")[2].strip())
    return names


def test_a_preferred_chain_is_ordered_once_and_an_unknown_one_too(site: Site) -> None:
    site.want(NAME, acme_preflight="false")
    before, (usual, other) = site.counts().orders, roots(site)
    assert usual != other
    site.config(acme_preferred_chain=usual)
    assert site.counts().orders == before, "that is the one it has"
    for wanted in (other, "No Such Root"):
        before = site.counts().orders
        site.config(acme_preferred_chain=wanted)
        assert site.counts().orders == before + 1
        for _ in range(2):
            site.hook()
            site.renew_by_cron()
        assert site.counts().orders == before + 1
        assert site.status() == ("active", "serving https")
    site.config("--reset", "acme-preferred-chain")


def test_a_certbot_that_is_too_old_for_profiles_is_told_before_an_order(site: Site) -> None:
    with Front(site.acme) as front:
        front.misbehave("directory", LISTED)
        site.want(NAME, acme_preflight="false")
        before = site.counts().orders
        site.config(acme_profile="shortlived")
        severity, line = site.status()
        assert severity == "blocked"
        assert "needs certbot 4.0 or newer" in line and "acme-profile" in line
        assert site.counts().orders == before
        site.config("--reset", "acme-profile")
        assert site.status() == ("active", "serving https")


def test_each_ca_has_an_account_of_its_own(site: Site) -> None:
    """One account at Pebble's own address, one at that of the front."""
    site.want(NAME, acme_preflight="false")
    with Front(site.acme):
        site.want(NAME)
    find = ["find", "/etc/letsencrypt/accounts", "-name", "regr.json"]
    found = site.world.run(find).stdout.split()
    assert sorted(Path(path).parts[4] for path in found) == ["127.0.0.1:14000", "127.0.0.1:14001"]
    site.want(NAME)
    assert sorted(site.world.run(find).stdout.split()) == sorted(found), "the first is used again"
    uri = next(json.loads(site.read(path))["uri"] for path in found if "14000" in path)
    assert uri in site.juju("run", "web/0", "lets-encrypt-certificates")


def test_a_profile_is_ordered_when_it_changes_and_not_again(newest: Site) -> None:
    with Front(newest.acme) as front:
        front.misbehave("directory", LISTED)
        newest.want(NAME, acme_preflight="false")
        for profile in ("shortlived", "classic"):
            before = newest.counts().orders
            newest.config(acme_profile=profile)
            assert newest.counts().orders == before + 1, newest.status()
            assert f"required_profile = {profile}" in newest.read(CONF)
            newest.hook()
            newest.renew_by_cron()
            assert newest.counts().orders == before + 1
        newest.config(acme_profile="tlsserver")
        severity, line = newest.status()
        assert (severity, "it has only classic, shortlived" in line) == ("blocked", True), line
        newest.config("--reset", "acme-profile")
        assert newest.counts().orders == before + 1, "an unset option makes nothing wrong"
        assert newest.status() == ("active", "serving https")
