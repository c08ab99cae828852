"""What cannot succeed costs the CA little, the visitors less, and its neighbours nothing."""

from __future__ import annotations

import json
import re

from consumers import tenants
from world.clock import Clock
from world.site import Site
from world.world import PROJECT

pytest_plugins = ["shared_sites"]

BENCH = PROJECT / "build" / "bench.json"
BAD = "bad.example.com"
NOWHERE = "192.0.2.1"
HOOKS = 10
APART = 300  # seconds: Juju's update-status


def note(**figures: int) -> None:
    """Add figures to the file of measurements."""
    known = json.loads(BENCH.read_text()) if BENCH.exists() else {}
    BENCH.write_text(json.dumps({**known, **figures}, indent=1, sort_keys=True) + "\n")


def test_ten_hooks_with_a_name_that_cannot_be_validated(web: Site) -> None:
    web.acme.dns.point(BAD, NOWHERE)
    clock, before = Clock(web.world), web.counts()
    clock.shift()
    # Without the look ahead, which would put the first attempt off.
    web.want(BAD, acme_preflight="false")  # its config-changed is the first attempt
    pid, failed = web.nginx_pid(), (web.counts() - before).failed_validations
    assert failed == 1
    for hook in range(1, HOOKS + 1):
        clock.shift(seconds=hook * APART)
        web.hook()
        attempts = (web.counts() - before).failed_validations
        if attempts == failed:
            assert web.nginx_pid() == pid, "stopped without an attempt"
        pid, failed = web.nginx_pid(), attempts
        assert web.nginx_runs()
        assert_cause_and_next_attempt(web)
    change = web.counts() - before
    print(f"{HOOKS} hooks {APART} s apart: {change}")
    note(failed_validations_10_hooks=change.failed_validations)
    assert change.failed_validations <= 2
    assert change.orders == change.failed_validations
    assert BAD not in web.lineages()
    web.juju("config", "web", "--reset", "acme-preflight")


def assert_cause_and_next_attempt(site: Site) -> None:
    """The status is one line that says which name, what is wrong, what to do, and when."""
    state, text = site.status()
    assert state == "blocked"
    assert text.startswith(f"TLS: {BAD}: connection: ")
    assert "check the name's DNS records" in text
    told = re.search(r"next attempt (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", text)
    assert told is not None, text
    now = site.world.run(["date", "-u", "+%Y-%m-%d %H:%M"]).stdout.strip()
    assert told.group(1) >= now, "the next attempt lies ahead"
    assert "\n" not in text


def test_one_bad_request_among_five_keeps_nobody_waiting(gateway: Site) -> None:
    good = [f"{letter}.back.example.com" for letter in "abcd"]
    gateway.acme.dns.point(BAD, NOWHERE)
    clock = Clock(gateway.world)
    clock.shift()
    before = gateway.counts()
    gateway.config(tenants(*good[:2], BAD, *good[2:]), acme_preflight="false")
    assert (gateway.counts() - before).issued == len(good), "all of them in the same hook"
    assert sorted(gateway.ask("lets_encrypt.live_all()")) == good
    assert BAD in gateway.status()[1]
    gateway.acme.dns.forget(BAD)
    before = gateway.counts()
    clock.shift(seconds=APART)
    gateway.hook()
    assert (gateway.counts() - before).orders == 0, "its wait is not over"
    clock.shift(seconds=660)
    gateway.hook()
    clock.back()
    change = gateway.counts() - before
    assert (change.orders, change.issued) == (1, 1), "the bad one alone"
    assert gateway.status() == ("active", "5 tenants")
    for name in (*good, BAD):
        assert gateway.served(name).names == (name,)


def test_each_request_has_the_key_type_that_it_asks_for(gateway: Site) -> None:
    rsa = {"fqdn": ["rsa.example.com"], "key-type": "rsa"}
    gateway.config(tenants(rsa, "a.back.example.com"))
    assert key_type(gateway, "rsa.example.com") == "rsaEncryption"
    assert key_type(gateway, "a.back.example.com") == "id-ecPublicKey"
    before = gateway.counts()
    gateway.config(tenants(dict(rsa, **{"key-type": "ecdsa"}), "a.back.example.com"))
    assert key_type(gateway, "rsa.example.com") == "id-ecPublicKey"
    gateway.hook()
    assert (gateway.counts() - before).orders == 1, "one for the change, none for the other"


def key_type(site: Site, name: str) -> str:
    """The algorithm of the key in the certificate on disk, in openssl's words."""
    path = f"/etc/letsencrypt/live/{name}/cert.pem"
    said = site.world.run(["openssl", "x509", "-in", path, "-noout", "-text"]).stdout
    found = re.search(r"Public Key Algorithm: (\S+)", said)
    assert found is not None
    return found.group(1)
