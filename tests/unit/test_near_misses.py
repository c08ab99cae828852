"""Keys that are nearly right are named; those that are a charm's own affair are left alone."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.rules import configuration, entry, near_misses
from layer_lets_encrypt.rules.entry import EntryError

NAMED = {"fqdn": ["www.example.com"]}
AUTHOR = {"service-name": "nginx", "challenge": "standalone", "webroot": "", "reload-services": []}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("keytype", "key-type"), ("key_type", "key-type"), ("Key-Type", "key-type"),
        ("challange", "challenge"), ("challenges", "challenge"), ("chalenge", "challenge"),
        ("fqdns", "fqdn"), ("FQDN", "fqdn"), ("dns-", "dns"), ("contact-emial", "contact-email"),
        ("contactemail", "contact-email"),
    ],
)  # fmt: skip
def test_a_key_that_is_nearly_right_is_an_error_that_names_entry_and_both_keys(
    key: str, meant: str
) -> None:
    with pytest.raises(EntryError) as error:
        entry.check_keys(2, {**NAMED, key: "x"})
    assert all(word in str(error.value) for word in ("certificate request 3", repr(key), meant))


OWN = (
    "juju_unit",
    "credentials",
    "upstreams",
    "nginx-config",
    "email",
    "domain",
    "name",
    "key",
    "",
)


@pytest.mark.parametrize("key", [*entry.KEYS, *OWN, 7, None])
def test_known_keys_and_a_charms_own_are_taken(key: object) -> None:
    entry.check_keys(0, {**NAMED, key: "x"})


def test_a_charms_own_keys_are_told_once_each() -> None:
    requests = [{**NAMED, "juju_unit": 1}, {**NAMED, "juju_unit": 2, 7: 3}, "no entry"]
    assert entry.ignored_keys(requests) == ["7", "juju_unit"]
    assert entry.ignored_keys([NAMED]) == []


def test_what_an_older_version_took_stays_as_good_as_it_was() -> None:
    requested = [{**NAMED, "keytype": "rsa"}]
    read = configuration.read({}, AUTHOR, requested)
    assert [request.names for request in read.requests] == [
        ("www.example.com",)
    ] and not read.invalid


@pytest.mark.parametrize(
    ("option", "hint"), [("service_name", " (service-name is)"), ("colour", "")]
)
def test_a_layer_option_that_says_nothing_is_a_status_for_the_author(
    option: str, hint: str
) -> None:
    read = configuration.read({"fqdn": "www.example.com"}, {**AUTHOR, option: "nginx"}, [])
    (complaint,) = read.invalid
    assert complaint.severity == "blocked" and complaint.text == (
        f"the charm's layer option {option!r} is not known{hint}; report this to the charm's author"
    )
    assert read.wanted is not None, "it keeps no certificate away"


def test_layer_options_that_are_known_say_nothing() -> None:
    assert configuration.read({}, AUTHOR, []).invalid == []
    assert near_misses.unknown(AUTHOR, configuration.AUTHOR_OPTIONS) == []
