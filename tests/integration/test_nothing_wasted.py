"""Orders that must not be made, and those that must not be lost."""

from __future__ import annotations

import json
import subprocess

from world.clock import Clock
from world.juju_client import JUJU
from world.site import STATE, Site

NAME = "www.example.com"


def test_a_forced_renewal_that_was_killed_is_made_up_for(shared_site: Site) -> None:
    site = shared_site
    site.want(NAME)
    old, before = site.served(NAME).serial, site.counts()
    action = [JUJU, "run", "web/0", "lets-encrypt-renew", "force=true"]
    with site.world.popen(action, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        site.wait_until(lambda: len(site.certbots()) > 1, 60, "certbot begins")
        site.kill_hook(whole_group=True)
    site.juju("settle")
    site.hook()
    assert site.served(NAME).serial != old, "a certificate of an hour ago is not the new one"
    assert (site.counts() - before).issued <= 2
    record = json.loads(site.read(f"{STATE}/history.json"))["records"][NAME]
    assert not record.get("forced")


def test_no_free_inodes_spend_no_order(shared_site: Site) -> None:
    site = shared_site
    site.want(NAME)
    old, before = site.served(NAME), site.counts()
    site.world.run(["sh", "-c", "mkdir /small && cp -a /etc/letsencrypt/. /small/"])
    site.world.run(["mount", "-t", "tmpfs", "-o", "nr_inodes=90", "tmpfs", "/etc/letsencrypt"])
    site.world.run(["sh", "-c", "cp -a /small/. /etc/letsencrypt/"])
    Clock(site.world).shift(days=61)
    site.renew_by_cron()
    state, text = site.status()
    assert (state, "No inodes left on device for /etc/letsencrypt" in text) == ("blocked", True)
    assert (site.counts() - before).orders == 0
    assert site.served(NAME).serial == old.serial
    site.world.run(["umount", "/etc/letsencrypt"])
    site.hook()
    Clock(site.world).back()
    assert site.status()[0] == "active"


def test_one_of_two_accounts_is_used_for_all_and_stays(shared_site: Site) -> None:
    site = shared_site
    site.want(NAME)
    accounts = f"/etc/letsencrypt/accounts/{site.acme.directory.split('/', 2)[2]}"
    (ours,) = site.world.run(["ls", accounts]).stdout.split()
    site.world.run(["cp", "-a", f"{accounts}/{ours}", f"{accounts}/{'0' * 32}"])
    before = site.counts()
    site.config(contact_email="other@firm.example")
    assert site.status()[0] == "active"
    assert (site.counts() - before).accounts_updated == 1
    regr = json.loads(site.read(f"{accounts}/{ours}/regr.json"))
    assert regr["body"] == {} or "other@firm.example" in json.dumps(regr)
    assert site.log().count(f"--account {ours}") >= 2, "for the contact as for the orders"
    assert f"--account {'0' * 32}" not in site.log()
