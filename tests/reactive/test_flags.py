"""Flags: what they promise, who sets and clears them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from world.lineages import lay_out
from world.site import STATE, Site

NAME = "www.example.com"
LETSENCRYPT = Path("/etc/letsencrypt")
PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"


def plant(site: Site, *names: str, server: str = PRODUCTION) -> None:
    """Put a lineage on the unit's disk, as an earlier order would have."""
    lay_out(site.world.path(LETSENCRYPT), names, LETSENCRYPT, server=server)


def registered(site: Site) -> bool:
    return "lets-encrypt.registered" in site.flags()


def test_what_is_on_disk_already_is_registered_without_an_order(site: Site) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    assert registered(site)
    assert site.status() == ("active", "serving https")
    assert site.counts().orders == 0


def test_registered_means_all_of_them(site: Site) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    site.request("other.example.com")
    assert not registered(site), "cleared at once"
    site.hook()
    assert not registered(site)
    plant(site, "other.example.com")
    site.hook()
    assert registered(site)
    assert set(site.ask("lets_encrypt.live_all()")) == {"other.example.com"}


def test_registered_is_cleared_when_the_disk_loses_what_it_promises(site: Site) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    for place in ("live", "archive"):
        shutil.rmtree(site.world.path(LETSENCRYPT / place / NAME))
    site.world.path(LETSENCRYPT / "renewal" / f"{NAME}.conf").unlink()
    site.hook()
    assert not registered(site)
    plant(site, NAME)
    site.hook()
    assert registered(site)


def test_a_consumer_that_clears_registered_gets_it_back_in_the_same_hook_or_the_next(
    site: Site,
) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    site.change("from charms.reactive import clear_flag; clear_flag('lets-encrypt.registered')")
    assert not registered(site)
    site.hook()
    assert registered(site)
    assert site.counts().orders == 0


def test_dh_parameters_that_were_lost_are_put_back(site: Site) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    before = site.read("/etc/letsencrypt/dhparam.pem")
    site.world.path("/etc/letsencrypt/dhparam.pem").unlink()
    site.hook()
    assert site.read("/etc/letsencrypt/dhparam.pem") == before
    assert registered(site)


def test_the_operators_own_dh_parameters_are_kept(site: Site) -> None:
    own = "-----BEGIN DH PARAMETERS-----\nMYOWN\n-----END DH PARAMETERS-----\n"
    site.world.write("/etc/letsencrypt/dhparam.pem", own)
    site.hook("upgrade-charm")
    assert site.read("/etc/letsencrypt/dhparam.pem") == own


def test_a_certificate_that_came_from_elsewhere_is_announced_and_loaded(site: Site) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    assert "lets-encrypt.renewed" not in site.flags(), "the first one is no renewal"
    served = serial(site)
    plant(site, NAME)
    site.hook()
    assert "lets-encrypt.renewed" in site.flags()
    assert serial(site) != served
    site.hook()
    assert "lets-encrypt.renewed" not in site.flags(), "it lasts for one hook"


def serial(site: Site) -> str:
    said = site.world.run(
        ["sh", "-c", f"openssl s_client -connect 127.0.0.1:443 -servername {NAME} </dev/null"
                     " 2>/dev/null | openssl x509 -noout -serial"]
    )  # fmt: skip
    return said.stdout


def test_a_disabled_unit_orders_nothing_and_says_nothing(site: Site) -> None:
    site.change("from charms.reactive import set_flag; set_flag('lets-encrypt.disable')")
    site.config(fqdn=NAME)
    assert site.status() == ("active", "serving http")
    assert "cannot be reached" not in site.log().split("set flag lets-encrypt.disable")[-1]
    site.change("from charms.reactive import clear_flag; clear_flag('lets-encrypt.disable')")
    site.hook()
    assert site.status()[0] == "waiting"


def test_a_request_to_renew_is_kept_while_renewing_is_disabled(site: Site) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    site.change(
        "from charms.reactive import set_flag; set_flag('lets-encrypt.renew.disable');"
        "set_flag('lets-encrypt.renew.requested')"
    )
    site.hook()
    assert "lets-encrypt.renew.requested" in site.flags()
    site.change("from charms.reactive import clear_flag; clear_flag('lets-encrypt.renew.disable')")
    site.hook()
    assert "lets-encrypt.renew.requested" not in site.flags()


def test_requests_are_kept_as_they_were_written(site: Site) -> None:
    plant(site, "tenant.example.com")
    site.request("Tenant.Example.com.")
    assert "lets-encrypt.certificate-requested" in site.flags()
    site.hook()
    live = site.ask("lets_encrypt.live_all()")
    assert list(live) == ["Tenant.Example.com."]
    paths = live["Tenant.Example.com."]
    assert paths["fullchain"] == "/etc/letsencrypt/live/tenant.example.com/fullchain.pem"
    assert paths["dhparam"] == "/etc/letsencrypt/dhparam.pem"
    site.request()
    assert "lets-encrypt.certificate-requested" not in site.flags()
    assert site.ask("lets_encrypt.live_all()") is None


@pytest.mark.parametrize("flag", ["lets-encrypt.disable", "lets-encrypt.renew.disable"])
def test_a_renewal_by_hand_fails_and_keeps_nothing_where_the_charm_forbids_it(
    site: Site, flag: str
) -> None:
    plant(site, NAME)
    site.config(fqdn=NAME)
    before = site.read(f"{STATE}/history.json")
    site.change(f"from charms.reactive import set_flag; set_flag('{flag}')")
    said = site.juju("run", "web/0", "lets-encrypt-renew", "force=true", check=False)
    assert flag in said
    assert "renewed" not in said.replace("nothing is renewed", "")
    assert site.read(f"{STATE}/history.json") == before
    assert not site.exists(f"{STATE}/renew-requested")
    assert "lets-encrypt.renew.requested" not in site.flags()


ASKS_AGAIN = f"""
from charms.layer import lets_encrypt
from charms.reactive import when

calls = []


@when("lets-encrypt.registered")
def ask_again():
    calls.append(1)
    assert len(calls) < 5, "the flag is cleared and set without an end"
    names = ["one.example.com", "{NAME}"][::(-1) ** len(calls)]
    lets_encrypt.set_requested_certificates([{{"fqdn": [name]}} for name in names])
"""


def test_the_same_list_again_in_a_handler_of_registered_changes_no_flag(site: Site) -> None:
    charm = "/var/lib/juju/agents/unit-web-0/charm"
    plant(site, NAME)
    plant(site, "one.example.com")
    site.world.write(f"{charm}/reactive/asks_again.py", ASKS_AGAIN)
    site.config(fqdn=NAME)
    assert registered(site)
    assert site.status() == ("active", "serving https")
    shutil.rmtree(site.world.path(LETSENCRYPT / "live" / "one.example.com"))
    site.hook()
    assert not registered(site), "what is not on disk is asked for"
    assert set(site.ask("lets_encrypt.live_all()")) == {NAME}


def test_the_same_list_again_is_asked_for_where_a_lineage_was_deleted(site: Site) -> None:
    plant(site, NAME)
    site.config(fqdn="")
    site.request(NAME)
    site.hook()
    assert registered(site)
    site.request(NAME)
    assert registered(site)
    shutil.rmtree(site.world.path(LETSENCRYPT / "live" / NAME))
    site.request(NAME)
    assert not registered(site), "at once"
