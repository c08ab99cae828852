"""Killed at random moments: the next run, or the next hook, cleans the zone."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

import pytest
from net import DDNS, Net

NAMES = ("example.org", "*.example.org", "www.example.com")
SEED = 20261
MOMENTS = [random.Random(SEED + number).random() for number in range(10)]  # of a run's time
FEW = 3


def moments() -> list[object]:
    """The first few in every run; all where slow tests run."""
    return [
        pytest.param(moment, marks=[] if number < FEW else [pytest.mark.slow])
        for number, moment in enumerate(MOMENTS)
    ]


@pytest.fixture(scope="module")
def usual(net: Net) -> float:
    """How long an order takes that nobody disturbs, from its start to its end."""
    begun = time.monotonic()
    assert net.order(net.config(zones={"example.com": DDNS}), *NAMES).status == 0
    return time.monotonic() - begun


def kill(net: Net, process: subprocess.Popen[str], number: int = signal.SIGKILL) -> None:
    """End certbot as a hook's end would: the worker dies with it, wherever it was."""
    net.world.signal(process, number)
    process.wait()
    until = time.monotonic() + 10
    while net.world.run(["pgrep", "-f", "layer_lets_encrypt_dns.worker"], check=False).stdout:
        assert time.monotonic() < until, "the worker lives on"
        time.sleep(0.05)


@pytest.mark.parametrize("moment", moments())
def test_the_next_run_cleans_the_zone(net: Net, usual: float, moment: float):
    config = net.config(zones={"example.com": DDNS})
    process = net.start_order(config, *NAMES)
    time.sleep(moment * usual)
    kill(net, process)
    left = net.txt()
    assert {line.split()[1] for line in left} <= {e["value"] for e in net.journal(config)}
    run = net.order(config, *NAMES, more=["--force-renewal"])
    assert run.status == 0, run.said
    assert run.counts.failed_validations == 0
    assert net.txt() == []
    assert net.journal(config) == []


def wait_for_record(net: Net, config: str, process: subprocess.Popen[str]) -> None:
    while not (net.journal(config) and net.txt()):
        assert process.poll() is None
        time.sleep(0.05)


def test_the_next_hook_cleans_the_zone_without_certbot(net: Net):
    """While the record is up; twice, because the sweep may be killed as well."""
    config = net.config(extra_wait=30)
    process = net.start_order(config, *NAMES[:2])
    wait_for_record(net, config, process)
    kill(net, process)
    assert len(net.txt()) in (1, 2)
    for _ in range(2):
        done = net.sweep(config)
        assert done.returncode == 0, done.stderr
        assert net.txt() == net.journal(config) == []


def test_a_sweep_leaves_the_records_of_a_living_run(net: Net):
    config = net.config(extra_wait=6)
    process = net.start_order(config, *NAMES[:2])
    wait_for_record(net, config, process)
    assert net.sweep(config).returncode == 0
    assert len(net.txt()) >= 1
    assert process.wait(timeout=60) == 0
    assert net.txt() == []


def test_a_terminated_certbot_cleans_up_itself(net: Net):
    config = net.config(extra_wait=30)
    process = net.start_order(config, *NAMES[:2])
    wait_for_record(net, config, process)
    net.world.signal(process, signal.SIGTERM)
    process.wait(timeout=60)
    assert net.txt() == net.journal(config) == []


def test_the_journal_is_written_before_the_record(net: Net):
    """No moment between them: the worker is stopped while the provider is asked."""
    stop = "import socket, time; s = socket.socket(); s.setsockopt(1, 2, 1); \
s.bind(('127.0.0.2', 8099)); s.listen(); s.accept(); print('asked', flush=True); time.sleep(60)"
    deaf = net.world.popen(["/usr/bin/python3", "-c", stop], stdout=subprocess.PIPE)
    options = {"pdns_server": "http://127.0.0.2:8099"}
    credentials = {"auth_token": "not-needed"}
    provider = {"provider": "powerdns", "options": options, "credentials": credentials}
    config = net.config(provider)
    process = net.start_order(config, "www.example.org")
    try:
        assert deaf.stdout.readline() == b"asked\n"
        (entry,) = net.journal(config)
        assert entry["fqdn"] == "_acme-challenge.www.example.org"
        assert "not-needed" not in str(entry)
        journal = net.world.path(config).with_name("journal.json")
        assert os.stat(journal).st_mode & 0o777 == 0o600
    finally:
        kill(net, process)
        deaf.kill()
        deaf.communicate()
