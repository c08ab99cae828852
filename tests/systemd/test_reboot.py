"""The machine goes down in the middle of a stop: at once, or in good order."""

from __future__ import annotations

import pytest
from booted import Booted
from disks import AGENT
from steps import (
    JOURNAL,
    assert_back,
    assert_done,
    order_until_nginx_is_stopped,
    start_agent,
    state,
    wait_until,
)
from world.site import STATE, Site

NAME = "www.example.com"
WAY_DOWN = 15  # seconds; what does not end is killed after 30


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_a_power_cut_in_the_middle_of_a_stop(site: Site, machine: Booted, verb: str) -> None:
    machine.run(["systemctl", verb, "nginx.service"])
    order_until_nginx_is_stopped(site, NAME)
    machine.cut_power()
    machine.boot()
    assert_back(site)
    assert state(machine, AGENT) == "inactive", "nobody waited for Juju"
    start_agent(machine)
    assert_done(site, NAME)
    assert site.counts().orders <= 2, "at most one order is lost"


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_a_shutdown_in_the_middle_of_a_stop(site: Site, machine: Booted, verb: str) -> None:
    machine.run(["systemctl", verb, "nginx.service"])
    order_until_nginx_is_stopped(site, NAME)
    took = machine.shut_down()
    print(f"down after {took:.1f} s")
    assert took < WAY_DOWN
    machine.boot()
    assert_back(site)
    start_agent(machine)
    assert_done(site, NAME)
    assert site.counts().orders <= 2, "at most one order is lost"


def test_an_agent_that_is_up_at_once_meets_the_undo(site: Site, machine: Booted) -> None:
    unit = f"/etc/systemd/system/{AGENT}"
    machine.write(unit, site.read(unit) + "[Install]\nWantedBy=multi-user.target\n")
    machine.run(["systemctl", "enable", AGENT])
    machine.run(["systemctl", "disable", "nginx.service"])
    order_until_nginx_is_stopped(site, NAME)
    machine.cut_power()
    machine.boot()
    wait_until(site.nginx_answers, 5, "nginx is back")
    assert_done(site, NAME)
    assert site.counts().orders <= 2, "at most one order is lost"


def test_a_boot_with_nothing_left_to_undo(site: Site, machine: Booted) -> None:
    """A service that an operator has stopped and disabled stays so."""
    site.config(fqdn=NAME)
    machine.run(["systemctl", "disable", "--now", "nginx.service"])
    machine.cut_power()
    machine.boot()
    wait_until(lambda: f"CMD ({STATE}/undo)" in cron_said(machine), 20, "cron runs the undo")
    assert not machine.path(JOURNAL).exists()
    assert state(machine, "nginx.service") == "inactive"


def cron_said(machine: Booted) -> str:
    return machine.run(["journalctl", "--boot", "--unit", "cron.service"]).stdout
