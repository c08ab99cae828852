"""Statuses: said while their cause lasts, and the charm's own given back afterwards."""

from __future__ import annotations

import pytest
from world.site import UNIT, Site

NAME = "www.example.com"
KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


def say(site: Site, state: str, text: str) -> None:
    """Have the charm set its status."""
    site.juju("exec", "--unit", UNIT, "--", f"status-set {state} '{text}'")


def test_nothing_is_said_where_nothing_is_wanted(site: Site) -> None:
    say(site, "active", "as the charm says")
    site.hook()
    assert site.status() == ("active", "as the charm says")


def test_a_status_is_said_again_in_each_hook_and_then_given_back(site: Site) -> None:
    say(site, "active", "as the charm says")
    site.config(fqdn="com")
    for _ in range(3):
        assert site.status()[0] == "blocked"
        say(site, "active", "a charm that says so in every hook")
        site.hook()
    site.config(fqdn="")
    assert site.status() == ("active", "serving http"), "the charm has spoken since"


def test_the_charms_own_words_come_back(site: Site) -> None:
    site.config(fqdn=NAME)
    say(site, "active", "words of the charm")
    site.config(contact_email="nonsense")
    assert site.status()[0] == "blocked"
    site.change("from charms.reactive import set_flag; set_flag('lets-encrypt.disable')")
    site.config(contact_email="")
    assert site.status() == ("active", "words of the charm")


def test_a_charm_that_is_blocked_itself_is_not_talked_over_by_a_mere_wait(site: Site) -> None:
    say(site, "blocked", "no database")
    site.config(fqdn=NAME)
    assert site.status() == ("blocked", "no database")
    say(site, "active", "ready")
    site.hook()
    assert site.status()[0] == "waiting"
    assert "cannot be reached" in site.status()[1]


def test_two_requests_for_one_lineage_are_both_named(site: Site) -> None:
    site.config(fqdn=NAME)
    site.change(
        "from charms.layer import lets_encrypt;"
        f"lets_encrypt.set_requested_certificates([{{'fqdn': ['{NAME}', 'b.example.com']}}])"
    )
    site.hook()
    state, text = site.status()
    assert state == "blocked"
    assert "the option fqdn and certificate request 1" in text


def test_one_lineage_with_two_key_types_is_blocked_and_both_requests_are_named(
    site: Site,
) -> None:
    site.config(fqdn=NAME)
    site.change(
        "from charms.layer import lets_encrypt;"
        f"lets_encrypt.set_requested_certificates([{{'fqdn': ['{NAME}'], 'key-type': 'rsa'}}])"
    )
    site.hook()
    state, text = site.status()
    assert state == "blocked"
    assert "the option fqdn and certificate request 1 want it with different key types" in text


def test_closed_ports_are_waited_for(site: Site) -> None:
    site.juju("exec", "--unit", UNIT, "--", "close-port 80")
    site.config(fqdn=NAME)
    state, text = site.status()
    assert (state, "port 80 is not open yet" in text) == ("waiting", True)
    site.juju("exec", "--unit", UNIT, "--", "close-port 443")
    site.juju("exec", "--unit", UNIT, "--", "open-port 80-443")
    site.hook()
    assert "cannot be reached" in site.status()[1], "a range holds the port as well"
    site.juju("exec", "--unit", UNIT, "--", "close-port 80-443")
    site.juju("exec", "--unit", UNIT, "--", "open-port 80; open-port 443")


@pytest.mark.parametrize(
    ("half", "said"),
    [("kid=kid-1", "has no key (hmac)"), (f"hmac={KEY}", "has no key identifier (kid)")],
)
def test_half_a_binding_in_a_secret_is_blocked_as_soon_as_it_is_set(
    site: Site, half: str, said: str
) -> None:
    secret = site.juju("add-secret", "eab", half).strip()
    site.juju("grant-secret", "eab", "web")
    site.config(acme_eab=secret)
    for _ in range(2):
        state, text = site.status()
        assert (state, f"'acme-eab' {said}; " in text) == ("blocked", True), text
        assert "KID:HMAC" in text and KEY not in text
        site.hook()
    site.juju("update-secret", "eab", "kid=kid-1", f"hmac={KEY}")
    assert "acme-eab" not in site.status()[1]
    site.juju("update-secret", "eab", half)
    assert said in site.status()[1], "a secret can become half a binding, too"
    site.config("--reset", "acme-eab")
    assert "acme-eab" not in site.status()[1]
