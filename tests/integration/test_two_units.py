"""Two charms with this layer on one machine: a web site, and a mail server without nginx.

Juju lets one of them at a time open port 80, so that is what an operator moves between them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from charmbuild import build
from consumers import CHARMS, trust
from world.site import CRON_FILE, STATE, Site, open_site

WEB, MAIL = "web/0", "mail/0"
MAIL_CRON_FILE = CRON_FILE.replace("web", "mail")
MAIL_STATE = STATE.replace("web", "mail")
WEB_NAME, MAIL_NAME = "www.example.com", "mail.example.com"


def give_port_80_to(site: Site, unit: str) -> None:
    """Let this unit have the port that Juju opens for one unit of a machine only."""
    other = MAIL if unit == WEB else WEB
    site.juju("exec", "--unit", other, "--", "close-port 80; close-port 443")
    site.juju("exec", "--unit", unit, "--", "open-port 80; open-port 443")


def hooks(site: Site) -> None:
    """One ordinary hook in each unit."""
    for unit in (WEB, MAIL):
        site.juju("hook", unit, "update-status")


def mail_config(site: Site, **options: str) -> None:
    site.juju("config", "mail", *(f"{key}={value}" for key, value in options.items()))


def history(site: Site, state: str) -> dict:
    return json.loads(site.read(f"{state}/history.json"))


@pytest.fixture(scope="module")
def machine() -> Iterator[Site]:
    """Both deployed, each with a certificate of its own."""
    with open_site() as site:
        site.want(WEB_NAME)
        pairs = [word for setting in trust(site.acme) for word in ("--config", setting)]
        site.juju("deploy", build(CHARMS / "mail"), "mail", *pairs)
        give_port_80_to(site, MAIL)
        site.world.run(["service", "nginx", "stop"])
        mail_config(site, fqdn=MAIL_NAME)
        site.world.run(["service", "nginx", "start"])
        give_port_80_to(site, WEB)
        hooks(site)
        yield site


def test_files_and_state_do_not_collide(machine: Site) -> None:
    assert machine.counts().orders == 2
    assert machine.status(WEB) == ("active", "serving https")
    assert machine.status(MAIL) == ("active", "encrypted")
    assert machine.lineages() == [MAIL_NAME, WEB_NAME]
    assert WEB in machine.read(CRON_FILE) and MAIL in machine.read(MAIL_CRON_FILE)
    assert list(history(machine, STATE)["records"]) == [WEB_NAME]
    assert list(history(machine, MAIL_STATE)["records"]) == [MAIL_NAME]
    accounts = "/etc/letsencrypt/accounts/127.0.0.1:14000/dir"
    assert len(machine.world.run(["ls", accounts]).stdout.split()) == 1, "they share the account"


def test_no_longer_one_cron_job_for_all_units(machine: Site) -> None:
    """The second unit's installation takes nothing away from the first."""
    jobs = machine.world.run(["ls", "/etc/cron.d"]).stdout.split()
    assert {"layer-lets-encrypt-web-0", "layer-lets-encrypt-mail-0"} <= set(jobs)


def test_both_may_run_at_the_same_time(machine: Site) -> None:
    """Each unit's cron script takes a lock of its own, and certbot's is waited for."""
    before = machine.counts()
    scripts = [machine.world.popen(["/bin/sh", "-c", f"{state}/renew"])
               for state in (STATE, MAIL_STATE)]  # fmt: skip
    assert [script.wait(timeout=60) for script in scripts] == [0, 0]
    machine.juju("settle")
    assert (machine.counts() - before).orders == 0
    for state in (STATE, MAIL_STATE):
        assert not machine.exists(f"{state}/renew-requested")


def test_the_same_first_name_for_other_names_is_blocked_and_does_not_flip_flop(
    machine: Site,
) -> None:
    """The first to want it keeps it; the other one is told who has it, and for what."""
    before = machine.counts()
    served = machine.served(WEB_NAME).serial
    mail_config(machine, fqdn=f"{WEB_NAME} {MAIL_NAME}")
    give_port_80_to(machine, MAIL)
    for _ in range(3):  # six hooks
        hooks(machine)
        state, text = machine.status(MAIL)
        assert state == "blocked"
        assert "web-0" in text and WEB_NAME in text
        assert machine.status(WEB) == ("active", "serving https")
    print(f"six hooks: {machine.counts() - before}")
    assert (machine.counts() - before).orders == 0
    assert machine.served(WEB_NAME).serial == served
    give_port_80_to(machine, WEB)
    mail_config(machine, fqdn=MAIL_NAME)
    assert machine.status(MAIL) == ("active", "encrypted")


def test_the_same_names_are_one_certificate(machine: Site) -> None:
    before = machine.counts()
    mail_config(machine, fqdn=WEB_NAME)
    for _ in range(2):
        hooks(machine)
    assert (machine.counts() - before).orders == 0
    assert machine.status(MAIL) == ("active", "encrypted")
    mail_config(machine, fqdn=MAIL_NAME)


def opened(site: Site, unit: str) -> list[str]:
    return site.juju("exec", "--unit", unit, "--", "opened-ports").split()


def test_a_port_that_another_unit_has_is_named_and_asked_for_until_it_is_free(
    machine: Site,
) -> None:
    pairs = [word for setting in trust(machine.acme) for word in ("--config", setting)]
    machine.juju("deploy", build(CHARMS / "mail"), "post", *pairs)
    machine.juju("config", "post", "fqdn=post.example.com")
    for _ in range(2):
        state, text = machine.status("post/0")
        assert state == "blocked"
        assert "port 80 is not open: the unit web/0 on this machine has it" in text
        machine.juju("hook", "post/0", "update-status")
    machine.juju("exec", "--unit", WEB, "--", "close-port 80; close-port 443")
    machine.juju("hook", "post/0", "update-status")
    assert opened(machine, "post/0") == ["80/tcp", "443/tcp"]
    machine.juju("exec", "--unit", "post/0", "--", "close-port 80")
    machine.juju("hook", "post/0", "update-status")
    assert opened(machine, "post/0") == ["443/tcp"], "what the charm closes stays closed"
    assert "port 80 is not open yet" in machine.status("post/0")[1]
    machine.juju("remove-application", "post")
    give_port_80_to(machine, WEB)


def test_the_removal_of_one_leaves_the_others_alone(machine: Site) -> None:
    before = machine.counts()
    machine.juju("remove-application", "mail")
    assert not machine.exists(MAIL_CRON_FILE)
    assert not machine.exists(f"{MAIL_STATE}/renew")
    assert machine.exists(CRON_FILE) and machine.exists(f"{STATE}/renew")
    machine.hook()
    machine.renew_by_cron()
    assert machine.served(WEB_NAME).names == (WEB_NAME,)
    assert machine.status(WEB) == ("active", "serving https")
    assert (machine.counts() - before).orders == 0
    assert machine.exists(f"/etc/letsencrypt/live/{MAIL_NAME}/fullchain.pem"), "not revoked either"
    assert machine.counts().revocations == 0
