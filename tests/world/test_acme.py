"""Pebble and its names are real, and what is read from them is right."""

from __future__ import annotations

import ssl

import pytest

from world import probe
from world.acme import Acme
from world.conftest import certbot, serve_tls
from world.world import World

NAME = "www.example.com"


@pytest.fixture(scope="module")
def served(site: World, acme: Acme) -> World:
    """https with a certificate of Pebble's."""
    assert certbot(acme, NAME, "example.com") == 0
    serve_tls(site, NAME)
    return site


def test_a_served_certificate_is_seen_as_pebble_made_it(served: World, acme: Acme):
    seen = probe.look(NAME, acme.root(), connect=served.connect)
    assert set(seen.names) == {NAME, "example.com"}
    assert seen.issuer.startswith("Pebble Intermediate CA")
    assert (seen.not_after - seen.not_before).total_seconds() == pytest.approx(600, abs=2)
    log = served.path("/var/log/world/pebble.log").read_text()
    assert f"Issued certificate serial {seen.serial} " in log


def test_a_wrong_name_and_a_foreign_root_are_refused(served: World, acme: Acme):
    with pytest.raises(ssl.SSLCertVerificationError, match="not valid for 'other.example.com'"):
        probe.look("other.example.com", acme.root(), connect=served.connect)
    with pytest.raises(ssl.SSLCertVerificationError, match="local issuer"):
        probe.look(NAME, acme.ca_certificates, connect=served.connect)


def test_orders_failures_and_accounts_are_counted(served: World, acme: Acme):
    before = acme.counts()
    acme.dns.point("bad.example.com", "192.0.2.1")
    assert certbot(acme, "bad.example.com") == 1
    acme.dns.forget("bad.example.com")
    assert certbot(acme, "bad.example.com") == 0
    change = acme.counts() - before
    assert (change.orders, change.failed_validations, change.issued) == (2, 1, 1)
    assert change.accounts_created == 0


def test_servfail_and_default_address(served: World, acme: Acme):
    ask = "import socket; print(socket.gethostbyname('x.example.com'))"
    assert served.run(["python3", "-c", ask]).stdout == "127.0.0.1\n"
    acme.dns.default("192.0.2.7")
    assert served.run(["python3", "-c", ask]).stdout == "192.0.2.7\n"
    acme.dns.default("127.0.0.1")
    acme.dns.fail("x.example.com")
    assert served.run(["python3", "-c", ask], check=False).returncode == 1
    acme.dns.forget("x.example.com")


def test_rejected_nonces_can_be_switched_on_and_a_restart_forgets(served: World, acme: Acme):
    root, before = acme.root(), acme.counts()
    acme.restart(lifetime=1200, PEBBLE_WFE_NONCEREJECT=100)
    try:
        assert acme.root() != root
        served.run(["rm", "-rf", "/etc/letsencrypt/accounts"])
        certbot(acme, "nonce.example.com")
        change = acme.counts() - before
        assert change.account_requests > 1  # all are rejected, and certbot asks again
    finally:
        acme.restart(lifetime=600, PEBBLE_WFE_NONCEREJECT=0)
