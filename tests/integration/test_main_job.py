"""The main job: a name in, a certificate out, served and renewed."""

from __future__ import annotations

import json

import pytest
from world.clock import Clock
from world.site import CRON_FILE, STATE, UNIT, Site

NAME = "www.example.com"


@pytest.mark.parametrize("site_with_each_certbot", ["apt", "newest"], indirect=True)
def test_a_name_is_all_that_an_operator_gives(
    site_with_each_certbot: Site,
) -> None:
    site = site_with_each_certbot
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
    assert (site.counts().orders, site.counts().failed_validations) == (1, 0)
    log = site.log()
    assert "Successfully received certificate" in log
    for misleading in ("scheduled task", "Donating", "NEXT STEPS"):
        assert misleading not in log

    pid = site.nginx_pid()
    for _ in range(2):
        site.hook()
        site.renew_by_cron()
    assert (site.counts().orders, site.nginx_pid()) == (1, pid)

    Clock(site.world).shift(days=61)
    site.hook()
    assert site.counts().orders == 1, "an ordinary hook renews nothing that is still valid"
    site.renew_by_cron()
    renewed = site.served(NAME)
    assert site.counts().orders == 2
    assert renewed.serial != served.serial
    assert "lets-encrypt.renewed" in site.flags()
    assert site.status() == ("active", "serving https")
    assert not site.exists(f"{STATE}/renew-requested")
    assert not site.exists(f"{STATE}/journal.json")
    assert site.lineages() == [NAME]
    assert "lets-encrypt.renewed" not in flags_after_a_hook(site)


def flags_after_a_hook(site: Site) -> set[str]:
    site.hook()
    return site.flags()


def test_a_changed_contact_updates_the_account_once_and_orders_nothing(
    site_with_each_certbot: Site,
) -> None:
    site = site_with_each_certbot
    site.want(NAME)
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


def test_another_name_and_another_list_of_names(site: Site) -> None:
    site.want(f"{NAME}, example.com")
    assert set(site.served(NAME).names) == {NAME, "example.com"}
    site.config(fqdn=NAME)
    assert site.served(NAME).names == (NAME,)
    assert site.lineages() == [NAME]
    site.config(fqdn="other.example.com")
    assert site.served("other.example.com").names == ("other.example.com",)
    assert site.lineages() == ["other.example.com", NAME]
    assert site.counts().orders == 3


def test_unset_means_nothing_wanted_and_nothing_said(site: Site) -> None:
    site.want(NAME)
    site.config(fqdn="")
    assert "lets-encrypt.registered" not in site.flags()
    assert site.live() is None
    assert site.status() == ("active", "serving http")
    site.juju("config", "web", "--reset", "fqdn")
    assert site.status() == ("active", "serving http")
    site.config(fqdn=NAME)
    assert site.status() == ("active", "serving https")
    assert site.counts().orders == 1, "the certificate was still there"


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


def test_an_upgrade_keeps_the_schedule_and_orders_nothing(site: Site) -> None:
    site.want(NAME)
    schedule, dhparam = site.read(CRON_FILE), site.read("/etc/letsencrypt/dhparam.pem")
    site.world.path(CRON_FILE).unlink()
    site.world.path(CRON_FILE).write_text(schedule.replace(" * * * root", " * * 1 root"))
    site.world.path("/etc/letsencrypt/dhparam.pem").unlink()
    site.juju("refresh", "web", "--path", site.charm)
    assert site.read(CRON_FILE) == schedule.replace(" * * * root", " * * 1 root")
    assert site.read("/etc/letsencrypt/dhparam.pem") == dhparam
    assert site.status() == ("active", "serving https")
    assert site.counts().orders == 1
