"""What monitoring sees of a unit: Prometheus' text file, and a check through nrpe."""

from __future__ import annotations

import re
import threading

import pytest
from consumers import open_consumer
from world.clock import Clock
from world.site import STATE, UNIT, Site
from world.world import PROJECT

NAME, MEASURED = "www.example.com", "measured.example.com"
FOLDER = "/var/lib/prometheus/node-exporter"
FILE = f"{FOLDER}/layer-lets-encrypt-web-0.prom"
CHECK = "/etc/nagios/nrpe.d/check_lets_encrypt_web-0.cfg"


@pytest.fixture(scope="module")
def site(shared_site: Site) -> Site:
    return shared_site


def value(site: Site, metric: str) -> float | None:
    pattern = rf'^lets_encrypt_certificate_{metric}{{name="{MEASURED}",unit="web/0"}} (\S+)$'
    found = re.search(pattern, site.read(FILE), re.M)
    return float(found.group(1)) if found else None


def test_metrics_follow_certificates_and_failures(site: Site) -> None:
    site.world.run(["rm", "-rf", FOLDER])
    site.config(acme_metrics_directory=FOLDER)
    state, text = site.status()
    assert state == "blocked"
    assert f"names '{FOLDER}', which is not a folder of this unit; create it, or correct" in text
    site.world.run(["mkdir", "-p", FOLDER])
    site.want(MEASURED)
    assert site.status() == ("active", "serving https")
    assert (value(site, "ready"), value(site, "failures")) == (1, 0)
    end = value(site, "not_after_timestamp_seconds")
    assert end == pytest.approx(site.served(MEASURED).not_after.timestamp(), abs=2)
    assert value(site, "last_failure_timestamp_seconds") is None
    first = value(site, "last_success_timestamp_seconds")
    assert site.world.run(["stat", "-c", "%U %a", FILE]).stdout.split() == ["root", "644"]
    site.config(acme_server="https://127.0.0.1:1/directory")
    assert value(site, "failures") == 1
    assert value(site, "last_success_timestamp_seconds") == first
    failed = value(site, "last_failure_timestamp_seconds")
    assert failed is not None and first is not None and failed > first
    site.trust_the_ca()
    site.juju("run", "web/0", "lets-encrypt-renew", "force=true")
    assert (value(site, "failures"), value(site, "last_failure_timestamp_seconds")) == (0, failed)
    stamp = site.world.run(["stat", "-c", "%i", FILE]).stdout
    site.hook()
    assert site.world.run(["stat", "-c", "%i", FILE]).stdout == stamp, "it has not changed"
    site.juju("config", "web", "--reset", "acme-metrics-directory")
    assert not site.exists(FILE)


@pytest.mark.parametrize("folder", ["var/lib", "/var/../etc", "/no/such/folder"])
def test_a_bad_folder_is_a_status_and_nothing_else(site: Site, folder: str) -> None:
    site.world.run(["mkdir", "-p", FOLDER])
    site.want(NAME, acme_metrics_directory=FOLDER)
    site.config(acme_metrics_directory=folder)
    state, text = site.status()
    assert (state, "acme-metrics-directory" in text) == ("blocked", True), text
    assert not site.exists("/no") and "lets-encrypt.registered" in site.flags()
    site.juju("config", "web", "--reset", "acme-metrics-directory")


def run_check(site: Site) -> tuple[int, str]:
    """What nrpe would run, as the user that runs it."""
    command = re.search(r"^command\[check_lets_encrypt_web-0\]=(.*)$", site.read(CHECK), re.M)
    assert command is not None
    words = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    done = site.world.run([*words, *command.group(1).split()], check=False)
    return done.returncode, done.stdout.strip()


def test_a_check_is_there_as_long_as_nrpe_is() -> None:
    with open_consumer("watched") as site:
        site.world.run(["useradd", "--system", "nagios"])
        site.world.run(["mkdir", "-p", "/etc/nagios/nrpe.d", "/var/lib/nagios/export"])
        site.config(fqdn=NAME)
        assert not site.exists(CHECK), "without the relation there is no check"
        site.juju("deploy", PROJECT / "tests" / "data" / "nrpe")
        site.juju("integrate", "web", "nrpe")
        assert run_check(site) == (0, "TLS OK: 1 certificates")
        command = "relation-get -r $(relation-ids nrpe-external-master) - web/0"
        monitors = site.juju("exec", "--unit", "nrpe/0", "--", command)
        assert "lets_encrypt_web-0" in monitors
        clock = Clock(site.world)
        for days, code, word in ((74, 0, "OK"), (76, 1, "WARNING"), (84, 2, "CRITICAL")):
            clock.shift(days=days)
            status, said = run_check(site)
            assert (status, said.startswith(f"TLS {word}: ")) == (code, True), said
        assert NAME in said and "expires 20" in said
        site.juju("remove-relation", "web", "nrpe")
        assert not site.exists(CHECK)


def begin_long_work(site: Site, what: str) -> threading.Thread:
    """Have several certificates ordered, and return while a step is shown."""
    site.want(NAME, acme_challenge="standalone")
    assert site.status() == ("active", "serving https")
    site.request(*(f"{what}{number}.example.com" for number in range(5)))
    work = threading.Thread(target=lambda: site.juju("hook", UNIT, "update-status", check=False))
    work.start()
    site.wait_until(lambda: site.status()[1].startswith("TLS: ordering "), 200, "a step is shown")
    state, text = site.status()
    assert state == "maintenance" and re.match(r"TLS: ordering [2-5] of 5\Z", text), text
    return work


def test_long_work_shows_its_steps_and_gives_the_status_back(site: Site) -> None:
    begin_long_work(site, "long").join()
    assert site.status() == ("active", "serving https")
    assert not site.exists(f"{STATE}/status-before.json")
    site.request()


def test_a_killed_hook_leaves_no_step_behind(site: Site) -> None:
    work = begin_long_work(site, "killed")
    site.kill_hook(whole_group=True)
    work.join()
    site.juju("settle")
    assert site.status() == ("active", "serving https")
    site.request()
