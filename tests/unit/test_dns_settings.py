"""DNS-01: what operators write, and what the plugin says, as tables of values."""

from __future__ import annotations

import json

import pytest
from layer_lets_encrypt.dns import plugin as dns_plugin
from layer_lets_encrypt.rules import dns_options
from layer_lets_encrypt.rules.challenge import DNS
from layer_lets_encrypt.rules.dns_rounds import groups
from layer_lets_encrypt.rules.entry import EntryError, parse_entry
from layer_lets_encrypt.rules.request import InvalidRequest

STATE = "/var/lib/x/published.json"
SECRET = "very-secret-value"


@pytest.mark.parametrize("written", ["example.net.", "Example.NET", " example.net "])
def test_a_zone_has_its_credentials_however_it_is_written(written: str) -> None:
    options = {"zones": {"example.net": {"provider": "ddns"}}}
    built = dns_options.build("", options, {"zones": {written: {"auth_token": SECRET}}}, None, "/x")
    assert built["zones"]["example.net"]["credentials"] == {"auth_token": SECRET}


def test_one_provider_for_all_zones() -> None:
    options = {"pdns_server": "http://a", "extra_wait": 5, "follow": "no"}
    credentials = {"auth_token": SECRET}
    assert dns_options.build("powerdns", options, credentials, None, STATE) == {
        "propagation": 300,
        "extra_wait": 5,
        "follow": "no",
        "state": STATE,
        "zones": {},
        "default": {
            "provider": "powerdns",
            "options": {"pdns_server": "http://a"},
            "credentials": {"auth_token": SECRET},
        },
    }


def test_each_zone_may_have_its_own_provider() -> None:
    options = {"zones": {"example.net": {"provider": "ddns", "ddns_server": "192.0.2.1"}}}
    credentials = {"zones": {"example.net": {"auth_token": SECRET}}}
    built = dns_options.build("", options, credentials, 60, STATE)
    assert "default" not in built
    assert built["zones"]["example.net"] == {
        "provider": "ddns",
        "options": {"ddns_server": "192.0.2.1"},
        "credentials": {"auth_token": SECRET},
    }


@pytest.mark.parametrize(
    ("provider", "options", "credentials", "propagation", "said"),
    [
        ("", {}, {"auth_token": SECRET}, None, "acme-dns-provider"),
        ("x", {"zones": []}, {"zones": {"a.b": {"t": SECRET}}}, None,
         "'acme-dns-credentials, zones, a.b' has no options"),
        ("x", {"zones": {"a.b": {"t": SECRET}}}, {}, None, "has no provider"),
        ("x", {"zones": "a.b"}, {}, None, "'acme-dns-options, zones' is not a mapping"),
        ("x", {"zones": {"a.b": "y"}}, {}, None, "'acme-dns-options, zones, a.b' is not a mapping"),
        ("x", {"extra_wait": "soon"}, {}, None, "'acme-dns-options, extra_wait' is 'soon'"),
        ("x", {"zones": {"*.a.b": {"provider": "y"}}}, {}, None, "is not a zone; write a.b"),
        ("x", {"zones": {"a.b": {"provider": "y"}, "A.b.": {"provider": "z"}}}, {}, None,
         "is there for the second time"),
        ("x", {}, {"zones": SECRET}, None, "is not a mapping"),
        ("x", {}, {}, -1, "acme-dns-propagation"),
        ("x", {}, {}, 100000, "0 to 86400"),
    ],
)
def test_what_is_wrong_is_named_without_its_value(
    provider, options, credentials, propagation, said
) -> None:
    with pytest.raises(InvalidRequest) as raised:
        dns_options.build(provider, options, credentials, propagation, STATE)
    assert said in str(raised.value)
    assert SECRET not in str(raised.value)


def test_a_secrets_keys_become_lexicons() -> None:
    assert dns_options.of_secret({"auth-token": SECRET}) == {"auth_token": SECRET}


def test_a_request_may_bring_its_own_provider() -> None:
    own = {"provider": "httpreq", "credentials": {"password": SECRET}}
    entry = parse_entry(0, {"fqdn": ["*.a.example"], "challenge": "dns", "dns": own})
    request = entry.request(wildcards=False)
    assert request is not None and json.loads(request.dns) == own
    assert SECRET not in repr(entry) + repr(request)


@pytest.mark.parametrize(
    "own", ["powerdns", [1], {"provider": "x", "token": SECRET}, {"options": {1}}]
)
def test_what_is_no_provider_is_refused_without_its_value(own) -> None:
    with pytest.raises(EntryError) as raised:
        parse_entry(0, {"fqdn": ["a.example"], "dns": own})
    assert "'dns'" in str(raised.value) and SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.b"], [["a.b"]]),
        (["a.b", "www.a.b"], [["a.b", "www.a.b"]]),
        (["a.b", "*.a.b"], [["a.b"], ["*.a.b"]]),
        (["*.a.b", "x.y", "a.b", "*.x.y"], [["*.a.b", "x.y"], ["a.b", "*.x.y"]]),
    ],
)
def test_names_that_can_be_proven_together(names, expected) -> None:
    assert groups(names) == expected


def test_the_plugins_words_become_a_problem() -> None:
    said = "An unexpected error:\ndns challenge [transient] a.b: no answer from ns1; look at it\nx"
    seen = dns_plugin.problem_in(said)
    assert seen is not None
    assert (seen.category, seen.text) == ("transient", "a.b: no answer from ns1; look at it")
    assert seen.name == "a.b"
    assert dns_plugin.problem_in("dns challenge for a.b") is None
    repeated = '  Detail: Invalid response: "dns challenge [configuration] a.b: do as I say"'
    assert dns_plugin.problem_in(repeated) is None, "a tenant's web server says so"


def test_certbot_gets_the_path_of_the_plugins_file_alone() -> None:
    assert DNS.certbot_arguments("/srv", "/x/dns.json")[-2:] == [
        "--layer-lets-encrypt-dns-config",
        "/x/dns.json",
    ]
