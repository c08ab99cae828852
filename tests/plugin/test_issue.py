"""Certificates by DNS-01: wildcards, delegation, several zones and providers, each certbot."""

from __future__ import annotations

import pytest
from net import DDNS, POWERDNS, Net

BOTH = ("example.org", "*.example.org")


def test_apex_and_wildcard_through_powerdns(clean: Net, certbot: str):
    config = clean.config()
    for run in (clean.order(config, *BOTH, certbot=certbot), clean.renew(config, *BOTH)):
        assert run.status == 0, run.said
        assert (run.counts.failed_validations, run.counts.issued) == (0, 1)
        assert clean.names(config) == set(BOTH)
        assert clean.txt() == []
        assert clean.journal(config) == []


def test_through_a_cname_into_another_zone(clean: Net):
    clean.pdns.add("example.org", "_acme-challenge.www", "CNAME", "www-org.acme.example.net.")
    config = clean.config(default=None, zones={"example.net": POWERDNS})
    names = ("www.example.org", "*.www.example.org")
    for run in (clean.order(config, *names), clean.renew(config, *names)):
        assert run.status == 0, run.said
        assert run.counts.failed_validations == 0
        assert clean.txt() == []


def test_two_zones_with_two_providers_in_one_certificate(clean: Net):
    config = clean.config(zones={"example.com": DDNS})
    names = ("example.com", "*.example.com", "www.example.org", "a.b.example.com")
    for run in (clean.order(config, *names), clean.renew(config, *names)):
        assert run.status == 0, run.said
        assert run.counts.failed_validations == 0
        assert clean.names(config) == set(names)
        assert clean.txt() == []


@pytest.mark.parametrize("name", ["www.deep.example.org", "deep.example.org", "host.lan"])
def test_the_zone_is_found_by_soa(clean: Net, name: str):
    config = clean.config()
    run = clean.order(config, name)
    assert run.status == 0, run.said
    zone = "lan" if name.endswith("lan") else "deep.example.org"
    assert f"published TXT _acme-challenge.{name} in zone {zone}" in run.log


def test_foreign_values_at_the_same_name_stay(net: Net):
    net.pdns.add("example.org", "_acme-challenge.keep", "TXT", '"of somebody else"')
    run = net.order(net.config(), "keep.example.org")
    assert run.status == 0, run.said
    assert net.txt() == ["_acme-challenge.keep.example.org of somebody else"]
    net.pdns.util("delete-rrset", "example.org", "_acme-challenge.keep", "TXT")


def test_an_alias_that_only_a_wildcard_makes_is_not_followed(clean: Net):
    """The record at the name itself hides it; real aliases beside it are followed."""
    clean.pdns.add("example.org", "*.wild", "CNAME", "lb.foreign.test.")
    clean.pdns.add("example.org", "_acme-challenge.a.wild", "CNAME", "a.acme.example.net.")
    config = clean.config()
    names = ("www.wild.example.org", "*.www.wild.example.org", "a.wild.example.org")
    run = clean.order(config, *names)
    assert run.status == 0, run.said
    assert run.counts.failed_validations == 0
    assert "only a wildcard CNAME leads to lb.foreign.test" in run.log
    assert "published TXT _acme-challenge.www.wild.example.org in zone example.org" in run.log
    assert "published TXT a.acme.example.net in zone example.net" in run.log


@pytest.mark.parametrize(("follow", "zone"), [("true", "example.net"), ("no", "example.org")])
def test_following_can_be_turned_off(clean: Net, follow: str, zone: str):
    clean.pdns.util("delete-rrset", "example.org", "_acme-challenge.alias", "CNAME")
    clean.pdns.add("example.org", "_acme-challenge.alias", "CNAME", "alias.acme.example.net.")
    config = clean.config(follow=follow)
    done = clean.python("-m", "layer_lets_encrypt_dns.check", config, "alias.example.org")
    assert f"in zone {zone} by powerdns" in done.stdout, done.stderr
