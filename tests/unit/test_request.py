"""Names, addresses and servers as people write them."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.rules import request
from layer_lets_encrypt.rules.request import InvalidRequest


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


QUALIFIED = "write a fully qualified name"
ALONE = "write the host name alone"
SEPARATE = "separate names with blanks or commas"
WITHOUT = "write the name without them"


@pytest.mark.parametrize(
    ("written", "reason", "remedy"),
    [
        ("", "empty", QUALIFIED),
        ("www.exa mple.com", "blank inside", QUALIFIED),
        ("--server=http://x", "option", QUALIFIED),
        ("-h", "option", QUALIFIED),
        ("-www.example.com", "option", QUALIFIED),
        ("-", "a lone hyphen", SEPARATE),
        ("/etc/passwd", "path", ALONE),
        ("../../../tmp/evil", "path", ALONE),
        ("C:\\www", "path", ALONE),
        ("www.example.com/shop", "path", ALONE),
        ("https://www.example.com", "is a URL", ALONE),
        ("HTTPS://www.example.com:443/", "is a URL", ALONE),
        ("http//www.example.com", "is a URL", ALONE),
        ("http:/www.example.com", "is a URL", ALONE),
        ("ftp://www.example.com", "is a URL", ALONE),
        ("192.0.2.1", "is an IP address", QUALIFIED),
        ("192.0.2.1:443", "is an IP address with a port", QUALIFIED),
        ("192.0.2.0/24", "is an IP address with a length", QUALIFIED),
        ("2001:db8::1", "is an IP address", QUALIFIED),
        ("[2001:db8::1]", "is an IP address", QUALIFIED),
        ("[2001:db8::1]:443", "is an IP address with a port", QUALIFIED),
        ("www.example.com:443", "has the port 443", ALONE),
        ("*.example.com:8443", "has the port 8443", ALONE),
        ("DNS:www.example.com", "has a colon", ALONE),
        ("www.example.com;www.example.org", "has ';' inside", SEPARATE),
        ("www.example.com|www.example.org", "has '|' inside", SEPARATE),
        ("www.example.com&www.example.org", "has '&' inside", SEPARATE),
        ("www.example.com+www.example.org", "has '+' inside", SEPARATE),
        ("www.example.com,", "has ',' inside", SEPARATE),
        ("www.example.com\uff0cwww.example.org", "has '\uff0c' inside", SEPARATE),
        ("www..example.com", "two dots in a row", "write single dots"),
        ("www.example.com..", "two dots in a row", "write single dots"),
        (".example.com", "begins with a dot", "leave it out"),
        ("user@example.com", "is an e-mail address", QUALIFIED),
        ("@hosts.txt", "names a file to the juju command alone", "what is in that file"),
        ("mailto:user@example.com", "is an e-mail address", QUALIFIED),
        ('"www.example.com"', "has quotes", WITHOUT),
        ("'www.example.com'", "has quotes", WITHOUT),
        ("`www.example.com`", "has quotes", WITHOUT),
        ("\u201cwww.example.com\u201d", "has quotes", WITHOUT),
        ("\u2018www.example.com\u2019", "has quotes", WITHOUT),
        ("\u00abwww.example.com\u00bb", "has quotes", WITHOUT),
        ("[www.example.com]", "has brackets", WITHOUT),
        ("(www.example.com)", "has brackets", WITHOUT),
        ("<www.example.com>", "has brackets", WITHOUT),
        ("{{fqdn}}", "has brackets", WITHOUT),
        ("$FQDN", "a variable", QUALIFIED),
        ("%HOSTNAME%", "a variable", QUALIFIED),
        ("fqdn=www.example.com", "has '='", "write the name alone"),
        ("under_score.example.com", "has an underscore", "letters, digits, hyphens"),
        ("www.exam\u200bple.com", "the invisible character U+200B", "type it again"),
        ("\ufeffwww.example.com", "the invisible character U+FEFF", "type it again"),
        ("www.ex\u00adample.com", "the invisible character U+00AD", "type it again"),
        ("www.\u202eexample.com", "the invisible character U+202E", "type it again"),
        ("www\uff0eexample\uff0ecom", "has '\uff0e' for a dot", "write plain dots"),
        ("www\u3002example\u3002com", "has '\u3002' for a dot", "write plain dots"),
        ("www\u20131.example.com", "has '\u2013' for a hyphen", "write plain hyphens"),
        ("www.example.com!", "has '!'", "letters, digits, hyphens"),
        ("www.example.com#top", "has '#'", "letters, digits, hyphens"),
        ("x;touch${IFS}evil.example.com", "has ';'", SEPARATE),
        ("$(id).example.com", "brackets", WITHOUT),
        ("a" * 64 + ".example.com", "label longer than 63", "shorter labels"),
        (".".join(["a" * 60] * 5), "longer than 253", "shorter name"),
        ("com", "single label", QUALIFIED),
        ("localhost", "single label", QUALIFIED),
        ("www-.example.com", "invalid label 'www-'", "inner hyphens"),
        ("*.example.com", "is a wildcard", "set acme-challenge=dns (docs/dns.md) or list the host"),
        ("www.*.example.com", "has '*' where", "a wildcard is *. before"),
        ("*www.example.com", "has '*' where", "a wildcard is *. before"),
        ("*.*.example.com", "has '*' where", "a wildcard is *. before"),
        ("example.123", "ends in a number", "top-level domain"),
        ("☃\u0378.example.com", "no IDNA form", "as its owner registered it"),
    ],
)
def test_what_is_no_name_is_refused_with_reason_and_remedy(
    written: str, reason: str, remedy: str
) -> None:
    with pytest.raises(InvalidRequest, match="; ") as raised:
        request.normalise_name(written)
    assert reason in raised.value.reason
    assert remedy in raised.value.remedy
    assert len(f"TLS: certificate request 12: {raised.value}") < 200
    assert str(raised.value).isprintable()


def test_a_wildcard_is_a_name_where_the_challenge_can_validate_it() -> None:
    assert request.normalise_name("*.Example.com.", wildcards=True) == "*.example.com"


def test_an_error_does_not_repeat_a_novel() -> None:
    with pytest.raises(InvalidRequest) as raised:
        request.normalise_name("x" * 5000)
    assert len(str(raised.value)) < 150


@pytest.mark.parametrize("value", [None, "", "  ", " , "])
def test_unset_and_empty_want_nothing(value: str | None) -> None:
    assert request.parse_request(request.split_names(value), "fqdn") is None


def test_names_keep_their_order_and_lose_their_doubles() -> None:
    names = request.split_names("b.example.com, a.example.com\tB.example.com.")
    wanted = request.parse_request(names, "fqdn")
    assert wanted is not None
    assert wanted.names == ("b.example.com", "a.example.com")
    assert wanted.lineage_name == "b.example.com"


def test_a_lineage_is_named_without_the_wildcard() -> None:
    wanted = request.parse_request(["*.example.com", "example.com"], "fqdn", wildcards=True)
    assert wanted is not None
    assert wanted.lineage_name == "example.com"


def test_more_names_than_a_certificate_holds_are_refused() -> None:
    names = [f"n{number}.example.com" for number in range(101)]
    with pytest.raises(InvalidRequest, match="101 names; .* at most 100; remove some"):
        request.parse_request(names, "fqdn")


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
    assert request.parse_server("Production") == request.SERVERS["production"]
    assert request.parse_server("https://127.0.0.1:14000/dir") == "https://127.0.0.1:14000/dir"


@pytest.mark.parametrize("written", ["https://u:hush@ca.example/", "http://hush@ca.example/"])
def test_a_password_in_a_servers_address_is_not_shown(written: str) -> None:
    with pytest.raises(InvalidRequest, match="'acme-server' has a user or password") as raised:
        request.parse_server(written)
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    "written", ["http://ca.example/dir", "prod", "--server", "https://", "https://x:99999/dir",
                "https://u:p@ca.example/dir", "https://ca.example/d ir"]
)  # fmt: skip
def test_what_is_no_server_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequest, match="acme-server"):
        request.parse_server(written)
