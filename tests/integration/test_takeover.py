"""An upgrade in place from the older layer of this name: nothing is ordered, nothing is lost."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator

import pytest
from world.clock import Clock
from world.site import CRON_FILE, STATE, Site, open_site
from world.world import PROJECT

RECORDED = PROJECT / "tests" / "data" / "old-layer"
CHARM = "/var/lib/juju/agents/unit-web-0/charm"
NAME = "www.example.com"
TENANT = ("tenant.example.com", "shop.example.com")
CONTACT = "admin@firm.example"
JOB = (RECORDED / "crontab").read_text().strip()
OTHER_JOB = JOB.replace("unit-web-0", "unit-blog-0")
OPERATORS_JOB = "@daily /usr/local/bin/backup"


def certonly(site: Site, *names: str) -> None:
    """Order as the older layer did: with the service stopped, by certbot's own settings."""
    site.world.run(["service", "nginx", "stop"])
    command = ["letsencrypt", "certonly", "--standalone", "--agree-tos", "--non-interactive"]
    for name in names:
        command += ["-d", name]
    command += ["--email", CONTACT, "--server", site.acme.directory]
    site.world.run(command, {"REQUESTS_CA_BUNDLE": site.acme.ca_path})
    site.world.run(["service", "nginx", "start"])


def put_in_place(site: Site) -> None:
    """Give the unit the state that the older layer's unit had, and nothing of this layer's."""
    site.world.run(["rm", "-r", CRON_FILE, STATE])
    for name in (".unit-state.db", ".juju-persistent-config"):
        shutil.copyfile(RECORDED / name, site.world.path(f"{CHARM}/{name}"))
    site.world.run(["crontab", "-"], input=f"{OTHER_JOB}\n{JOB}\n{OPERATORS_JOB}\n")
    dhparam = PROJECT / "files" / "lets-encrypt" / "dhparam.pem"
    site.world.write("/etc/letsencrypt/dhparam.pem", dhparam.read_text())


def kept(site: Site, prefix: str) -> dict[str, object]:
    """What the unit's database holds under keys with this prefix."""
    copy = PROJECT / "build" / "taken-over.db"
    shutil.copyfile(site.world.path(f"{CHARM}/.unit-state.db"), copy)
    with contextlib.closing(sqlite3.connect(copy)) as database:
        rows = database.execute("select key, data from kv where key like ?", (prefix + "%",))
        return {key: json.loads(data) for key, data in rows}


def recorded_flags() -> set[str]:
    source = f"file:{RECORDED}/.unit-state.db?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(source, uri=True)) as known:
        rows = known.execute("select key from kv where key like 'reactive.states.%'")
        return {key.replace("reactive.states.", "") for (key,) in rows}


@pytest.fixture(scope="module")
def taken_over() -> Iterator[Site]:
    """The example's unit, with the older layer's state in the place of its own, and upgraded."""
    with open_site() as site:
        site.trust_the_ca()
        certonly(site, NAME)
        certonly(site, *TENANT)
        site.config(fqdn=NAME, contact_email=CONTACT)
        put_in_place(site)
        site.pid, site.before = site.nginx_pid(), site.counts()  # type: ignore[attr-defined]
        site.juju("refresh", "web", "--path", site.charm)
        site.hook()
        yield site


def test_the_record_is_that_of_the_older_layer() -> None:
    assert recorded_flags() == {
        "apt.installed.letsencrypt", "lets-encrypt.certificate-requested",
        "lets-encrypt.registered", "web.site-written",
    }  # fmt: skip
    assert f'export CHARM_DIR="{CHARM}"' in JOB
    assert "set_state lets-encrypt.renew.requested # Renew Let's Encrypt" in JOB


def test_nothing_is_ordered_and_no_service_stopped(taken_over: Site) -> None:
    assert taken_over.counts() == taken_over.before  # type: ignore[attr-defined]
    assert taken_over.nginx_pid() == taken_over.pid  # type: ignore[attr-defined]
    assert taken_over.lineages() == sorted([NAME, TENANT[0]])
    assert taken_over.status() == ("active", "serving https")


def test_flags_and_keys_are_kept(taken_over: Site) -> None:
    assert recorded_flags() <= taken_over.flags()
    requests = kept(taken_over, "certificate.requests")["certificate.requests"]
    assert requests == [{"fqdn": list(TENANT), "contact-email": CONTACT}]


def test_the_paths_are_the_same(taken_over: Site) -> None:
    live = {part: f"/etc/letsencrypt/live/{NAME}/{part}.pem"
            for part in ("privkey", "fullchain", "cert", "chain")}  # fmt: skip
    assert taken_over.live() == {**live, "dhparam": "/etc/letsencrypt/dhparam.pem"}
    assert list(taken_over.ask("lets_encrypt.live_all()")) == [TENANT[0]]
    assert taken_over.served(NAME).names == (NAME,)


def test_the_old_job_goes_and_every_other_one_stays(taken_over: Site) -> None:
    left = taken_over.world.run(["crontab", "-l"]).stdout.splitlines()
    assert left == [OTHER_JOB, OPERATORS_JOB]
    assert taken_over.exists(CRON_FILE)


def test_renewals_work_from_now_on(taken_over: Site) -> None:
    site = taken_over
    before, served = site.counts(), site.served(NAME).serial
    clock = Clock(site.world)
    clock.shift(days=61)
    site.renew_by_cron()
    clock.back()
    change = site.counts() - before
    assert (change.orders, change.issued, change.accounts_created) == (2, 2, 0)
    assert site.served(NAME).serial != served
    assert site.lineages() == sorted([NAME, TENANT[0]])
    assert site.status() == ("active", "serving https")
