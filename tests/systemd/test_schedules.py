"""The real cron asks for renewal; certbot's own timer does not, until the last unit leaves."""

from __future__ import annotations

import re
import time

import pytest
from booted import Booted
from steps import ask_layer, is_enabled, start_agent, state, wait_until
from world.site import CRON_FILE, STATE, Site

NAME = "www.example.com"
TIMER, ITS_SERVICE = "certbot.timer", "certbot.service"
CLOSE = "[Timer]\nOnCalendar=\nOnCalendar=*:*:0/5\nRandomizedDelaySec=0\nAccuracySec=1s\n"
LIFETIME = 180  # seconds; due after half of it


def test_cron_fires_and_the_certificate_is_renewed(site: Site, machine: Booted) -> None:
    site.acme.restart(lifetime=LIFETIME)
    text = site.read(CRON_FILE)
    machine.write(CRON_FILE, re.sub(r"^\d+ \S+ (\* \* \*)", r"* * \1", text, flags=re.M))
    assert re.search(rf"^\* \* \* \* \* root {STATE}/renew$", site.read(CRON_FILE), re.M)
    site.config(fqdn=NAME)
    first = site.served(NAME)
    wait_until(lambda: site.counts().orders > 1, LIFETIME, "cron has a certificate ordered")
    wait_until(lambda: not site.exists(f"{STATE}/renew-requested"), 60, "the hook has renewed it")
    second = site.served(NAME)
    assert second.serial != first.serial
    assert (second.not_before - first.not_before).total_seconds() < LIFETIME, "it was still valid"
    said = machine.run(["journalctl", "--unit", "cron.service"]).stdout
    assert f"CMD ({STATE}/renew)" in said
    assert site.status() == ("active", "serving https")


@pytest.fixture
def close_timer(machine: Booted) -> Booted:
    """certbot's timer, as the package has installed it, but for a shorter interval."""
    machine.write(f"/etc/systemd/system/{TIMER}.d/close.conf", CLOSE)
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["systemctl", "restart", TIMER])
    return machine


def test_certbots_timer_does_not_fire(close_timer: Booted, site: Site) -> None:
    machine = close_timer
    assert is_enabled(machine, TIMER)
    wait_until(lambda: firings(machine) > 0, 20, "the timer fires before the layer is used")

    site.config(fqdn=NAME)
    assert_off(machine)
    machine.boot_again()
    assert_off(machine)
    start_agent(machine)
    site.juju("settle")
    assert_off(machine)

    version = machine.run(["dpkg-query", "-W", "-f", "${Version}", "certbot"]).stdout
    machine.run(["/var/lib/dpkg/info/certbot.postinst", "configure", version])
    assert_off(machine)

    machine.run(["systemctl", "enable", "--now", TIMER])
    site.renew_by_cron()
    assert_off(machine)

    site.juju("remove-unit", "web/0")
    assert state(machine, TIMER) == "active"
    assert is_enabled(machine, TIMER)
    before = firings(machine)
    wait_until(lambda: firings(machine) > before, 20, "the timer fires again")
    assert not machine.path(CRON_FILE).exists()
    assert not machine.path(f"{STATE}/undo").exists()


def firings(machine: Booted) -> int:
    said = machine.run(["journalctl", "--boot", "--unit", ITS_SERVICE, "--output=cat"]).stdout
    return len(re.findall(r"^Starting ", said, re.M))


def assert_off(machine: Booted) -> None:
    assert state(machine, TIMER) == "inactive"
    assert not is_enabled(machine, TIMER)
    before = firings(machine)
    time.sleep(11)
    assert firings(machine) == before


def test_a_kill_between_remembering_and_turning_off(machine: Booted) -> None:
    """The marker alone does not turn the timer off, and does not keep it from being turned off."""
    marker = "/var/lib/layer-lets-encrypt/scheduler-off.json"
    machine.write(marker, '{"running": true, "timer": true}\n')
    call = "from layer_lets_encrypt.machine import package_timer as s; from pathlib import Path; "
    ask_layer(machine, f"{call}s.turn_off(Path({marker!r}))")
    assert (state(machine, TIMER), is_enabled(machine, TIMER)) == ("inactive", False)
    ask_layer(machine, f"{call}s.turn_off(Path({marker!r}))")
    ask_layer(machine, f"{call}s.turn_on(Path({marker!r}))")
    assert (state(machine, TIMER), is_enabled(machine, TIMER)) == ("active", True)


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize("running", [False, True])
def test_it_comes_back_as_it_was(machine: Booted, enabled: bool, running: bool) -> None:
    machine.run(["systemctl", "enable" if enabled else "disable", TIMER])
    machine.run(["systemctl", "start" if running else "stop", TIMER])
    marker = "/var/lib/layer-lets-encrypt/scheduler-off.json"
    call = "from layer_lets_encrypt.machine import package_timer as s; from pathlib import Path; "
    for _ in range(2):
        ask_layer(machine, f"{call}s.turn_off(Path({marker!r}))")
        assert (state(machine, TIMER), is_enabled(machine, TIMER)) == ("inactive", False)
    ask_layer(machine, f"{call}s.turn_on(Path({marker!r}))")
    assert is_enabled(machine, TIMER) == enabled
    assert state(machine, TIMER) == ("active" if running or enabled else "inactive")
