"""Names, addresses and servers as people write them."""

from __future__ import annotations

import pytest
from layer_lets_encrypt import request
from layer_lets_encrypt.request import InvalidRequest


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("www.example.com", "www.example.com"),
        ("WWW.Example.COM", "www.example.com"),
        ("  www.example.com  ", "www.example.com"),
        ("www.example.com.", "www.example.com"),
        ("bücher.example.com", "xn--bcher-kva.example.com"),
        ("BÜCHER.example.com.", "xn--bcher-kva.example.com"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("xn--bcher-kva.example.com", "xn--bcher-kva.example.com"),
        ("r3---sn-x.example.com", "r3---sn-x.example.com"),
        ("a" * 63 + ".example.com", "a" * 63 + ".example.com"),
        ("1.example.com", "1.example.com"),
    ],
)
def test_a_name_becomes_its_normal_form(written: str, meant: str) -> None:
    assert request.normalise_name(written) == meant


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("www.exa mple.com", "blank inside"),
        ("--server=http://x", "option"),
        ("-h", "option"),
        ("/etc/passwd", "path"),
        ("../../../tmp/evil", "path"),
        ("https://www.example.com", "path or a URL"),
        ("192.0.2.1", "IP address"),
        ("2001:db8::1", "IP address"),
        ("[2001:db8::1]", "IP address"),
        ("a" * 64 + ".example.com", "label longer than 63"),
        (".".join(["a" * 60] * 5), "longer than 253"),
        ("com", "single label"),
        ("localhost", "single label"),
        ("www..example.com", "invalid label ''"),
        (".example.com", "invalid label ''"),
        ("-www.example.com", "option"),
        ("www-.example.com", "invalid label 'www-'"),
        ("under_score.example.com", "invalid label 'under_score'"),
        ("x;touch${IFS}evil.example.com", "invalid label"),
        ("$(id).example.com", "invalid label"),
        ("www.example.com:443", "invalid label"),
        ("*.example.com", "wildcard"),
        ("www.*.example.com", "invalid label '*'"),
        ("example.123", "ends in a number"),
        ("☃\u0378.example.com", "no IDNA form"),
    ],
)
def test_what_is_no_name_is_refused_with_reason_and_remedy(written: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match="; ") as raised:
        request.normalise_name(written)
    assert reason in raised.value.reason
    assert raised.value.remedy


def test_a_wildcard_is_a_name_where_the_challenge_can_validate_it() -> None:
    assert request.normalise_name("*.Example.com.", wildcards=True) == "*.example.com"


def test_an_error_does_not_repeat_a_novel() -> None:
    with pytest.raises(InvalidRequest) as raised:
        request.normalise_name("x" * 5000)
    assert len(str(raised.value)) < 250


@pytest.mark.parametrize("value", [None, "", "  ", " , "])
def test_unset_and_empty_want_nothing(value: str | None) -> None:
    assert request.parse_request(request.split_names(value), "fqdn") is None


def test_names_keep_their_order_and_lose_their_doubles() -> None:
    names = request.split_names("b.example.com, a.example.com\tB.example.com.")
    wanted = request.parse_request(names, "fqdn")
    assert wanted is not None
    assert wanted.names == ("b.example.com", "a.example.com")
    assert wanted.lineage == "b.example.com"


def test_a_lineage_is_named_without_the_wildcard() -> None:
    wanted = request.parse_request(["*.example.com", "example.com"], "fqdn", wildcards=True)
    assert wanted is not None
    assert wanted.lineage == "example.com"


def test_more_names_than_a_certificate_holds_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="101 names"):
        request.parse_request([f"n{i}.example.com" for i in range(101)], "fqdn")


LETS_ENCRYPT = request.SERVERS["production"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (None, None),
        ("  ", None),
        (" admin@Example.NET ".replace("Example.NET", "Firm.example"), "admin@firm.example"),
        ("first.last+tag@bücher.example", "first.last+tag@xn--bcher-kva.example"),
    ],
)
def test_contact(written: str | None, meant: str | None) -> None:
    assert request.parse_email(written, LETS_ENCRYPT) == meant


@pytest.mark.parametrize(
    "written", ["admin", "admin@", "@x.example", "a b@x.example", "admin@host", "-e@x.example",
                "a@b@x.example", "admin@x.example,b@x.example", "admin@example.com"]
)  # fmt: skip
def test_an_invalid_contact_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequest, match="contact-email"):
        request.parse_email(written, LETS_ENCRYPT)


def test_a_private_ca_may_take_what_lets_encrypt_refuses() -> None:
    assert request.parse_email("a@example.com", "https://ca.test/dir") == "a@example.com"


def test_servers() -> None:
    assert request.parse_server(None) == request.SERVERS["production"]
    assert request.parse_server(" staging ") == request.SERVERS["staging"]
    assert request.parse_server("https://127.0.0.1:14000/dir") == "https://127.0.0.1:14000/dir"


@pytest.mark.parametrize(
    "written", ["http://ca.example/dir", "prod", "--server", "https://", "https://x:99999/dir",
                "https://u:p@ca.example/dir", "https://ca.example/d ir"]
)  # fmt: skip
def test_what_is_no_server_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequest, match="acme-server"):
        request.parse_server(written)
