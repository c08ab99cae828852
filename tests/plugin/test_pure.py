"""The parts that decide: configuration, names, errors, providers, verdicts."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from layer_lets_encrypt_dns import config, failure, journal, names, pipe, propagation, providers
from layer_lets_encrypt_dns.failure import Failure
from layer_lets_encrypt_dns.names import Record, Reply, Server, Step
from layer_lets_encrypt_dns.target import Target

SECRET = "s3cr3t-value/with+signs"
CLOUDFLARE = {"provider": "cloudflare", "credentials": {"auth_token": SECRET}}


def parse(default: Any = CLOUDFLARE, **keys: Any) -> config.Config:
    return config.parse(json.dumps({"state": "/x/journal.json", "default": default, **keys}))


# -- configuration --------------------------------------------------------------------------------


def test_the_form_of_lexicon_yml_and_flat_options_are_the_same():
    forms = [
        {"cloudflare": {"zone_id": "z"}, "ttl": 120},
        {"zone_id": "z", "ttl": 120},
    ]
    found = [parse({**CLOUDFLARE, "options": form}).default for form in forms]
    assert found[0] == found[1]
    assert found[0] is not None
    assert found[0].settings == {"zone_id": "z", "auth_token": SECRET}
    assert found[0].ttl == 120


def test_defaults():
    found = parse()
    assert (found.propagation, found.extra_wait, found.nameservers) == (300, 0, ())
    assert (found.python, found.state) == ("/usr/bin/python3", Path("/x/journal.json"))


def test_the_longest_zone_wins():
    zones = {
        name: {"provider": name.replace(".", "-")} for name in ("example.org", "a.Example.org.")
    }
    found = parse(zones=zones)
    assert found.provider_of("example.org").name == "example-org"
    assert found.provider_of("b.a.example.org").name == "a-example-org-"
    assert found.provider_of("notexample.org").name == "cloudflare"


@pytest.mark.parametrize(
    ("entry", "pair"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::ffff", ("2001:db8::ffff", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_nameservers(entry: str, pair: tuple[str, int]):
    assert parse(nameservers=[entry]).nameservers == (pair,)


@pytest.mark.parametrize(
    "keys",
    [
        {"default": "cloudflare"},
        {"default": {"provider": "../x", "credentials": {"auth_token": SECRET}}},
        {"default": {**CLOUDFLARE, "options": {"delegated": "x"}}},
        {"default": {**CLOUDFLARE, "options": {"ttl": "soon"}}},
        {"default": {**CLOUDFLARE, "options": {"ca_certificates": "/not/there"}}},
        {"default": {**CLOUDFLARE, "colour": SECRET}},
        {"zones": [SECRET]},
        {"zones": {"example.org": {}}},
        {"nameservers": "192.0.2.1"},
        {"nameservers": ["192.0.2.1:0"]},
        {"nameservers": ["dns.example.org"]},
        {"propagation": -1},
        {"extra_wait": True},
        {"python": "python3"},
        {"state": None},
    ],
)
def test_bad_configurations_are_refused_without_their_values(keys: dict[str, Any]):
    with pytest.raises(Failure) as caught:
        parse(**keys)
    assert caught.value.category == "configuration"
    assert SECRET not in str(caught.value)


def test_secrets_are_known_wherever_they_stand_and_never_shown():
    options = {"auth_username": "u", "cloudflare": {"api_key": "key-in-options", "zone_id": "zone"}}
    found = parse({**CLOUDFLARE, "options": options})
    assert {SECRET, "key-in-options"} <= set(found.secrets())
    assert "zone" not in set(found.secrets())
    assert SECRET not in repr(found)


def test_redaction_of_disguises():
    hide = failure.redactor([SECRET, "hmac-sha256:name-of-key:c2VjcmV0", "abc"])
    for text in (
        SECRET,
        "s3cr3t-value%2Fwith%2Bsigns",
        "czNjcjN0LXZhbHVlL3dpdGgrc2lnbnM=",
        "c2VjcmV0",
    ):
        assert hide(f"x {text} y") == "x *** y"
    assert hide("abc") == "abc"


def test_errors_are_one_line_that_the_layer_can_read():
    said = str(failure.configuration("first\nsecond" + "x" * 600).about("example.org"))
    assert re.fullmatch(r"dns challenge \[configuration\] example\.org: first second.*", said)
    assert len(said) < 460


# -- names ----------------------------------------------------------------------------------------


def test_the_name_of_the_record():
    assert names.challenge_name("*.Example.org.") == "_acme-challenge.example.org"
    assert names.challenge_name("www.example.org") == "_acme-challenge.www.example.org"


RECORD = "_a.example.org"


def soa(owner: str) -> Record:
    return Record(owner, "SOA", "ns1")


@pytest.mark.parametrize(
    ("reply", "zone"),
    [
        (Reply("NOERROR", answer=(soa("www.example.org"),)), "www.example.org"),
        (Reply("NXDOMAIN", authority=(soa("example.org"),)), "example.org"),
        (Reply("NXDOMAIN", authority=(soa(""),)), ""),
        (Reply("NOERROR"), None),
        (Reply("REFUSED"), None),
        # an alias: the SOA beside it is that of another zone, or of another place in this one
        (
            Reply("NOERROR", False, (Record("www.example.org", "CNAME", "x.org"),), (soa("org"),)),
            None,
        ),
        (Reply("NOERROR", authority=(soa("example.net"),)), None),
    ],
)
def test_zone_of_a_resolvers_reply(reply: Reply, zone: str | None):
    assert names.zone_of("www.example.org", reply) == zone


@pytest.mark.parametrize(
    ("reply", "step"),
    [
        (Reply("NXDOMAIN", True, authority=(soa("example.org"),)), Step()),
        (Reply("NOERROR", True, (Record(RECORD, "CNAME", "t.net"),)), Step(alias="t.net")),
        # what follows in a chain is looked up on its own
        (Reply("NOERROR", True, (Record("t.net", "CNAME", "u.net"),)), Step()),
        (Reply("NOERROR", authority=(Record(RECORD, "NS", "n"),)), Step(zone=RECORD)),
        (Reply("NOERROR", True, authority=(soa(RECORD),)), Step(zone=RECORD)),
        (Reply("NOERROR", True, authority=(Record("org", "NS", "n"),)), Step()),
    ],
)  # fmt: skip
def test_next_step_by_a_servers_reply(reply: Reply, step: Step):
    assert names.next_step(RECORD, "example.org", reply) == step


# -- providers ------------------------------------------------------------------------------------


def test_auto_matches_domains_and_patterns():
    known = {"route53": (re.compile(r"^awsdns-\d+\.\w+"),), "cloudflare": ("cloudflare.com",)}
    assert providers.match(["ada.ns.cloudflare.com"], known) == "cloudflare"
    assert providers.match(["ns-1.awsdns-00.co.uk"], known) == "route53"
    assert providers.match(["ns1.example.org"], known) == ""


def test_auto_takes_the_settings_of_the_provider_it_found():
    settings = {"cloudflare": {"a": 1}, "cloudflare_b": 2, "auto_cloudflare_c": 3, "ovh": {"d": 4}}
    assert providers.narrowed("cloudflare", settings) == {"a": 1, "b": 2, "c": 3}


# -- verdicts -------------------------------------------------------------------------------------

ONE, TWO = Server("ns1", "192.0.2.1"), Server("ns2", "192.0.2.2")
TARGET = Target("example.org", "_acme-challenge.example.org", "example.org", (ONE, TWO))
FIRST = propagation.Wanted(TARGET, "first", "someone")
SECOND = propagation.Wanted(TARGET, "second", "someone")


@pytest.mark.parametrize(
    ("answers", "category", "words"),
    [
        ({ONE: {"second"}, TWO: None}, "transient", "ns2 (192.0.2.2): no answer"),
        ({ONE: set(), TWO: set()}, "transient", "someone reported success, but no name server"),
        ({ONE: {"first"}, TWO: set()}, "transient", "has not reached ns2 (192.0.2.2)"),
        ({ONE: {"second"}, TWO: {"second"}}, "configuration", "one-value-server: "),
    ],
)
def test_verdict(answers: dict[Server, Any], category: str, words: str):
    seen = propagation.Seen()
    for server, values in answers.items():
        said = (None, "no answer") if values is None else (frozenset(values), "")
        seen.note((server, TARGET.fqdn), said)
    found = propagation.verdict(FIRST, [FIRST, SECOND], seen, 9)
    assert (found.category, found.name, words in found.text) == (category, "example.org", True)


# -- journal and pipe -----------------------------------------------------------------------------


def test_the_journal_keeps_what_it_is_told(tmp_path: Path):
    kept = journal.Journal(tmp_path / "new" / "journal.json")
    entries = [journal.Entry("n", "f", "z", value, "1 2", {"token": "t"}) for value in "ab"]
    for entry in [*entries, entries[0]]:
        kept.add(entry)
    assert sorted(e.value for e in kept.entries()) == ["a", "b"]
    kept.drop(entries[0])
    kept.drop(entries[0])
    assert kept.entries() == [entries[1]]
    (tmp_path / "new" / "journal.json").write_text('[{"what": 1}]')
    with pytest.raises(Failure, match="cannot be read"):
        kept.entries()


def test_owners_are_told_apart_from_later_processes():
    own = journal.identity(os.getpid())
    assert journal.is_alive(own)
    assert not journal.is_alive(own + "0")
    process = subprocess.Popen(["true"])
    gone = journal.identity(process.pid)
    process.wait()
    assert not journal.is_alive(gone)


def test_the_lock_waits_and_gives_up(tmp_path: Path):
    path = str(tmp_path / "lock")
    with journal.lock(path), pytest.raises(Failure, match="keeps writing"), journal.lock(path, 0.2):
        pass
    with journal.lock(path, 0):
        pass


def test_the_worker_gets_proxies_and_nothing_else():
    outer = {"https_proxy": "p", "NO_PROXY": "n", "REQUESTS_CA_BUNDLE": "/ca", "LEXICON_X": "y"}
    inner = pipe.environment(outer)
    assert (inner["https_proxy"], inner["NO_PROXY"]) == ("p", "n")
    assert not {"REQUESTS_CA_BUNDLE", "LEXICON_X"} & set(inner)
