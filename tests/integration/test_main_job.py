"""The main job: a name in, a certificate out, served and renewed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from world.clock import Clock
from world.site import CRON_FILE, STATE, UNIT, Site, open_site

NAME = "www.example.com"
WITH_APT = pytest.mark.parametrize("running", ["apt"], indirect=True)
WITH_BOTH = pytest.mark.parametrize("running", ["apt", "newest"], indirect=True)
WITH_EACH = pytest.mark.parametrize(
    "running", ["apt", pytest.param("newest", marks=pytest.mark.slow)], indirect=True
)


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site with one of the certbots, for tests that want a name of their own."""
    with open_site(certbot=request.param) as opened:
        yield opened


def lineages(site: Site, domain: str) -> list[str]:
    return [name for name in site.lineages() if domain in name]


@WITH_BOTH
def test_a_name_is_all_that_an_operator_gives(running: Site) -> None:
    site = running
    site.config(fqdn="")
    before = site.counts()
    assert site.status() == ("active", "serving http")
    assert site.live() is None
    assert site.juju("exec", "--unit", UNIT, "--", "opened-ports").split() == ["80/tcp", "443/tcp"]

    site.want("WWW.Example.com. ")
    served = site.served(NAME)
    assert served.names == (NAME,)
    assert site.status() == ("active", "serving https")
    assert site.live() == {
        **{part: f"/etc/letsencrypt/live/{NAME}/{part}.pem"
           for part in ("privkey", "fullchain", "cert", "chain")},
        "dhparam": "/etc/letsencrypt/dhparam.pem",
    }  # fmt: skip
    assert "lets-encrypt.registered" in site.flags()
    change = site.counts() - before
    assert (change.orders, change.failed_validations) == (1, 0)
    log = site.log()
    assert "Successfully received certificate" in log
    for misleading in ("scheduled task", "Donating", "NEXT STEPS"):
        assert misleading not in log

    pid = site.nginx_pid()
    for _ in range(2):
        site.hook()
        site.renew_by_cron()
    assert ((site.counts() - before).orders, site.nginx_pid()) == (1, pid)

    clock = Clock(site.world)
    clock.shift(days=61)
    site.hook()
    made = (site.counts() - before).orders
    assert made == 1, "an ordinary hook renews nothing that is still valid"
    site.renew_by_cron()
    renewed = site.served(NAME)
    assert (site.counts() - before).orders == 2
    assert renewed.serial != served.serial
    assert "lets-encrypt.renewed" in site.flags()
    assert site.status() == ("active", "serving https")
    assert not site.exists(f"{STATE}/renew-requested")
    assert not site.exists(f"{STATE}/journal.json")
    assert lineages(site, NAME) == [NAME]
    site.hook()
    assert "lets-encrypt.renewed" not in site.flags()
    clock.back()


@WITH_EACH
def test_a_changed_contact_updates_the_account_once_and_orders_nothing(running: Site) -> None:
    site = running
    site.want("contact.example.com")
    for contact in ("first@firm.example", "second@firm.example", ""):
        before = site.counts()
        site.config(contact_email=contact)
        site.hook()
        change = site.counts() - before
        assert (change.orders, change.accounts_created, change.accounts_updated) == (0, 0, 1)
        assert json.loads(site.read(f"{STATE}/history.json"))["contacts"] == {
            site.acme.directory: contact
        }
    assert site.status() == ("active", "serving https")


@WITH_APT
def test_another_name_and_another_list_of_names(running: Site) -> None:
    site, domain, before = running, "list.example.com", running.counts()
    first, other = f"www.{domain}", f"other.{domain}"
    site.want(f"{first}, {domain}")
    assert set(site.served(first).names) == {first, domain}
    site.config(fqdn=first)
    assert site.served(first).names == (first,)
    assert lineages(site, domain) == [first]
    site.config(fqdn=other)
    assert site.served(other).names == (other,)
    assert lineages(site, domain) == [other, first]
    assert (site.counts() - before).orders == 3


@WITH_APT
def test_unset_means_nothing_wanted_and_nothing_said(running: Site) -> None:
    site, name, before = running, "unset.example.com", running.counts()
    site.want(name)
    site.config(fqdn="")
    assert "lets-encrypt.registered" not in site.flags()
    assert site.live() is None
    assert site.status() == ("active", "serving http")
    site.juju("config", "web", "--reset", "fqdn")
    assert site.status() == ("active", "serving http")
    site.config(fqdn=name)
    assert site.status() == ("active", "serving https")
    assert (site.counts() - before).orders == 1, "the certificate was still there"


@WITH_APT
def test_an_upgrade_keeps_the_schedule_and_orders_nothing(running: Site) -> None:
    site = running
    site.want("upgrade.example.com")
    orders = site.counts().orders
    schedule, dhparam = site.read(CRON_FILE), site.read("/etc/letsencrypt/dhparam.pem")
    changed = schedule.replace(" * * * root", " * * 1 root")
    assert changed != schedule
    site.world.path(CRON_FILE).unlink()
    site.world.path(CRON_FILE).write_text(changed)
    site.world.path("/etc/letsencrypt/dhparam.pem").unlink()
    site.juju("refresh", "web", "--path", site.charm)
    assert site.read(CRON_FILE) == changed
    assert site.read("/etc/letsencrypt/dhparam.pem") == dhparam
    assert site.status() == ("active", "serving https")
    assert site.counts().orders == orders
    site.world.write(CRON_FILE, schedule)


def test_a_certificate_wanted_at_deployment_waits_for_the_ports(site: Site) -> None:
    site.juju("remove-application", "web")
    site.juju(
        "deploy", site.charm, "web",
        "--config", f"fqdn={NAME}", "--config", f"acme-server={site.acme.directory}",
        "--config", f"acme-ca-certificates={site.acme.ca_certificates}",
    )  # fmt: skip
    assert site.served(NAME).names == (NAME,)
    assert "port 80 is not open yet" in site.log()
    assert site.counts().failed_validations == 0


def test_stop_takes_away_what_install_brought(site: Site) -> None:
    site.want(NAME)
    assert site.exists(CRON_FILE)
    site.juju("remove-unit", "web/0")
    assert not site.exists(CRON_FILE)
    assert not site.exists(f"{STATE}/renew")
    assert site.exists(f"/etc/letsencrypt/live/{NAME}/fullchain.pem")
