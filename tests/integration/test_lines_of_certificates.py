"""acme-certificates on a unit: lines come, grow, go and are wrong, and each keeps to itself."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from world.site import Site, open_site

SERVICES = ("postfix", "dovecot", "slapd")
SCRIPT = """#!/bin/sh
[ "$1" = status ] || echo "$1" >>/var/log/{name}.verbs
"""
WEB = "www.example.com"
MAIL = "smtp.example.com imap.example.com reload=postfix,dovecot\n"
LDAP = "ldap.example.com key-type=rsa restart=slapd reload=slapd,nginx\n"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site() as opened:
        for name in SERVICES:
            opened.world.write(f"/etc/init.d/{name}", SCRIPT.format(name=name), 0o755)
        opened.want(WEB, acme_preflight="false")
        yield opened


def verbs(site: Site, name: str) -> list[str]:
    """What the service was asked for since the last look."""
    path = f"/var/log/{name}.verbs"
    found = site.read(path).split() if site.exists(path) else []
    site.world.write(path, "")
    return found


def asked(site: Site) -> dict[str, list[str]]:
    return {name: found for name in SERVICES for found in [verbs(site, name)] if found}


def test_each_line_gets_its_certificate_and_its_services_load_it(site: Site) -> None:
    site.config("acme-certificates=" + "# mail\n" + MAIL + LDAP)
    assert site.lineages() == sorted([WEB, "smtp.example.com", "ldap.example.com"])
    assert asked(site) == {"postfix": ["reload"], "dovecot": ["reload"], "slapd": ["restart"]}
    assert site.status() == ("active", "serving https")
    key = site.world.run(["cat", "/etc/letsencrypt/live/ldap.example.com/privkey.pem"]).stdout
    size = subprocess.run(["openssl", "rsa", "-noout", "-text"], input=key, capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    assert "2048 bit" in size


def test_nothing_happens_as_long_as_nothing_changes(site: Site) -> None:
    before = site.counts()
    for _ in range(2):
        site.hook()
        site.renew_by_cron()
    assert site.counts() == before
    assert asked(site) == {}


def test_the_order_of_the_names_after_the_first_is_of_no_matter(site: Site) -> None:
    before = site.counts()
    site.config("acme-certificates=" + MAIL.replace("imap", "pop.example.com imap") + LDAP)
    grown = site.counts()
    assert grown.orders == before.orders + 1
    assert asked(site) == {"postfix": ["reload"], "dovecot": ["reload"]}, "slapd is left alone"
    line = "smtp.example.com,imap.example.com pop.example.com reload=postfix,dovecot\n"
    site.config("acme-certificates=" + line + LDAP)
    assert site.counts() == grown
    assert site.lineages() == sorted([WEB, "smtp.example.com", "ldap.example.com"])
    assert asked(site) == {}


def test_a_setting_that_is_added_restarts_nothing(site: Site) -> None:
    site.config("acme-certificates=" + MAIL.replace("imap", "imap.example.com pop")[:-1]
                + " restart=slapd\n" + LDAP)  # fmt: skip
    assert asked(site) == {}


def test_a_line_that_is_wrong_keeps_no_other_from_its_certificate(site: Site) -> None:
    text = MAIL + "www.example.org relaod=postfix\nxmpp.example.com\nftp.example.com key-type=x\n"
    site.config("acme-certificates=" + text)
    assert "xmpp.example.com" in site.lineages()
    severity, line = site.status()
    assert severity == "blocked"
    assert line.startswith("TLS: acme-certificates line 2 has the unknown setting 'relaod'; ")
    assert "write reload= (and 1 more)" in line
    assert "lets-encrypt.registered" in site.flags(), "the charm's own certificate is there"
    assert site.served(WEB).names == (WEB,)


def test_a_service_that_is_not_there_is_told_and_tried_again(site: Site) -> None:
    asked(site)
    site.config("acme-certificates=chat.example.com reload=postfx,postfix\n")
    severity, line = site.status()
    assert (severity, "line 1 names 'postfx', which is not a service" in line) == ("blocked", True)
    assert asked(site) == {"postfix": ["reload"]}
    site.hook()
    assert asked(site) == {}, "not before the next attempt"
    site.config("acme-certificates=chat.example.com reload=postfix\n")
    assert site.status() == ("active", "serving https")


def test_a_line_that_is_removed_leaves_its_certificate_and_no_complaint(site: Site) -> None:
    before = site.counts()
    site.config("--reset", "acme-certificates")
    assert site.status() == ("active", "serving https")
    assert site.counts() == before
    assert "chat.example.com" in site.lineages(), "it is kept for 30 days"
    assert "lets-encrypt.registered" in site.flags()


def test_an_action_says_why_no_certificate_is_wanted(site: Site) -> None:
    site.config("fqdn=", "acme-certificates=www.example.org relaod=postfix\n")
    said = site.juju("run", "web/0", "lets-encrypt-renew", check=False)
    assert "acme-certificates line 1 has the unknown setting 'relaod'; write reload=" in said
    site.config("--reset", "acme-certificates,fqdn")
    said = site.juju("run", "web/0", "lets-encrypt-renew", check=False)
    assert "no certificate is wanted; set the option fqdn or acme-certificates" in said
