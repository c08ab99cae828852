"""The promises of docs/contract.md that a charm with a request for each tenant shows."""

from __future__ import annotations

import json

import pytest
from consumers import tenants
from world.clock import Clock
from world.site import Site

pytest_plugins = ["shared_sites"]

LIVE = "/etc/letsencrypt/live"
DHPARAM = "/etc/letsencrypt/dhparam.pem"
KEYS = {"privkey", "cert", "chain", "fullchain", "dhparam"}
REGISTERED = "lets-encrypt.registered"


@pytest.fixture
def empty_gateway(gateway: Site) -> Site:
    """The gateway without tenants. Each test has names of its own: they were never ordered."""
    gateway.config(tenants(), "fqdn=", "contact-email=", "credentials=")
    return gateway


def test_promise_04_live_all_holds_only_what_is_on_disk(empty_gateway: Site) -> None:
    gateway = empty_gateway
    assert gateway.ask("lets_encrypt.live_all()") is None
    gateway.acme.dns.point("late.example.com", "192.0.2.1")
    gateway.config(tenants("a.example.com", "late.example.com"), "fqdn=own.example.com")
    live = gateway.ask("lets_encrypt.live_all()")
    assert list(live) == ["a.example.com"], "neither the missing one nor the option's"
    assert set(live["a.example.com"]) == KEYS
    assert live["a.example.com"]["privkey"] == f"{LIVE}/a.example.com/privkey.pem"


def test_promise_05_a_request_takes_effect_at_once(empty_gateway: Site) -> None:
    gateway = empty_gateway
    gateway.config(tenants("b.example.com"))
    assert REGISTERED in gateway.flags()
    entries = [{"fqdn": ["b.example.com"], "contact-email": "admin@firm.example"}]
    said = gateway.in_charm(
        "from charms.layer import lets_encrypt; from charms.reactive import is_flag_set;"
        "from charmhelpers.core import unitdata; import json;"
        f"lets_encrypt.set_requested_certificates({entries!r});"
        "print(json.dumps([is_flag_set('lets-encrypt.registered'),"
        " is_flag_set('lets-encrypt.certificate-requested'),"
        " unitdata.kv().get('certificate.requests')]))"
    )
    assert json.loads(said.splitlines()[-1]) == [False, True, entries]


def test_promise_05_the_same_request_again_is_heard_once_the_lineage_is_deleted(
    empty_gateway: Site,
) -> None:
    gateway = empty_gateway
    gateway.config(tenants("c.example.com"))
    before, old = gateway.counts(), gateway.served("c.example.com").serial
    gateway.config(credentials="new")  # deletes the lineage and requests the same list again
    gateway.hook()
    assert (gateway.counts() - before).orders == 1
    assert gateway.served("c.example.com").serial != old
    assert gateway.status() == ("active", "1 tenants")


def test_promise_06_registered_only_when_all_of_them_are_there(empty_gateway: Site) -> None:
    gateway = empty_gateway
    gateway.acme.dns.point("second.example.com", "192.0.2.1")
    gateway.config(tenants("first.example.com", "second.example.com"))
    assert REGISTERED not in gateway.flags(), "one tenant is missing"
    assert gateway.unit()["juju-status"]["current"] == "idle", "the charm did not fail"
    gateway.acme.dns.forget("second.example.com")
    gateway.config(tenants("first.example.com", "second.example.com", "third.example.com"))
    gateway.config(contact_email="admin@firm.example")  # a changed request is tried at once
    assert REGISTERED in gateway.flags()
    assert gateway.status() == ("active", "3 tenants")
    for name in ("first.example.com", "second.example.com", "third.example.com"):
        assert gateway.served(name).names == (name,), "each tenant has its own"


def test_promise_06_registered_only_while_the_dh_parameters_are_there(
    empty_gateway: Site,
) -> None:
    gateway = empty_gateway
    gateway.config(tenants("dh.example.com"))
    assert REGISTERED in gateway.flags()
    mount = f"rm {DHPARAM} && mkdir {DHPARAM} && mount -t tmpfs none {DHPARAM}"
    gateway.world.run(["sh", "-c", mount])  # a folder is moved aside, but not this one
    gateway.hook()
    assert REGISTERED not in gateway.flags()
    assert gateway.status()[0] == "blocked"
    gateway.world.run(["umount", DHPARAM])
    gateway.hook()
    assert REGISTERED in gateway.flags(), "the folder was moved aside"
    assert gateway.world.run(["head", "-1", DHPARAM]).stdout == "-----BEGIN DH PARAMETERS-----\n"


def test_promise_07_a_lineage_lies_on_disk_as_certbot_lays_it_out(empty_gateway: Site) -> None:
    gateway = empty_gateway
    gateway.config(tenants({"fqdn": ["san.example.com", "alias.example.com"]}))
    for folder in ("live", "archive"):
        place = gateway.world.path(f"/etc/letsencrypt/{folder}/san.example.com")
        assert place.is_dir() and not place.is_symlink()
    conf = gateway.world.path("/etc/letsencrypt/renewal/san.example.com.conf")
    assert conf.is_file() and not conf.is_symlink()
    assert "alias.example.com" not in gateway.lineages(), "no live folder for a further name"
    assert not [name for name in gateway.lineages() if "-0001" in name]
    for path in ("live", "archive"):
        gateway.world.run(["rm", "-r", f"/etc/letsencrypt/{path}/san.example.com"])
    conf.unlink()
    gateway.hook()
    assert set(gateway.served("san.example.com").names) == {
        "san.example.com", "alias.example.com"
    }  # fmt: skip


def test_promise_09_the_service_serves_the_new_certificate_after_renewal_and_failure(
    empty_gateway: Site,
) -> None:
    gateway, clock = empty_gateway, Clock(empty_gateway.world)
    gateway.config(tenants("old.example.com"))
    old = gateway.served("old.example.com").serial
    clock.shift(days=70)
    gateway.acme.dns.point("old.example.com", "192.0.2.1")
    gateway.renew_by_cron()
    assert gateway.nginx_runs(), "also after a failure"
    assert gateway.served("old.example.com").serial == old
    gateway.acme.dns.forget("old.example.com")
    clock.shift(days=70, seconds=660)
    gateway.hook()
    clock.back()
    assert gateway.nginx_runs()
    assert gateway.served("old.example.com").serial != old
