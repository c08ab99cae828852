"""Renewal files that certbot stumbles over, or does not: one order at most, and shared keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world.clock import Clock
from world.site import STATE, Site, open_site

NAME = "www.example.com"
CONF = f"/etc/letsencrypt/renewal/{NAME}.conf"
LIVE, ARCHIVE = (f"/etc/letsencrypt/{place}/{NAME}" for place in ("live", "archive"))
WHOLE = """renew_hook = \'\'\'touch /ran
true\'\'\'
"""
DAMAGED = "renew_hook = true\nrenew_hook = true\n"
# certbot makes another lineage where it cannot read the one that is there
SPOILER = f"""#!/bin/sh
case "$*" in *certonly*) echo 'renew_hook = "never closed' >>{CONF} ;; esac
exec /usr/bin/certbot.real "$@"
"""


@pytest.fixture(scope="module", params=["apt", pytest.param("newest", marks=pytest.mark.slow)])
def machine(request: pytest.FixtureRequest) -> Iterator[Site]:
    with open_site(certbot=request.param) as site:
        site.want(NAME)
        site.world.run(["chown", "root:www-data", f"{ARCHIVE}/privkey1.pem", LIVE, ARCHIVE])
        site.world.run(["chmod", "640", f"{ARCHIVE}/privkey1.pem"])
        site.world.run(["chmod", "750", LIVE, ARCHIVE])
        yield site


def access(site: Site, *paths: str) -> list[str]:
    """Owner, group and mode of the files behind the paths."""
    return site.world.run(["stat", "-L", "-c", "%U:%G %a", *paths]).stdout.splitlines()


def expect_shared(site: Site) -> None:
    wanted = ["root:www-data 640", "root:www-data 750", "root:www-data 750"]
    assert access(site, f"{LIVE}/privkey.pem", LIVE, ARCHIVE) == wanted


def set_aside(site: Site) -> bool:
    return site.exists("/etc/letsencrypt/layer-lets-encrypt-aside")


def test_what_certbot_reads_is_renewed_in_place(machine: Site) -> None:
    text = machine.read(CONF).replace("[renewalparams]", "[renewalparams]  # what was asked")
    machine.world.write(CONF, text + WHOLE)
    old, before = machine.served(NAME), machine.counts()
    machine.hook()
    assert (machine.counts() - before).orders == 0
    machine.juju("run", "web/0", "lets-encrypt-renew", "force=true")
    assert (machine.counts() - before).orders == 1
    assert machine.served(NAME).serial != old.serial
    assert not set_aside(machine)
    expect_shared(machine)


def test_what_certbot_does_not_read_is_repaired_by_one_order_and_stays_shared(
    machine: Site,
) -> None:
    machine.world.write(CONF, machine.read(CONF) + DAMAGED)
    old, before = machine.served(NAME), machine.counts()
    for _ in range(3):
        machine.hook()
        machine.renew_by_cron()
    assert (machine.counts() - before).orders == 1
    assert machine.served(NAME).serial != old.serial
    assert machine.lineages() == [NAME]
    assert set_aside(machine)
    expect_shared(machine)
    assert machine.status() == ("active", "serving https")


def test_another_lineage_is_made_at_most_once_and_named_until_it_is_gone(machine: Site) -> None:
    site = machine
    binary = site.world.run(["sh", "-c", "command -v certbot"]).stdout.strip()
    site.world.run(["mv", "-f", binary, "/usr/bin/certbot.real"])
    site.world.write("/usr/bin/certbot", SPOILER)
    site.world.run(["chmod", "755", "/usr/bin/certbot"])
    old, before = site.served(NAME), site.counts()
    clock = Clock(site.world)
    clock.shift(days=61)
    for day in range(61, 64):
        clock.shift(days=day)
        site.renew_by_cron()
        site.hook()
        state, text = site.status()
        assert (state, f"{NAME}-0001" in text) == ("blocked", True), text
        assert text.count(NAME) >= 3
        assert f"certbot delete --cert-name {NAME}-0001" in text
        assert (site.counts() - before).orders == 1
    assert site.served(NAME).serial == old.serial, "what was good stays"
    assert site.lineages() == [NAME, f"{NAME}-0001"]
    assert not site.exists("/etc/cron.d/certbot"), "the package's own renewal stays off"
    site.world.run(["mv", "-f", "/usr/bin/certbot.real", "/usr/bin/certbot"])
    site.world.run(["certbot", "delete", "-n", "--cert-name", f"{NAME}-0001"])
    site.hook()
    clock.back()
    assert site.status() == ("active", "serving https")
    assert (site.counts() - before).orders == 2
    assert site.served(NAME).serial != old.serial
    assert site.lineages() == [NAME]
    assert '"stray"' not in site.read(f"{STATE}/history.json")
    expect_shared(site)
