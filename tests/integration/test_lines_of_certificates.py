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
SETTLED = "settled.example.com"
NOT_A_SETTING = "www.example.org relaod=postfix\n"


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    with open_site() as opened:
        for name in SERVICES:
            opened.world.write(f"/etc/init.d/{name}", SCRIPT.format(name=name), 0o755)
        yield opened


@pytest.fixture
def site(shared: Site) -> Site:
    """The unit has the charm's own certificate, and no line."""
    shared.want(WEB, acme_preflight="false", acme_certificates="")
    assert shared.status() == ("active", "serving https")
    asked(shared)
    return shared


def mail(domain: str) -> str:
    return f"smtp.{domain} imap.{domain} reload=postfix,dovecot\n"


def ldap(domain: str) -> str:
    return f"ldap.{domain} key-type=rsa restart=slapd reload=slapd,nginx\n"


def write(site: Site, *lines: str) -> None:
    site.config("acme-certificates=" + "".join(lines))


def settle(site: Site) -> None:
    """Have two lines, whose certificates are there and loaded."""
    write(site, mail(SETTLED), ldap(SETTLED))
    assert lineages(site, SETTLED) == [f"ldap.{SETTLED}", f"smtp.{SETTLED}"]
    asked(site)


def lineages(site: Site, domain: str) -> list[str]:
    return [name for name in site.lineages() if name.endswith(f".{domain}")]


def verbs(site: Site, name: str) -> list[str]:
    """What the service was asked for since the last look."""
    path = f"/var/log/{name}.verbs"
    found = site.read(path).split() if site.exists(path) else []
    site.world.write(path, "")
    return found


def asked(site: Site) -> dict[str, list[str]]:
    return {name: found for name in SERVICES for found in [verbs(site, name)] if found}


def test_each_line_gets_its_certificate_and_its_services_load_it(site: Site) -> None:
    write(site, "# mail\n", mail("each.example.com"), ldap("each.example.com"))
    assert lineages(site, "each.example.com") == ["ldap.each.example.com", "smtp.each.example.com"]
    assert asked(site) == {"postfix": ["reload"], "dovecot": ["reload"], "slapd": ["restart"]}
    assert site.status() == ("active", "serving https")
    key = site.world.run(["cat", "/etc/letsencrypt/live/ldap.each.example.com/privkey.pem"]).stdout
    size = subprocess.run(["openssl", "rsa", "-noout", "-text"], input=key, capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    assert "2048 bit" in size


def test_nothing_happens_as_long_as_nothing_changes(site: Site) -> None:
    settle(site)
    before = site.counts()
    for _ in range(2):
        site.hook()
        site.renew_by_cron()
    assert site.counts() == before
    assert asked(site) == {}


def test_the_order_of_the_names_after_the_first_is_of_no_matter(site: Site) -> None:
    domain = "order.example.com"
    write(site, mail(domain), ldap(domain))
    before = site.counts()
    assert asked(site) != {}
    write(site, mail(domain).replace("imap", f"pop.{domain} imap"), ldap(domain))
    grown = site.counts()
    assert grown.orders == before.orders + 1
    assert asked(site) == {"postfix": ["reload"], "dovecot": ["reload"]}, "slapd is left alone"
    line = f"smtp.{domain},imap.{domain} pop.{domain} reload=postfix,dovecot\n"
    write(site, line, ldap(domain))
    assert site.counts() == grown
    assert lineages(site, domain) == [f"ldap.{domain}", f"smtp.{domain}"]
    assert asked(site) == {}


def test_a_setting_that_is_added_restarts_nothing(site: Site) -> None:
    settle(site)
    write(site, mail(SETTLED).replace("\n", " restart=slapd\n"), ldap(SETTLED))
    assert asked(site) == {}


def test_a_line_that_is_wrong_keeps_no_other_from_its_certificate(site: Site) -> None:
    others = "xmpp.wrong.example.com\nftp.example.com key-type=x\n"
    write(site, mail(SETTLED), NOT_A_SETTING, others)
    assert "xmpp.wrong.example.com" in site.lineages()
    severity, line = site.status()
    assert severity == "blocked"
    assert line.startswith("TLS: acme-certificates line 2 has the unknown setting 'relaod'; ")
    assert "write reload= (and 1 more)" in line
    assert "lets-encrypt.registered" in site.flags(), "the charm's own certificate is there"
    assert site.served(WEB).names == (WEB,)


def test_a_service_that_is_not_there_is_told_and_tried_again(site: Site) -> None:
    write(site, "chat.example.com reload=postfx,postfix\n")
    severity, line = site.status()
    assert (severity, "line 1 names 'postfx', which is not a service" in line) == ("blocked", True)
    assert asked(site) == {"postfix": ["reload"]}
    site.hook()
    assert asked(site) == {}, "not before the next attempt"
    write(site, "chat.example.com reload=postfix\n")
    assert site.status() == ("active", "serving https")


def test_a_line_that_is_removed_leaves_its_certificate_and_no_complaint(site: Site) -> None:
    write(site, "talk.example.com reload=postfx\n")
    assert site.status()[0] == "blocked"
    before = site.counts()
    site.config("--reset", "acme-certificates")
    assert site.status() == ("active", "serving https")
    assert site.counts() == before
    assert "talk.example.com" in site.lineages(), "it is kept for 30 days"
    assert "lets-encrypt.registered" in site.flags()


def test_an_action_says_why_no_certificate_is_wanted(site: Site) -> None:
    site.config("fqdn=", f"acme-certificates={NOT_A_SETTING}")
    said = site.juju("run", "web/0", "lets-encrypt-renew", check=False)
    assert "acme-certificates line 1 has the unknown setting 'relaod'; write reload=" in said
    site.config("--reset", "acme-certificates,fqdn")
    said = site.juju("run", "web/0", "lets-encrypt-renew", check=False)
    assert "no certificate is wanted; set the option fqdn or acme-certificates" in said
