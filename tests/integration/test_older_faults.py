"""The older layer's faults, listed in docs/contract.md: each test fails if its fault is back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import yaml
from charmbuild import PROJECT
from consumers import tenants
from layer_lets_encrypt.passes.stops import LONGEST
from world.clock import Clock
from world.site import Site

pytest_plugins = ["shared_sites"]

NOWHERE = "192.0.2.1"
REGISTERED = "lets-encrypt.registered"
NAME = "www.example.com"


@pytest.fixture(scope="module")
def failing(deployed_web: Site) -> Iterator[Site]:
    """The name was changed to one that cannot be validated, and four hooks went by.

    Without the look ahead, which would put the order off.
    """
    web = deployed_web
    web.want(NAME)
    web.acme.dns.point("failing.example.com", NOWHERE)
    web.before, web.old = web.counts(), web.served(NAME).serial  # type: ignore[attr-defined]
    web.config(fqdn="failing.example.com", acme_preflight="false")
    web.pid = web.nginx_pid()  # type: ignore[attr-defined]
    for _ in range(4):
        web.hook()
    yield web
    web.juju("config", "web", "--reset", "acme-preflight")


def said(site: Site, words: str) -> int:
    """How often the unit's whole log says this."""
    return site.juju("debug-log", "-n", "1000000").count(words)


def certbot_runs(site: Site) -> int:
    return said(site, "running certbot certonly")


def test_no_longer_an_order_in_every_hook_while_it_fails(failing: Site) -> None:
    change = failing.counts() - failing.before  # type: ignore[attr-defined]
    assert (change.orders, change.failed_validations) == (1, 1)


def test_no_longer_a_stop_of_the_service_in_each_of_them(failing: Site) -> None:
    assert failing.nginx_pid() == failing.pid  # type: ignore[attr-defined]


def test_no_longer_https_lost_when_a_new_name_fails(failing: Site) -> None:
    """Certificate and service are kept; that the charm leaves its site as it is, is its part."""
    assert failing.served(NAME).serial == failing.old  # type: ignore[attr-defined]
    assert failing.exists(f"/etc/letsencrypt/renewal/{NAME}.conf")


def test_no_longer_raw_output_in_the_status(failing: Site) -> None:
    state, text = failing.status()
    assert state == "blocked"
    assert "\n" not in text and len(text) < 300
    for raw in ("Saving debug log", "IMPORTANT NOTES", "- - -", "urn:ietf"):
        assert raw not in text
    assert "Certbot failed to authenticate" in failing.log(), "all of it is in the log"


def test_no_longer_the_same_status_for_good_after_a_renewal(web: Site) -> None:
    web.config(fqdn=NAME)
    web.juju("exec", "--unit", "web/0", "--", "status-set active 'words of the charm'")
    clock = Clock(web.world)
    clock.shift(days=61)
    web.renew_by_cron()
    assert web.status() == ("active", "words of the charm")
    clock.back()


def test_no_longer_renewing_twice(web: Site) -> None:
    """One order and one run of certbot; a renewal that is not due does not touch the service."""
    clock = Clock(web.world)
    clock.shift(days=61 + 61)
    before, runs = web.counts(), certbot_runs(web)
    web.renew_by_cron()
    clock.back()
    change = web.counts() - before
    assert (change.orders, change.validations, certbot_runs(web) - runs) == (1, 1, 1)
    pid = web.nginx_pid()
    web.renew_by_cron()
    assert (web.nginx_pid(), certbot_runs(web) - runs) == (pid, 1)


def test_no_longer_an_apt_get_in_every_hook(web: Site) -> None:
    packages = yaml.safe_load((PROJECT / "layer.yaml").read_text())["options"]["basic"]["packages"]
    assert "letsencrypt" not in packages
    web.world.write("/usr/local/sbin/apt-get", "#!/bin/sh\necho $* >>/tmp/apt-get\n", 0o755)
    for hook in ("update-status", "config-changed"):
        web.hook(hook)
    assert not web.exists("/tmp/apt-get")
    web.world.path("/usr/local/sbin/apt-get").unlink()


def test_no_longer_the_packages_own_renewal_beside_the_layers(web: Site) -> None:
    """The distribution's job would spend an order on a port that nginx holds, and fail."""
    clock = Clock(web.world)
    clock.shift(days=61 * 3)
    before = web.counts()
    job = web.world.path("/etc/cron.d/certbot")
    lines = job.read_text().splitlines() if job.is_file() else []
    for line in [line for line in lines if line.startswith(("0", "*"))]:
        command = re.sub(r"perl -e '[^']*'", "true", line.split(None, 6)[6])
        trust = {"REQUESTS_CA_BUNDLE": web.acme.ca_path}
        web.world.run(["/bin/sh", "-c", command], trust, check=False)
    clock.back()
    assert (web.counts() - before).orders == 0


def test_no_longer_a_restart_that_drops_every_tenant_because_of_one(gateway: Site) -> None:
    """Orders of a hook share stops, and there is none in the hooks that follow."""
    gateway.acme.dns.point("bad.glad.example.com", NOWHERE)
    before = len(gateway.stops())
    wanted = tenants("a.glad.example.com", "bad.glad.example.com", "c.glad.example.com")
    gateway.config(wanted, acme_preflight="false")
    stops = gateway.stops()[before:]
    assert stops, "an order with the bad name was made"
    assert all(seconds > LONGEST / 2 for seconds in stops[:-1]), "two fit into one"
    pid = gateway.nginx_pid()
    for _ in range(2):
        gateway.hook()
    assert gateway.nginx_pid() == pid
    assert set(gateway.ask("lets_encrypt.live_all()")) == {
        "a.glad.example.com",
        "c.glad.example.com",
    }


def test_no_longer_a_lineage_that_is_never_ordered_again(gateway: Site) -> None:
    """The names of a request change under the same first name; nobody has to delete anything."""
    before = gateway.counts()
    gateway.config(tenants({"fqdn": ["a.glad.example.com", "www.a.glad.example.com"]}))
    assert set(gateway.served("a.glad.example.com").names) == {
        "a.glad.example.com",
        "www.a.glad.example.com",
    }
    gateway.config(tenants("www.a.glad.example.com"))  # has been only an alias so far
    assert gateway.served("www.a.glad.example.com").names == ("www.a.glad.example.com",)
    assert (gateway.counts() - before).orders == 2


def test_no_longer_errors_over_contact_and_blanks(gateway: Site) -> None:
    written = [
        {"fqdn": ["  Blank.example.com "], "contact-email": ""},
        {"fqdn": ["none.example.com"]},
        {"fqdn": ["under.example.com"], "contact_email": "admin@firm.example"},
    ]
    gateway.config(tenants(*written))
    assert gateway.unit()["juju-status"]["current"] == "idle", "no hook has failed"
    assert gateway.nginx_runs()
    assert REGISTERED in gateway.flags()
    for name in ("blank.example.com", "none.example.com", "under.example.com"):
        assert gateway.exists(f"/etc/letsencrypt/live/{name}/fullchain.pem")


def test_no_longer_paths_of_a_certificate_that_is_not_there_yet(review: Site) -> None:
    """A handler that runs before all others of the hook must not find the flag still set."""
    review.config(fqdn="before.example.com")
    review.world.run(["rm", "-f", "/var/tmp/review-journal"])
    for name in ("between.example.com", "after.example.com"):
        review.config(fqdn=name)
    journal = review.read("/var/tmp/review-journal").splitlines()
    assert journal, "the handlers have written nothing"
    assert not [line for line in journal if line.endswith("False")]
