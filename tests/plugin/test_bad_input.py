"""What is wrong is said in a line with provider, zone and remedy; the CA is not asked, and the
zones are left as they were."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from net import DDNS, POWERDNS, Net

SILENT = "import socket, time; s = socket.socket(type=socket.SOCK_DGRAM); \
s.bind(('127.0.0.9', 53)); print('bound', flush=True); time.sleep(600)"


def refused(net: Net, config: str, *names: str) -> tuple[str, str, str]:
    """Order in vain; returns the plugin's error."""
    run = net.order(config, *names)
    assert run.status == 1, run.said
    assert (run.counts.validations, run.counts.failed_validations) == (0, 0)
    assert "Traceback" not in run.said
    if net.world.path(config).exists():
        assert net.journal(config) == []
    return run.error()


def changed(known: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {**known, **keys}


def test_unknown_provider(clean: Net):
    config = clean.config(changed(POWERDNS, provider="powerdsn"))
    category, name, text = refused(clean, config, "www.example.org")
    assert (category, name) == ("configuration", "www.example.org")
    assert "'powerdsn'; did you mean powerdns?" in text
    assert "acme-dns-provider" in text


def test_missing_credentials(clean: Net):
    config = clean.config(changed(POWERDNS, credentials={}))
    category, name, text = refused(clean, config, "www.example.org")
    assert (category, name) == ("configuration", "www.example.org")
    assert text == "powerdns has no credentials; give acme-dns-credentials auth_token"


@pytest.mark.parametrize(
    ("provider", "name", "zone"),
    [
        (changed(POWERDNS, credentials={"auth_token": "wrong-credential"}), "example.org", ""),
        (
            changed(DDNS, credentials={"auth_token": "hmac-sha256:acme-key:d3JvbmctY3JlZA=="}),
            "example.com",
            "",
        ),
        (
            changed(DDNS, credentials={"auth_token": "hmac-sha256:other-key:d3JvbmctY3JlZA=="}),
            "example.com",
            "",
        ),
    ],
    ids=["powerdns", "ddns-secret", "ddns-key"],
)
def test_wrong_credentials(clean: Net, provider: dict[str, Any], name: str, zone: str):
    category, _, text = refused(clean, clean.config(provider), name)
    assert category == "configuration"
    assert f"provider {provider['provider']}, zone {name}" in text
    assert "acme-dns-credentials" in text


def test_a_provider_that_lacks_a_library(clean: Net):
    """The distribution's Lexicon comes without boto3."""
    credentials = {"auth_access_key": "wrong-credential", "auth_access_secret": "wrong-credential"}
    provider = {"provider": "route53", "credentials": credentials}
    category, _, text = refused(clean, clean.config(provider), "www.example.org")
    assert (category, "install" in text, "python3-boto3" in text) == ("configuration", True, True)


def test_no_zone(clean: Net):
    category, name, text = refused(clean, clean.config(), "www.nowhere.test")
    assert (category, name) == ("configuration", "www.nowhere.test")
    assert "no zone in the DNS holds www.nowhere.test" in text


def test_a_zone_that_the_provider_does_not_hold(clean: Net):
    category, _, text = refused(clean, clean.config(), "www.example.com")
    assert category == "configuration"
    assert "provider powerdns, zone example.com" in text


def test_a_zone_without_provider(clean: Net):
    config = clean.config(default=None, zones={"example.net": POWERDNS})
    category, _, text = refused(clean, config, "www.example.org")
    assert category == "configuration"
    assert "no DNS provider is configured for zone example.org" in text


def test_cname_loop_and_too_long_a_chain(clean: Net):
    for first, second in (("a", "b"), ("b", "a")):
        target = f"_acme-challenge.loop-{second}.example.org."
        clean.pdns.add("example.org", f"_acme-challenge.loop-{first}", "CNAME", target)
    category, name, text = refused(clean, clean.config(), "loop-a.example.org")
    assert (category, name) == ("configuration", "loop-a.example.org")
    assert "CNAME loop: _acme-challenge.loop-a.example.org -> " in text
    for number in range(12):
        target = f"_acme-challenge.long-{number + 1}.example.org."
        clean.pdns.add("example.org", f"_acme-challenge.long-{number}", "CNAME", target)
    category, _, text = refused(clean, clean.config(), "long-0.example.org")
    assert (category, "more than 8 CNAMEs" in text) == ("configuration", True)


def test_a_refused_update_that_is_reported_as_success(clean: Net):
    category, name, text = refused(clean, clean.config(DDNS), "www.example.info")
    assert (category, name) == ("configuration", "www.example.info")
    assert "provider ddns, zone example.info: UpdateRefused: the server answered REFUSED" in text


def test_an_authoritative_server_that_never_answers(clean: Net):
    with silent_server(clean):
        config = clean.config(propagation=4)
        category, name, text = refused(clean, config, "www.example.edu")
    assert (category, name) == ("transient", "www.example.edu")
    assert "ns2.example.edu (127.0.0.9): no answer" in text
    assert "zone example.edu" in text
    assert "provider powerdns" in text
    assert text.endswith("or set acme-dns-propagation=0 to trust the provider")


def test_a_provider_that_is_trusted_needs_no_answer_of_all_name_servers(clean: Net):
    with silent_server(clean):
        config = clean.config(propagation="0")
        run = clean.order(config, "www.example.edu", "*.www.example.edu")
    assert run.status == 0, run.said
    assert run.counts.failed_validations == 0
    assert "the name servers are not asked: acme-dns-propagation is 0" in run.log
    assert clean.journal(config) == []


@contextlib.contextmanager
def silent_server(net: Net) -> Iterator[None]:
    process = net.world.popen(["/usr/bin/python3", "-c", SILENT], stdout=-1)
    try:
        assert process.stdout.readline() == b"bound\n"
        yield
    finally:
        process.kill()
        process.communicate()


def test_a_secondary_that_is_late(clean: Net):
    """Its zone is frozen: no transfer will come."""
    clean.secondary.stop()
    clean.secondary.options = "recursion no; allow-notify { none; };"
    clean.secondary.zones = [
        type(zone)(zone.name, zone.servers, primary="127.0.0.8") for zone in clean.secondary.zones
    ]
    clean.secondary.start()
    try:
        category, _, text = refused(clean, clean.config(DDNS, propagation=3), "www.example.com")
    finally:
        clean.secondary.stop()
        del clean.secondary.options
        clean.secondary.zones = [
            type(z)(z.name, z.servers, primary="127.0.0.3") for z in clean.secondary.zones
        ]
        clean.secondary.start()
    assert category == "transient"
    assert "has not reached ns2.example.com (127.0.0.4) of zone example.com" in text


def test_provider_out_of_reach(clean: Net):
    provider = changed(POWERDNS, options={"pdns_server": "http://127.0.0.2:9"})
    config = clean.config(provider)
    run = clean.order(config, "www.example.org")
    assert (run.status, run.counts.validations) == (1, 0)
    category, _, text = run.error()
    assert category == "transient"
    assert "provider powerdns, zone example.org" in text
    # it may have been told: the journal keeps the record until the provider is there again
    assert len(clean.journal(config)) == 1
    done = clean.sweep(config)
    assert done.returncode == 1
    assert done.stderr.startswith("dns challenge [transient] -: 1 TXT records could not be removed")
    assert "stays for now: provider powerdns, zone example.org" in done.stderr
    clean.rewrite(config, default=POWERDNS)
    assert clean.sweep(config).returncode == 0
    assert clean.journal(config) == []


def test_provider_out_of_reach_with_two_names_in_one_zone(clean: Net):
    config = clean.config(changed(POWERDNS, options={"pdns_server": "http://127.0.0.2:9"}))
    run = clean.order(config, "a.example.org", "b.example.org")
    category, name, text = run.error()
    assert (category, run.counts.validations) == ("transient", 0)
    assert text == (
        "provider powerdns, zone example.org: its server cannot be reached (connection refused); "
        "check the network, proxies and firewalls of the unit"
    )
    assert [entry["name"] for entry in clean.journal(config)] == [name]
    clean.rewrite(config, default=POWERDNS)
    assert clean.sweep(config).returncode == 0
    assert clean.journal(config) == []


def test_resolver_out_of_reach(clean: Net):
    config = clean.config(nameservers=["127.0.0.77"])
    category, _, text = refused(clean, config, "www.example.org")
    assert (category, "127.0.0.77" in text) == ("transient", True)


def test_left_by_an_earlier_run(clean: Net):
    config = clean.config()
    value = "left-by-an-earlier-run-1234567890"
    fqdn = "_acme-challenge.www.example.org"
    clean.pdns.add("example.org", "_acme-challenge.www", "TXT", f'"{value}"')
    entry = {"name": "www.example.org", "fqdn": fqdn, "zone": "example.org", "value": value}
    folder = config.rpartition("/")[0]
    clean.world.write(f"{folder}/journal.json", json.dumps([{**entry, "owner": "999999 1"}]))
    run = clean.order(config, "www.example.org")
    assert run.status == 0, run.said
    assert clean.txt() == clean.journal(config) == []


def test_two_certificates_at_once(clean: Net):
    """Three names in common; the provider reads, changes and writes back whole sets."""
    configs = [clean.config(), clean.config()]
    before = clean.acme.counts()
    names = ("example.org", "*.example.org", "www.example.org")
    running = [clean.start_order(config, *names) for config in configs]
    logs = [clean.world.path(config).with_name("logs") / "letsencrypt.log" for config in configs]
    for process, log in zip(running, logs):
        assert process.wait(timeout=120) == 0, log.read_text()[-5000:]
    change = clean.acme.counts() - before
    assert (change.issued, change.failed_validations) == (2, 0)


@pytest.mark.parametrize(
    ("keys", "mode", "words"),
    [
        ({}, 0o644, "others may read it"),
        ({"default": None}, 0o600, "set acme-dns-provider"),
        ({"colour": "red"}, 0o600, "unknown key 'colour'"),
        ({"state": "journal.json"}, 0o600, "'state' must be an absolute path"),
        ({"propagation": "soon"}, 0o600, "'propagation' must be a number"),
        ({"python": "/usr/bin/python9"}, 0o600, "/usr/bin/python9 cannot be run: No such file"),
        ({"nameservers": ["2001:db8::ffff:53x"]}, 0o600,
         "acme-dns-options: 'nameservers': each must be"),
    ],
)  # fmt: skip
def test_bad_configuration_files(clean: Net, keys: dict[str, Any], mode: int, words: str):
    default = keys.pop("default", POWERDNS)
    config = clean.config(default, mode, **keys)
    run = clean.order(config, "www.example.org")
    assert run.error()[:2] == ("configuration", "www.example.org")
    assert words in run.error()[2]
    assert run.counts.validations == 0


def test_missing_file_and_missing_option(clean: Net):
    folder = "/var/lib/dns-test/none"
    category, _, text = refused(clean, f"{folder}/dns.json", "www.example.org")
    assert (category, f"cannot read {folder}/dns.json" in text) == ("configuration", True)


def test_check_says_where_records_go_and_what_is_wrong(clean: Net):
    """Before an order is spent; nothing is published."""
    config = clean.config(zones={"example.com": DDNS})
    check = ("-m", "layer_lets_encrypt_dns.check", config)
    done = clean.python(*check, "*.example.org", "x.example.com")
    assert done.stdout.splitlines() == [
        "*.example.org: _acme-challenge.example.org in zone example.org by powerdns",
        "x.example.com: _acme-challenge.x.example.com in zone example.com by ddns",
    ], done.stderr
    done = clean.python(*check, "example.org", "www.nowhere.test")
    assert done.returncode == 1
    assert done.stderr.startswith("dns challenge [configuration] www.nowhere.test: no zone")
    done = clean.python(*check, "www.example.com")
    assert done.returncode == 0, done.stderr


def test_check_asks_the_provider_whether_it_takes_the_credentials(clean: Net):
    wrong = changed(POWERDNS, credentials={"auth_token": "wrong-credential"})
    done = clean.python("-m", "layer_lets_encrypt_dns.check", clean.config(wrong), "example.org")
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "dns challenge [configuration] example.org: provider powerdns, zone example.org answered "
        "401 (Unauthorized): wrong credentials; correct acme-dns-credentials"
    )


