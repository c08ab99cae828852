"""What the tests of booted machines do and look at."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from booted import Booted
from disks import AGENT
from world.site import STATE, Site
from world.world import PROJECT

JOURNAL = f"{STATE}/journal.json"
BACK_WITHIN = 5  # seconds


def state(machine: Booted, unit: str) -> str:
    """active, inactive, failed, ..."""
    return machine.run(["systemctl", "is-active", unit], check=False).stdout.strip()


def is_enabled(machine: Booted, unit: str) -> bool:
    return machine.run(["systemctl", "is-enabled", unit], check=False).returncode == 0


def start_agent(machine: Booted) -> None:
    """Start Juju's agent; the test decides how long after a boot."""
    machine.run(["systemctl", "start", AGENT])


def order_until_nginx_is_stopped(site: Site, name: str) -> None:
    """Ask for a certificate; returns in the middle of the stop, with certbot at work."""
    site.config(fqdn=name, wait=False)
    journal = site.world.path(JOURNAL)
    wait_until(
        lambda: journal.exists() and bool(site.certbots()) and not site.nginx_answers(), 30,
        "nginx is stopped for the challenge",
    )  # fmt: skip


def listeners(machine: Booted) -> set[str]:
    """The names of all processes that listen on port 80."""
    said = machine.run(["ss", "-H", "-ltnp", "sport = :80"]).stdout
    return set(re.findall(r'\("([^"]+)"', said))


def assert_back(site: Site) -> float:
    """nginx answers within five seconds, nothing else is left; returns how long it took."""
    took = wait_until(
        lambda: site.nginx_answers() and not site.world.path(JOURNAL).exists(), BACK_WITHIN,
        "nginx is back and the journal gone",
    )  # fmt: skip
    assert not site.certbots()
    assert listeners(site.world) - {"systemd"} == {"nginx"}
    print(f"back after {took:.2f} s")
    return took


def assert_done(site: Site, name: str) -> None:
    """The certificate is there and served, by nginx.service, and nothing is left of the way."""
    site.juju("settle")
    assert site.served(name).names == (name,)
    assert state(site.world, "nginx.service") == "active"
    assert not site.exists(JOURNAL)
    assert not site.certbots()
    assert guards(site.world) == []


def guards(machine: Booted) -> list[str]:
    """The guard's units that systemd knows of."""
    said = machine.run(["systemctl", "list-units", "--all", "--plain", "--no-legend",
                        "layer-lets-encrypt-guard*"]).stdout  # fmt: skip
    return [line.split()[0] for line in said.splitlines()]


def ask_layer(machine: Booted, words: str) -> str:
    """Run Python with the layer's library on the machine; returns what it printed."""
    env = {"PYTHONPATH": str(PROJECT / "lib")}
    return machine.run(["/usr/bin/python3", "-c", words], env).stdout.strip()


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for a condition; returns how long it took."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - begin
