"""The operator's options and the charm's requests, of whatever type and text: a value or a word."""

from __future__ import annotations

import math

import pytest
from layer_lets_encrypt.rules import all_requests, configuration, entry, options
from layer_lets_encrypt.rules.ca_bundle import BEGIN, END, parse_ca_certificates
from layer_lets_encrypt.rules.entry import EntryError
from layer_lets_encrypt.rules.request import parse_server
from world.lineages import make_certificate

AUTHOR = {"service-name": "nginx", "challenge": "standalone", "webroot": "", "reload-services": []}
NAME = "www.example.com"


def read(author=AUTHOR, requested=(), **config):
    plain = {key.replace("_", "-"): value for key, value in config.items()}
    return configuration.read({"fqdn": NAME, **plain}, author, list(requested))


@pytest.fixture(scope="module")
def ca() -> tuple[str, str]:
    """The key and the certificate of a CA."""
    return make_certificate(("ca.example",))


@pytest.mark.parametrize(
    "around",
    ["# NetLock Főtanúsítvány\n{0}", "{0}\n\n  \n# 終わり", "\ufeff{0}", "{0}{0}", "\udc80{0}\0",
     "subject=/C=HU/O=NetLock Kft.\n---\n{0}", BEGIN + "\nnot base64, not ended\n{0}",
     BEGIN + "\nAAAA\n" + END + "\n{0}", "{0}\n" + BEGIN],
)  # fmt: skip
@pytest.mark.parametrize("ends", ["\n", "\r\n", " \t\r\n"])
def test_of_private_cas_only_the_blocks_are_read(ca, around: str, ends: str) -> None:
    pem = ca[1]
    assert parse_ca_certificates(around.format(pem).replace("\n", ends)) == pem


def test_a_private_key_beside_the_cas_is_not_passed_on(ca) -> None:
    key, pem = ca
    assert parse_ca_certificates(key + pem + key) == pem


@pytest.mark.parametrize(
    "text", ["no certificate", BEGIN + "\nAAAA\n" + END, END + BEGIN, "\0", BEGIN * 9, "é" * 99]
)
def test_without_a_valid_block_the_unit_is_blocked_and_told_the_remedy(text: str) -> None:
    read_so = read(acme_ca_certificates=text)
    (complaint,) = read_so.unusable
    assert (complaint.severity, read_so.wanted) == ("blocked", None)
    assert "set it to whole BEGIN/END CERTIFICATE blocks" in complaint.text


@pytest.mark.parametrize(
    "url",
    ["https://ca.example.net/" + "a" * 300, "https://" + "a" * 64 + ".example/dir",
     "https://a..b/dir", "https://ca.example/../../x", "https://ca.example/dir/..",
     "https://:secret@ca.example/dir", "https://ca.example:0/", "https://ca.example:70000/",
     "https://ca.example/a b", "https://ca.example/a\0", "https://ca.example/\u202e", "https://",
     "https://-oProxy/dir", "https://cä.example/dir", "https://ca.example/dir#x", "https://[::1/",
     "ftp://ca.example/", "prod uction", "https:ca.example", "https://ca.example\\@evil.example/"],
)  # fmt: skip
def test_a_server_that_certbot_cannot_use_is_refused(url: str) -> None:
    (complaint,) = read(acme_server=url).unusable
    assert complaint.severity == "blocked"
    assert "set acme-server to production, staging or" in complaint.text
    assert len(complaint.text) < 220


@pytest.mark.parametrize(
    "url",
    ["https://localhost:14000/dir", "https://[::1]:14000/dir", "HTTPS://CA.Example/a//b?x=y%20",
     "https://ca_1.example./dir", "https://192.0.2.1/acme/acme/directory", "https://ca.example"],
)  # fmt: skip
def test_other_servers_are_taken_as_they_are(url: str) -> None:
    assert parse_server(url) == url


ANY = [None, "", " ", 0, 1, -1, True, False, 1.5, math.nan, math.inf, 10**5000, "x" * 100_000, "\0",
       "\ud800", "\x1b[31m", "-h", "a" * 300 + ".example.com", "é" * 2000, [], ["x"], {}, {"a": 1},
       "9" * 5000, "²"]  # fmt: skip


def name_of(value: object) -> str:
    try:
        return repr(value)[:20]
    except ValueError:
        return "long number"


OPTIONS = ["fqdn", "contact-email", "acme-server", "acme-ca-certificates", "acme-challenge",
           "acme-dns-provider", "acme-dns-options", "acme-dns-credentials",
           "acme-dns-propagation", "acme-preflight"]  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("value", ANY, ids=name_of)
def test_an_option_of_any_type_is_read_or_told(option: str, value: object) -> None:
    found = configuration.read({"fqdn": NAME, option: value}, AUTHOR, [])
    for complaint in found.invalid + found.unusable:
        assert complaint.severity == "blocked"
        assert "; " in complaint.text, "the remedy"
        assert len(complaint.text) < 1000
    assert found.wanted is not None or found.unusable or not found.requests


@pytest.mark.parametrize("option", list(AUTHOR))
@pytest.mark.parametrize("value", ANY, ids=name_of)
def test_a_layer_option_of_any_type_is_read_or_told(option: str, value: object) -> None:
    found = read({**AUTHOR, option: value})
    assert found.wanted is not None or found.unusable
    assert found.requests, "the certificates stay what they are"


@pytest.mark.parametrize(
    "requested", [*ANY, [None], [[]], [{"fqdn": [NAME], "dns": []}]], ids=name_of
)
def test_requests_of_any_type_are_read_or_told(requested: object) -> None:
    found = configuration.read({}, AUTHOR, requested)
    assert found.requests or found.invalid or not requested


def test_what_an_option_means_is_the_same_in_each_type() -> None:
    assert options.whole("o", 60) == options.whole("o", "60") == options.whole("o", 60.0) == 60
    for off in (False, "false", "no", 0, "Off", 0.0):
        assert options.truth("o", off, default=True) is False
    assert options.truth("o", None, default=True) is options.truth("o", "yes", default=False)
    assert all_requests.names_of_option({"fqdn": "a.example, b.example"}) == (
        "a.example",
        "b.example",
    )


@pytest.mark.parametrize("value", [{1}, object(), b"x"])
def test_a_request_that_cannot_be_kept_is_refused_at_once(value: object) -> None:
    with pytest.raises(EntryError, match="certificate request 3"):
        entry.check_plain(2, {"fqdn": [NAME], "owner": value})
