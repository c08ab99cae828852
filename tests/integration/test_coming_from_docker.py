"""From docker-letsencrypt-dns: each row of the table in docs/migration.md, and what comes of it.

A setup as it is there, domains.conf and environment, is written down for this layer as the table
says, and set at once on a unit whose zones are at a PowerDNS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import yaml
from documents.markdown import table_rows
from world.acme_dns import AcmeAndPowerDns
from world.dns_servers import API_KEY
from world.site import CRON_FILE, UNIT, Site, open_site
from world.world import PROJECT

DOMAINS_CONF = """\
smtp.example.org imap.example.org
*.example.net autorestart-containers=dovecot
a.very.deep.name.example.net autocmd-containers=slapd:[reload]
"""
ENVIRONMENT = {
    "LETSENCRYPT_USER_MAIL": "admin@firm.example",
    "LEXICON_PROVIDER": "powerdns",
    "LEXICON_POWERDNS_TOKEN": API_KEY,
    "LEXICON_MAX_CHECKS": "3",
    "LEXICON_SLEEP_TIME": "40",
    "CERTS_DIRS_MODE": "0750",
    "CERTS_FILES_MODE": "0640",
    "CERTS_USER_OWNER": "root",
    "CERTS_GROUP_OWNER": "www-data",
    "CRON_TIME_STRING": "17 4,16 * * 1-6",
    "DEPLOY_HOOK": 'echo "$RENEWED_LINEAGE $RENEWED_DOMAINS" >>/root/deployed',
    "PFX_EXPORT_PASSPHRASE": "correct-horse-battery",
}
LEXICON_YML = "powerdns:\n  pdns_server: http://127.0.0.2:8081\nttl: 1\n"
MAIL, WILD, DEEP = "smtp.example.org", "example.net", "a.very.deep.name.example.net"
SERVICES = ("dovecot", "slapd")
SCRIPT = """#!/bin/sh
[ "$1" = status ] || echo "$1" >>/var/log/{name}.verbs
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The unit, with all that the table says set at once."""
    there = ENVIRONMENT
    first, *more = DOMAINS_CONF.splitlines()
    lines = "\n".join(more)
    with open_site(ca=AcmeAndPowerDns) as opened:
        for name in SERVICES:
            opened.world.write(f"/etc/init.d/{name}", SCRIPT.format(name=name), 0o755)
        opened.trust_the_ca()
        opened.config(
            "acme-certificates=" + lines.replace("autorestart-containers", "restart").replace(
                "autocmd-containers=slapd:[reload]", "reload=slapd"),
            fqdn=first,
            contact_email=there["LETSENCRYPT_USER_MAIL"],
            acme_challenge="dns",
            acme_dns_provider=there["LEXICON_PROVIDER"],
            acme_dns_credentials=f"auth_token: {there['LEXICON_POWERDNS_TOKEN']}",
            acme_dns_options=LEXICON_YML,
            acme_dns_propagation="120",  # 3 checks, 40 seconds apart
            acme_files_access="root:www-data 0640",
            acme_renew_schedule=there["CRON_TIME_STRING"],
            acme_deploy_command=f"sh -c '{there['DEPLOY_HOOK']}'",
            acme_formats="pfx",
            acme_pfx_passphrase=there["PFX_EXPORT_PASSPHRASE"],
        )  # fmt: skip
        ask_until_it_is_fine(opened)
        yield opened


def ask_until_it_is_fine(site: Site) -> None:
    """A name server that is slow today puts an order off; the action does not wait for it."""
    for _ in range(10):
        if site.status() == ("active", "serving https"):
            return
        print(site.status())
        site.juju("run", UNIT, "lets-encrypt-renew", check=False)
    raise AssertionError(site.status(), site.log()[-3000:])


def options() -> dict[str, dict[str, str]]:
    return yaml.safe_load((PROJECT / "config.yaml").read_text())["options"]


def access(site: Site, path: str) -> str:
    return site.world.run(["stat", "-L", "-c", "%U:%G %a", path]).stdout.strip()


def verbs(site: Site, name: str) -> list[str]:
    return site.read(f"/var/log/{name}.verbs").split()


def checked(site: Site, name: str) -> str:
    """What the action that publishes a test record tells."""
    return " ".join(site.juju("run", UNIT, "lets-encrypt-check", f"names={name}").split())


# What each row comes to


def first_line(site: Site) -> None:
    assert set(site.served(MAIL).names) == {MAIL, "imap.example.org"}


def more_lines(site: Site) -> None:
    assert site.lineages() == sorted([MAIL, WILD, DEEP])


def restarted(site: Site) -> None:
    assert verbs(site, "dovecot") == ["restart"]


def reloaded(site: Site) -> None:
    assert verbs(site, "slapd") == ["reload"]


def contact(site: Site) -> None:
    told = site.world.run(["cat", "/var/lib/layer-lets-encrypt/web-0/history.json"]).stdout
    assert ENVIRONMENT["LETSENCRYPT_USER_MAIL"] in told
    assert options()["contact-email"]["default"] is None


def account_that_is_there(site: Site) -> None:
    find = ["find", "/etc/letsencrypt/accounts", "-name", "regr.json"]
    before = site.world.run(find).stdout
    site.juju("run", UNIT, "lets-encrypt-renew", f"names={MAIL}", "force=true")
    assert site.world.run(find).stdout == before and len(before.split()) == 1


def staging(site: Site) -> None:
    assert "staging" in options()["acme-server"]["description"]
    words = "from layer_lets_encrypt.rules.request import SERVERS; print(SERVERS['staging'])"
    assert "acme-staging-v02.api.letsencrypt.org" in site.in_charm(words)


def no_such_option(word: str) -> Callable[[Site], None]:
    """Nothing of the kind can be set, and nothing claims so."""

    def look(site: Site) -> None:
        assert not [name for name in options() if word in name]
        said = site.juju("config", "web", f"{word}=1", check=False)
        assert "docker" not in said

    return look


def published(site: Site) -> None:
    """By this provider, with this token and address; and nothing is left there."""
    assert site.counts().failed_validations == 0
    told = checked(site, MAIL)
    assert "in zone example.org by powerdns" in told
    assert site.acme.txt() == []


def zone_is_found(site: Site) -> None:
    told = checked(site, DEEP)
    assert f"_acme-challenge.{DEEP} in zone example.net by powerdns" in told


def propagation(site: Site) -> None:
    settings = site.read("/var/lib/layer-lets-encrypt/web-0/dns.json")
    assert re.search(r'"propagation": 120\b', settings), settings


def files_access(site: Site) -> None:
    for path in ("live", f"live/{MAIL}", f"archive/{MAIL}"):
        assert access(site, f"/etc/letsencrypt/{path}") == "root:www-data 750"
    assert access(site, f"/etc/letsencrypt/live/{MAIL}/privkey.pem") == "root:www-data 640"


def schedule(site: Site) -> None:
    job = site.read(CRON_FILE).splitlines()[-1]
    assert job.startswith(f"{ENVIRONMENT['CRON_TIME_STRING']} root ")


def time_zone(site: Site) -> None:
    assert "TZ" not in site.read(CRON_FILE)


def deployed(site: Site) -> None:
    runs = [line.split() for line in site.read("/root/deployed").splitlines()]
    assert [f"/etc/letsencrypt/live/{MAIL}", MAIL, "imap.example.org"] in runs
    assert {run[0] for run in runs} == {f"/etc/letsencrypt/live/{name}"
                                        for name in (MAIL, WILD, DEEP)}  # fmt: skip


def pfx(site: Site) -> None:
    path = f"/etc/layer-lets-encrypt/web-0/certificates/{MAIL}/certificate.pfx"
    words = ["openssl", "pkcs12", "-in", path, "-nokeys", "-clcerts", "-passin", "env:PASS"]
    env = {"PASS": ENVIRONMENT["PFX_EXPORT_PASSPHRASE"]}
    assert "BEGIN CERTIFICATE" in site.world.run(words, env).stdout
    assert site.world.run(words, {"PASS": "another"}, check=False).returncode != 0


def volume(site: Site) -> None:
    """The folder comes from elsewhere, before fqdn is set: nothing is ordered."""
    kept, serial, counts = "/root/volume", site.served(MAIL).serial, site.counts()
    site.world.run(["cp", "-a", "/etc/letsencrypt", kept])
    site.config(fqdn="")
    state = "/var/lib/layer-lets-encrypt/web-0"
    site.world.run(["sh", "-c", f"rm -r /etc/letsencrypt {state}/*.json; mkdir /etc/letsencrypt; "
                    f"cp -a {kept}/. /etc/letsencrypt"])  # fmt: skip
    site.config(fqdn=f"{MAIL} imap.example.org")
    assert site.status() == ("active", "serving https"), site.status()
    assert (site.served(MAIL).serial, site.counts().orders) == (serial, counts.orders)


def removed(site: Site) -> None:
    site.config("--reset", "acme-certificates")
    assert DEEP in site.lineages(), "it is kept"
    assert "revokeCert" not in site.read("/var/log/world/pebble.log")
    assert site.status() == ("active", "serving https")


ROWS: dict[str, Callable[[Site], None]] = {
    "first line of `domains.conf`": first_line,
    "more lines": more_lines,
    "`autorestart-containers=`": restarted,
    "`autocmd-containers=`": reloaded,
    "`LETSENCRYPT_USER_MAIL`": contact,
    "`LETSENCRYPT_SKIP_REGISTER`": account_that_is_there,
    "`LETSENCRYPT_STAGING=true`": staging,
    "`LETSENCRYPT_ACME_V1`": no_such_option("v1"),
    "`LEXICON_PROVIDER`": published,
    "`LEXICON_<PROVIDER>_<OPTION>`, `LEXICON_PROVIDER_OPTIONS`": published,
    "`lexicon.yml`, `lexicon_<provider>.yml`": published,
    "`LEXICON_OPTIONS=--delegate ...`": zone_is_found,
    "`LEXICON_SLEEP_TIME`, `LEXICON_MAX_CHECKS`": propagation,
    "`CERTS_DIRS_MODE`, `CERTS_FILES_MODE`, `CERTS_USER_OWNER`, `CERTS_GROUP_OWNER`": files_access,
    "`CRON_TIME_STRING`": schedule,
    "`TZ`": time_zone,
    "`DEPLOY_HOOK`": deployed,
    "`PFX_EXPORT`, `PFX_EXPORT_PASSPHRASE`": pfx,
    "`DOCKER_CLUSTER_PROVIDER`": no_such_option("cluster"),
    "the volume `/etc/letsencrypt`": volume,
    "removing a line revokes the certificate": removed,
}


def test_each_row_of_the_table_is_here() -> None:
    text = (PROJECT / "docs" / "migration.md").read_text()
    section = text.split("## From docker-letsencrypt-dns")[1].split("\n## ")[0]
    _, _, *rows = table_rows(section)
    assert [row[0] for row in rows] == list(ROWS)


@pytest.mark.parametrize("setting", ROWS)
def test_the_setting_here_has_the_same_effect(site: Site, setting: str) -> None:
    ROWS[setting](site)


def test_lines_as_they_are_there_are_answered_with_what_to_write(site: Site) -> None:
    for number, line in enumerate(DOMAINS_CONF.splitlines()[1:]):
        site.config(f"acme-certificates={line}")
        state, text = site.status()
        assert state == "blocked", (number, text)
        assert text.startswith("TLS: acme-certificates line 1 has auto")
        assert "with a service of this unit" in text
    site.config("--reset", "acme-certificates")
