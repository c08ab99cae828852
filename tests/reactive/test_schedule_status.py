"""The schedule on a deployed unit: it comes back, and its silence is a status with a date."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from world.clock import Clock
from world.lineages import lay_out
from world.site import CRON_FILE, STATE, Site

NAME = "www.example.com"
LETSENCRYPT = Path("/etc/letsencrypt")
PRODUCTION = "https://acme-v02.api.letsencrypt.org/directory"


def plant(site: Site) -> None:
    lay_out(site.world.path(LETSENCRYPT), (NAME,), LETSENCRYPT, server=PRODUCTION)
    site.config(fqdn=NAME)


@pytest.mark.parametrize("spoil", ["rm {}", ": > {}", "chown nobody {}", "chmod 666 {}"])
def test_a_cron_file_that_does_nothing_comes_back_in_the_next_hook(site: Site, spoil: str) -> None:
    before = site.read(CRON_FILE).splitlines()[-1].split()[5:]
    site.world.run(["sh", "-c", spoil.format(CRON_FILE)])
    site.hook()
    seen = site.world.path(CRON_FILE).stat()
    assert (seen.st_uid, seen.st_mode & 0o777) == (0, 0o644)
    assert site.read(CRON_FILE).splitlines()[-1].split()[5:] == before


def test_without_cron_the_statuses_tell_the_date_until_it_is_renewed(site: Site) -> None:
    """Nobody answers as Let's Encrypt here, so nothing is renewed in the last days either."""
    plant(site)
    clock = Clock(site.world)
    clock.shift()
    assert site.status()[0] == "active"
    ends = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 90 * 86400))[:7]
    seen = []
    for day in (1, 64, 80, 91):
        clock.shift(days=day)
        site.hook()
        seen.append((day, *site.status()))
    assert [(day, state) for day, state, _ in seen] == [
        (1, "active"), (64, "waiting"), (80, "blocked"), (91, "blocked")
    ], seen  # fmt: skip
    assert f"expires {ends}" in seen[1][2], seen
    assert f"expires {ends}" in seen[2][2], seen
    assert f"expired on {ends}" in seen[3][2], seen


def test_a_clock_that_was_far_ahead_for_a_while_leaves_nothing_behind(site: Site) -> None:
    plant(site)
    clock = Clock(site.world)
    clock.shift(days=40)
    site.world.write(f"{STATE}/schedule-ran", f"{time.time() + 40 * 86400:.0f}\n")
    site.hook()
    clock.back()
    site.hook()
    assert site.status()[0] == "active"
    assert not site.exists(f"{STATE}/schedule-ran")
    clock.shift(days=50)
    site.hook()
    state, text = site.status()
    assert (state, "cron is not running since" in text) == ("waiting", True), text
    clock.back()


def test_a_machine_without_cron_says_so_at_once(site: Site) -> None:
    plant(site)
    assert site.status()[0] == "active"
    site.world.run(["rm", "/usr/sbin/cron"])
    site.hook()
    state, text = site.status()
    assert (state, "cron is not installed" in text, "expires 20" in text) == ("waiting", True, True)
    site.world.write(f"{STATE}/schedule-ran", f"{time.time():.0f}\n")
    site.hook()
    assert site.status()[0] == "active", "something runs the job all the same"