@pytest.mark.parametrize(
    ("settings", "category", "words"),
    [
        ({"credentials": {"auth_token": "hmac-sha256:other-key:d3JvbmctY3JlZA=="}},
         "configuration", "the server refuses the key: it has no key of this name"),
        ({"credentials": {"auth_token": "hmac-sha256:acme-key:d3JvbmctY3JlZA=="}},
         "configuration", "the server refuses the key: it has another secret or algorithm"),
        ({"options": {"ddns_server": "127.0.0.1"}},
         "configuration", "the server in 'ddns_server' does not hold this zone"),
        ({"options": {"ddns_server": "127.0.0.99"}}, "transient", "its server cannot be reached"),
    ],
    ids=["key", "secret", "resolver", "nobody"],
)  # fmt: skip
def test_check_asks_the_server_whether_it_takes_the_key(
    clean: Net, settings: dict[str, Any], category: str, words: str
):
    config = clean.config(changed(DDNS, **settings))
    done = clean.python("-m", "layer_lets_encrypt_dns.check", config, "example.com")
    assert done.stderr.startswith(f"dns challenge [{category}] example.com: provider ddns, zone")
    assert words in done.stderr


@pytest.mark.parametrize("python", ["/bin/echo", "/bin/true", "/bin/false", "/etc"])
def test_what_is_no_python_is_named_as_a_setting(clean: Net, python: str):
    config = clean.config(python=python)
    done = clean.python("-m", "layer_lets_encrypt_dns.check", config, "example.org")
    assert done.stderr.startswith(
        f"dns challenge [configuration] example.org: acme-dns-options: 'python': {python} "
    )
    assert "write the path of a Python that has dns-lexicon" in done.stderr


def test_a_trial_publishes_and_removes_a_record_and_tells_each_step(clean: Net):
    config = clean.config(zones={"example.com": DDNS})
    before = clean.acme.counts()
    trial = ("-m", "layer_lets_encrypt_dns.trial", config)
    done = clean.python(*trial, "example.org", "*.example.org", "x.example.com")
    assert done.returncode == 0, done.stderr
    words = [line.partition(" TXT ")[0].partition(":")[0] for line in done.stdout.splitlines()]
    assert words[:4] == ["example.org", "x.example.com", "published", "published"]
    assert words[4].startswith("served by all name servers after ")
    assert words[5:] == ["removed", "removed"]
    assert clean.journal(config) == []
    assert (clean.acme.counts() - before).order_requests == 0
    clean.rewrite(config, propagation=2, default=changed(POWERDNS, options={
        "pdns_server": "http://127.0.0.2:9"}))  # fmt: skip
    done = clean.python(*trial, "x.example.com", "example.org")
    assert done.returncode == 1
    assert "example.org: provider powerdns" in done.stderr
