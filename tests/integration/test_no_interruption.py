"""No visitor misses anything while certificates are issued and renewed."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from layer_lets_encrypt.passes.stops import LIMIT, LONGEST
from world import load
from world.site import Site
from world.world import PROJECT

NAME = "www.example.com"
RATE = 100
LOG = "/tmp/visits.jsonl"


@contextlib.contextmanager
def visitors(site: Site) -> Iterator[list[load.Event]]:
    """Visitors of port 80, each over a new connection; afterwards the list holds what they met."""
    script = PROJECT / "tests" / "world" / "load.py"
    words = ["--url", f"http://{NAME}/", "--rate", RATE, "--seconds", 250, "--log", LOG]
    command = [site.world.python_path, "-B", script, *words, "--expect", "nginx"]
    process = site.world.popen(command, stdout=subprocess.DEVNULL)
    met: list[load.Event] = []
    try:
        site.wait_until(lambda: bool(load.read(site.world.path(LOG))), 20, "visitors come")
        yield met
    finally:
        site.world.signal(process, signal.SIGTERM)
        process.wait(timeout=20)
    met.extend(load.read(site.world.path(LOG)))
    site.world.path(LOG).unlink()


@pytest.mark.parametrize("challenge", ["stateless", "webroot"])
def test_nobody_notices_issue_and_renewal(shared_site: Site, challenge: str) -> None:
    site, name = shared_site, f"{challenge}.example.com"
    pid = site.nginx_pid()
    with visitors(site) as met:
        site.want(name, acme_challenge=challenge)
        first = site.served(name)
        said = site.juju("run", "web/0", "lets-encrypt-renew", "force=true")
        second = site.served(name)
    assert first.serial != second.serial
    assert f"renewed: {name}" in said
    assert site.nginx_pid() == pid, "nginx was never stopped"
    tried, failed, gap = load.summary(met)
    print(f"{challenge}: {tried} requests, {failed} failed, longest gap {gap:.3f} s")
    assert tried > 5 * RATE
    assert failed == 0, load.judge(met)[:3]


def test_a_stop_of_one_second_would_have_been_noticed(shared_site: Site) -> None:
    site = shared_site
    with visitors(site) as met:
        site.world.run(["service", "nginx", "stop"])
        time.sleep(1)
        site.world.run(["service", "nginx", "start"])
        time.sleep(0.5)
    assert load.summary(met).failed > RATE / 2


def test_standalone_starts_the_service_before_the_certificate_is_there(shared_site: Site) -> None:
    """The stop ends when the CA has finished with the name, not when certbot does."""
    site = shared_site
    with visitors(site) as met:
        site.want("stopped.example.com", acme_challenge="standalone")
    seen = site.served("stopped.example.com")
    failures = [event for event in met if not event.good]
    assert failures, "the service was stopped"
    log = site.read("/var/log/layer-lets-encrypt/web-0/letsencrypt.log")
    assert "Cleaning up challenges" in log
    saved = site.world.path("/etc/letsencrypt/live/stopped.example.com/cert.pem").stat().st_mtime
    back = max(event.end for event in failures)
    print(f"nginx answered {saved - back:.2f} s before the certificate was saved")
    assert back < saved, f"{seen.serial} was there before nginx was"
    site.juju("run", "web/0", "lets-encrypt-renew", "force=true")
    assert site.served("stopped.example.com").serial != seen.serial, "nginx has loaded the new one"


def outages(met: list[load.Event]) -> list[float]:
    """The lengths of the times in which all visitors failed, one after the other."""
    lengths, began = [], None
    for event in sorted(met, key=lambda event: event.end):
        if not event.good:
            began = began or event.end
        elif began is not None:
            lengths.append(event.end - began)
            began = None
    return lengths


def test_certificates_that_are_due_together_share_a_stop_while_it_is_short(
    shared_site: Site,
) -> None:
    """One stop, unless the machine is so slow that it would be longer than some seconds."""
    site = shared_site
    site.trust_the_ca()
    site.config("fqdn=", acme_challenge="standalone")
    before = len(site.stops())
    site.request("one.example.com", "two.example.com", "three.example.com")
    with visitors(site) as met:
        site.hook()
    assert sorted(site.ask("lets_encrypt.live_all()")) == [
        "one.example.com", "three.example.com", "two.example.com",
    ]  # fmt: skip
    told = site.stops()[before:]
    seen = [seconds for seconds in outages(met) if seconds > 0.1]  # a reload is no stop
    print(f"stops: {told}, seen by visitors: {seen}")
    assert len(seen) == len(told), "what is told is what visitors see"
    assert all(seconds > LONGEST / 2 for seconds in told[:-1]), "two fit into one"
    assert max(told) < LIMIT
