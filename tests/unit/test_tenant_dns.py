"""The DNS settings of a request are data for its own zones."""

from __future__ import annotations

from typing import Any

import pytest
from layer_lets_encrypt.rules import configuration
from layer_lets_encrypt.rules.entry import EntryError, parse_entry

SECRET = "s3cret-value"


def entry(**dns: Any) -> dict[str, Any]:
    plain = {"provider": "cloudflare", "credentials": {"auth_token": SECRET}, **dns}
    return {"fqdn": ["a.example.com"], "challenge": "dns", "dns": plain}


@pytest.mark.parametrize(
    "dns",
    [
        {},
        {"options": {"ttl": 120, "zone_id": "x"}, "propagation": 600},
        {"provider": "httpreq", "options": {"endpoint": "https://dns.example.net"}},
        {"provider": "ddns", "options": {"ddns_server": "192.0.2.53"}},
        {"provider": "route53",
         "credentials": {"auth_access_key": "A", "auth_access_secret": SECRET}},
        {"provider": "route53",
         "credentials": {"route53": {"auth_access_key": "A", "auth_access_secret": SECRET}}},
        {"provider": "", "options": {"zones": {"example.com": {"provider": "gandi"}}},
         "credentials": {"zones": {"example.com": {"auth_token": SECRET}}}},
    ],
)  # fmt: skip
def test_what_concerns_its_own_zone_is_taken(dns: dict[str, Any]) -> None:
    assert parse_entry(0, entry(**dns)).dns


@pytest.mark.parametrize(
    ("dns", "named"),
    [
        ({"options": {"python": "/tmp/x"}}, "python"),
        ({"credentials": {"python": "/tmp/x"}}, "python"),
        ({"options": {"cloudflare": {"Python": "/tmp/x"}}}, "Python"),
        ({"options": {"nameservers": ["192.0.2.1"]}}, "nameservers"),
        ({"options": {"extra_wait": 3600}}, "extra_wait"),
        ({"options": {"extra-wait": 3600}}, "extra-wait"),
        ({"options": {"follow": "false"}}, "follow"),
        ({"options": {"ca_certificates": "/etc/shadow"}}, "ca_certificates"),
        ({"options": {"zones": {"b.example": {"provider": "gandi", "ca_certificates": "/x"}}}},
         "ca_certificates"),
        ({"options": {"auth_config_file": "/root/.oci/config"}}, "auth_config_file"),
        ({"options": {"aws_profile": "default"}}, "aws_profile"),
        ({"options": {"keyfile": "x", "key_path": "/x"}}, "key_path"),
        ({"provider": "googleclouddns",
          "credentials": {"auth_service_account_info": "file::/root/key.json"}},
         "auth_service_account_info"),
        ({"provider": "auto"}, "auto"),
        ({"provider": "localzone", "options": {"filename": "/etc/passwd"}}, "localzone"),
        ({"provider": "OCI"}, "oci"),
        ({"provider": "transip", "credentials": {"auth_api_key": "/etc/ssl/private/x"}}, "transip"),
        ({"provider": "route53", "credentials": {}}, "auth_access_key"),
        ({"provider": "route53", "credentials": {"auth_access_key": "A"}}, "auth_access_secret"),
        ({"provider": "../../tmp/evil"}, "provider"),
        ({"provider": "__main__"}, "provider"),
        ({"provider": "os.path"}, "provider"),
        ({"options": {"zones": {"example.com": {"provider": "auto"}}}}, "auto"),
        ({"propagation": 86400}, "propagation"),
        ({"propagation": -1}, "propagation"),
        ({"provider": "httpreq", "options": {"endpoint": "http://dns.example.net"}}, "endpoint"),
        ({"provider": "httpreq", "options": {"endpoint": "http://169.254.169.254"}}, "endpoint"),
        ({"provider": "httpreq", "options": {"endpoint": "\u00a0HTTP://a.example"}}, "endpoint"),
        ({"provider": "httpreq", "credentials": {"endpoint": "http://a.example"}}, "endpoint"),
        ({"provider": "httpreq",
          "options": {"endpoint": "http://a.example", "x": {"endpoint": "https://a.example"}}},
         "endpoint"),
        ({"provider": "route53",
          "credentials": {"x": {"auth_access_key": "A", "auth_access_secret": SECRET}}},
         "auth_access_key"),
        ({"provider": "route53", "credentials": {},
          "options": {"zones": {"example.com": {"provider": "gandi", "auth_access_key": "A",
                                                "auth_access_secret": "B"}}}}, "auth_access_key"),
        ({"provider": "route53",
          "credentials": {"auth_access_key": " ", "auth_access_secret": SECRET}},
         "auth_access_key"),
        ({"provider": "route53",
          "credentials": {"auth_access_key": "A", "auth_access_secret": SECRET,
                          "route53": {"auth_access_key": ""}}}, "auth_access_key"),
    ],
)  # fmt: skip
def test_what_is_the_operators_alone_is_refused_and_named(dns: dict[str, Any], named: str) -> None:
    with pytest.raises(EntryError) as raised:
        parse_entry(0, entry(**dns))
    assert repr(named)[1:-1] in str(raised.value)
    assert SECRET not in str(raised.value)


def test_an_older_request_with_such_settings_is_reported_and_not_used() -> None:
    requested = [entry(options={"python": "/tmp/x"}), {"fqdn": ["b.example.com"]}]
    read = configuration.read({}, {"service-name": "nginx"}, requested)
    assert [request.names for request in read.requests] == [("b.example.com",)]
    assert "only the operator may set 'python'" in read.invalid[0].text


def test_the_time_limit_includes_what_the_operator_has_the_plugin_wait() -> None:
    base = {"fqdn": "a.example.com", "acme-challenge": "dns"}
    with_wait = {**base, "acme-dns-options": "extra_wait: 3600"}
    limits = [configuration.read(c, {}, []).wanted for c in (base, with_wait)]
    assert limits[0] is not None and limits[1] is not None
    assert limits[1].patience == limits[0].patience + 3600


@pytest.mark.parametrize("address", ["http://[", "https://a]b", "http://[::1", "https://[x]:y"])
def test_an_address_that_is_none_breaks_nothing(address: str) -> None:
    requested = [entry(provider="httpreq", options={"endpoint": address}), {"fqdn": ["b.example"]}]
    read = configuration.read({}, {"service-name": "nginx"}, requested)
    assert ("b.example",) in [request.names for request in read.requests]


@pytest.mark.parametrize("depth", [20, 800, 5000])
@pytest.mark.parametrize("kind", ["options", "credentials"])
def test_settings_nested_deep_are_refused(depth: int, kind: str) -> None:
    value: Any = SECRET
    for _ in range(depth):
        value = {"x": value}
    with pytest.raises(EntryError, match="nested more than 10 deep"):
        parse_entry(0, entry(**{kind: value}))


def test_names_nested_deep_are_refused() -> None:
    value: Any = "a.example.com"
    for _ in range(5000):
        value = [value]
    with pytest.raises(EntryError, match="has a list under the key 'fqdn'"):
        parse_entry(0, {"fqdn": [value]})
    with pytest.raises(EntryError, match="has a list under the key 'challenge'"):
        parse_entry(0, {"fqdn": ["a.example.com"], "challenge": value})
    with pytest.raises(EntryError, match="has (a long number|10+) under the key 'challenge'"):
        parse_entry(0, {"fqdn": ["a.example.com"], "challenge": 10**5000})
