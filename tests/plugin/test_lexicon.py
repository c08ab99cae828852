"""Lexicon of the distribution and the newest; ``auto``; and what Lexicon must not do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from net import DDNS, POWERDNS, Net
from world.world import PROJECT

NEWEST = str(PROJECT / "build/lexicon-newest/bin/python")
PYTHONS = {"apt": "/usr/bin/python3", "newest": NEWEST}


@pytest.fixture(params=["apt", "newest"])
def python(request: pytest.FixtureRequest) -> str:
    if not Path(PYTHONS[request.param]).exists():
        pytest.skip(
            "build/lexicon-newest is not there; make it: python3 -m venv build/lexicon-newest && "
            "build/lexicon-newest/bin/pip install dns-lexicon"
        )
    return PYTHONS[request.param]


def test_two_providers_with_each_lexicon(clean: Net, python: str):
    config = clean.config(zones={"example.com": DDNS}, python=python)
    names = ("example.org", "*.example.org", "*.example.com", "host.lan")
    run = clean.order(config, *names)
    assert run.status == 0, run.said
    assert clean.names(config) == set(names)
    assert clean.journal(config) == []


@pytest.mark.parametrize(
    ("default", "name", "words"),
    [
        ({**POWERDNS, "provider": "powerdsn"}, "example.org", "did you mean powerdns?"),
        ({**POWERDNS, "credentials": {}}, "example.org", "give acme-dns-credentials auth_token"),
        ({**POWERDNS, "credentials": {"auth_token": "wrong-credential"}}, "example.org", "401"),
        (DDNS, "example.info", "UpdateRefused: the server answered REFUSED"),
        (
            {**POWERDNS, "options": {"pdns_server": "127.0.0.2:8081"}},
            "example.org",
            "'pdns_server' is not a usable address",
        ),
        (
            {**POWERDNS, "credentials": {"auth_token": "\u201cwrong-credential\u201d"}},
            "example.org",
            "'auth_token' has characters that cannot be sent",
        ),
        (
            {**POWERDNS, "credentials": {"auth_token": "wrong-credential\n"}},
            "example.org",
            "acme-dns-credentials: 'auth_token' has a line break",
        ),
        (
            {
                "provider": "ovh",
                "options": {"auth_entrypoint": "ovh"},
                "credentials": {"auth_consumer_key": "wrong-credential"},
            },
            "example.org",
            "'auth_entrypoint' of ovh has no such value; did you mean ovh-",
        ),
        (
            {
                "provider": "cloudflare",
                "options": {"zoneid": "x"},
                "credentials": {"auth_token": "wrong-credential"},
            },
            "example.org",
            "cloudflare has no option 'zoneid'; did you mean 'zone_id'?",
        ),
    ],
    ids=[
        "unknown",
        "missing",
        "wrong",
        "refused",
        "address",
        "letters",
        "break",
        "choice",
        "option",
    ],
)
def test_faults_with_each_lexicon(clean: Net, python: str, default: Any, name: str, words: str):
    run = clean.order(clean.config(default, python=python), name)
    assert run.error()[:2] == ("configuration", name)
    assert words in run.error()[2]
    assert run.counts.validations == 0


def test_the_list_of_public_suffixes_is_neither_read_nor_downloaded(clean: Net, python: str):
    """Every file that the worker opens and every place it connects to is looked at."""
    config = clean.config(python=python)
    challenge = {"name": "example.org", "value": "A" * 43}
    request = {"do": "publish", "config": config, "owner": "", "challenges": [challenge]}
    trace = "/tmp/worker.trace"
    strace = ["strace", "-f", "-e", "trace=openat,connect,execve", "-o", trace]
    done = clean.world.run(
        [*strace, python, "-B", "-m", "layer_lets_encrypt_dns.worker"],
        {**clean.environment(), "HOME": "/nonexistent"},
        input=json.dumps(request) + "\n",
    )
    assert json.loads(done.stdout.splitlines()[-1]) == {"done": 0}
    text = clean.world.path(trace).read_text()
    assert clean.sweep(config).returncode == 0
    assert "lexicon" in text
    assert "publicsuffix" not in text
    assert "tld_set" not in text
    assert text.count("execve") == 1
    ports = {
        line.split("htons(")[1].split(")")[0] for line in text.splitlines() if "htons(" in line
    }
    assert ports <= {"53", "8081", "0"}


def test_auto_with_a_mapping(clean: Net):
    nested = {"powerdns": POWERDNS["options"], "mapping_override": "example.org:powerdns"}
    credentials = {"powerdns": POWERDNS["credentials"]}
    auto = {"provider": "auto", "options": nested, "credentials": credentials}
    run = clean.order(clean.config(auto), "www.example.org")
    assert run.status == 0, run.said


def test_auto_finds_a_provider_by_its_name_servers(clean: Net):
    """Name servers of Cloudflare's, here at another address; there is no such account."""
    servers = {"ada.ns.cloudflare.com": "127.0.0.2", "bob.ns.cloudflare.com": "127.0.0.2"}
    clean.pdns.create_zone("example.museum", servers)
    clean.pdns.create_zone("cloudflare.com", {"ns1.cloudflare.com": "127.0.0.2"})
    for server in servers:
        host = server[: -len(".cloudflare.com")]
        clean.pdns.add("cloudflare.com", host, "A", "127.0.0.2")
    config = clean.config(
        {"provider": "auto", "credentials": {"cloudflare_auth_token": "wrong-credential"}},
        nameservers=["127.0.0.2"],
    )
    check = ("-m", "layer_lets_encrypt_dns.check", config, "www.example.museum")
    assert "in zone example.museum by cloudflare" in clean.python(*check).stdout
    run = clean.order(config, "www.example.museum")
    assert "provider cloudflare, zone example.museum" in run.error()[2]
    assert run.counts.validations == 0
    config = clean.config({"provider": "auto"})
    run = clean.order(config, "www.example.org")
    assert "auto knows no provider for the name servers of zone example.org" in run.error()[2]
