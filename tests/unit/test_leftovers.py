"""What a pass remembers of records left in the DNS, and how long the DNS is waited for."""

from __future__ import annotations

import json

import pytest
from layer_lets_encrypt.certificates import ledger, removal
from layer_lets_encrypt.machine import files, lock
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import readiness
from layer_lets_encrypt.passes.renewal_pass import RenewalPass
from layer_lets_encrypt.rules import dns_options, records
from layer_lets_encrypt.rules.challenge import DNS
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.records import History, Record
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import PER_NAME, Wanted

NOW = 1_800_000_000.0
NAME = "www.example.com"


def stale_failure() -> Record:
    return Record(asked=records.DNS, failures=4, failed_at=1.0, not_before=2.0)


def test_once_the_dns_is_clean_no_failure_is_remembered_on_disk(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lock, "MACHINE_LOCK", tmp_path / "lock")
    places = Places(tmp_path / "web-0", tmp_path / "log")
    places.state.mkdir()
    ledger.save(History({records.DNS: stale_failure()}), places.history)
    places.dns_journal.write_text(json.dumps([{"a record": "that another sweep has removed"}]))
    plain = dns_options.build("powerdns", {}, {}, None, str(tmp_path / "empty.json"))
    files.write_json(places.state / "dns.json", plain)
    wanted = Wanted((), Account("https://ca.example/dir"), DNS)
    assert RenewalPass(wanted, places, {}, print).run(renewing=False, obstacle=lambda _: None)
    assert records.DNS not in ledger.load(places.history).records


@pytest.mark.parametrize("name", records.UNIT_WIDE)
def test_what_concerns_no_lineage_is_not_swept(name: str, tmp_path) -> None:
    past = History({name: stale_failure()})
    for days in range(0, 100, 10):
        past = removal.sweep(past, (), NOW + days * 86400, print, tmp_path)
    assert past.records == {name: stale_failure()}


@pytest.mark.parametrize(
    ("setting", "seconds"), [(None, dns_options.PROPAGATION), (0, 0), (60, 60), (600, 600)]
)
@pytest.mark.parametrize("own", [False, True])
def test_plugin_and_time_limit_know_one_propagation(setting, seconds: int, own: bool) -> None:
    built = dns_options.build("powerdns", {}, {}, setting, "/state")
    dns = json.dumps({"provider": "powerdns", "propagation": setting}) if own else ""
    operators = 7 if own else dns_options.propagation_of(setting)
    request = Request((NAME,), "the option fqdn", dns=dns)
    wanted = Wanted((request,), Account("https://ca.example/dir"), DNS, propagation=operators)
    assert built["propagation"] == seconds
    assert wanted.patience == 2 * seconds + PER_NAME


@pytest.mark.parametrize(
    ("doubt", "said"),
    [
        ("no answer; check the DNS record", "check the DNS record; ordered at 2027-"),
        ("no answer; did you `juju expose` it?", "`juju expose` it? Ordered at 2027-"),
    ],
)
def test_a_doubt_and_the_moment_of_the_order_are_apart(doubt: str, said: str) -> None:
    assert said in readiness.put_off(doubt, NOW)
