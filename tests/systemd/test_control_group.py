"""The whole control group of the hook is ended, as when Juju's agent is stopped or killed."""

from __future__ import annotations

import random
import time

import pytest
from booted import Booted
from conftest import each_kind_of_cgroups
from disks import AGENT
from steps import (
    assert_back,
    assert_done,
    guards,
    order_until_nginx_is_stopped,
    start_agent,
    wait_until,
)
from world.site import Site

SEED = 20240301
NAME = "www.example.com"
KILL = ["systemctl", "kill", "--kill-who=all", "--signal=KILL", AGENT]
WAYS = {
    "killed": KILL,
    "stopped": ["systemctl", "stop", AGENT],
    "cgroup.kill": ["sh", "-c", f"echo 1 >/sys/fs/cgroup/system.slice/{AGENT}/cgroup.kill"],
}


@pytest.mark.parametrize("way", WAYS)
def test_the_agents_control_group_is(site: Site, machine: Booted, way: str) -> None:
    chance = random.Random(SEED)
    for number in range(2):
        name = f"{number}.example.com"
        before = site.counts()
        order_until_nginx_is_stopped(site, name)
        time.sleep(chance.uniform(0, 1.5))
        machine.run(WAYS[way])
        assert_back(site)
        start_agent(machine)
        assert_done(site, name)
        assert (site.counts() - before).orders <= 2, "at most one order is lost"


@each_kind_of_cgroups
def test_guard_and_control_group_one_after_the_other(site: Site, machine: Booted) -> None:
    order_until_nginx_is_stopped(site, NAME)
    (first,) = guards(machine)
    machine.run(["systemctl", "kill", "--signal=KILL", first])
    wait_until(lambda: guards(machine) not in ([], [first]), 5, "a new guard")
    machine.run(KILL)
    assert_back(site)
    start_agent(machine)
    assert_done(site, NAME)


def test_without_systemd_run_a_plain_process_guards(site: Site, machine: Booted) -> None:
    machine.write("/usr/local/bin/systemd-run", "#!/bin/sh\nexit 1\n", 0o755)
    order_until_nginx_is_stopped(site, NAME)
    assert guards(machine) == []
    assert site.processes("layer_lets_encrypt.web.guard")
    machine.run(WAYS["stopped"])  # SIGTERM for all, for the guard, too
    assert_back(site)
    start_agent(machine)
    assert_done(site, NAME)


def test_without_a_message_bus_a_plain_process_guards(site: Site, machine: Booted) -> None:
    machine.run(["systemctl", "stop", "dbus.socket", "dbus.service"])
    site.config(fqdn=NAME)
    assert_done(site, NAME)
