"""The option acme-certificates, as tables of lines."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.rules.certificate_lines import InvalidLine, Line, parse_lines
from layer_lets_encrypt.rules.request import Request

SOURCE = "acme-certificates line 1"
GOOD = "ok.example.com\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("smtp.example.com", ("smtp.example.com",)),
        ("imap.example.com pop.example.com", ("imap.example.com", "pop.example.com")),
        ("imap.example.com,pop.example.com", ("imap.example.com", "pop.example.com")),
        ("  a.example.com ,  b.example.com\t", ("a.example.com", "b.example.com")),
        ("a.example.com # b.example.com", ("a.example.com",)),
        ("*.example.com example.com", ("*.example.com", "example.com")),
        ("a.example.com\r\n\r\n", ("a.example.com",)),
    ],
)
def test_names_are_separated_by_blanks_or_commas(text: str, names: tuple[str, ...]) -> None:
    assert parse_lines(text) == ((Line(SOURCE, names),), ())


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n  # here either", " \t", "\r\n#a"])
def test_blank_lines_and_comments_are_no_certificates(text: str) -> None:
    assert parse_lines(text) == ((), ())


def test_settings_follow_the_names() -> None:
    text = (
        "a.example.com challenge=dns key-type=ecdsa-384 profile=shortlived"
        " restart=slapd reload=nginx,postfix,nginx # all of them"
    )
    names, reload, restart = ("a.example.com",), ("nginx", "postfix"), ("slapd",)
    wanted = Line(SOURCE, names, "dns", "ecdsa-384", "shortlived", reload, restart)
    assert parse_lines(text).lines == (wanted,)


@pytest.mark.parametrize(
    ("text", "reason", "remedy"),
    [
        ("reload=nginx", "has no names", "names"),
        (",,", "has no names", "names"),
        ("a.example.com reload=nginx, postfix", "'postfix' after a setting", "commas"),
        ("a.example.com reload=nginx b.example.com", "after a setting", "names come first"),
        ("a.example.com reload = nginx", "a blank before '='", "without blanks"),
        ("a.example.com reload= nginx", "without a value", "reload=VALUE"),
        ("a.example.com keytype=rsa", "unknown setting 'keytype'", "write key-type="),
        ("a.example.com Challange=dns", "unknown setting 'Challange'", "write challenge="),
        ("a.example.com provider=x", "unknown setting 'provider'", "known settings"),
        ("a.example.com colour=red", "unknown setting 'colour'", "known settings"),
        ("a.example.com challenge=tls-alpn", "'tls-alpn' as challenge", "standalone"),
        ("a.example.com key-type=dsa", "'dsa' as key-type", "rsa-4096"),
        ("a.example.com key-type=rsa-2048", "'rsa-2048' as key-type", "rsa-4096"),
        ("a.example.com key-type=rsa key-type=ecdsa", "twice", "once"),
        ("a.example.com reload=", "without a value", "reload=VALUE"),
        ("a.example.com reload=,", "0 services", "1 to 20"),
        ("a.example.com reload=" + ",".join(f"s{n}" for n in range(21)), "21 services", "1 to 20"),
        ("a.example.com reload=--now", "'--now'", "services"),
        ("a.example.com restart=a;reboot", "'a;reboot'", "services"),
        ("a.example.com restart=../../bin/sh", "'../../bin/sh'", "services"),
        ("a.example.com profile=../x", "'../x' as profile", "profiles"),
        ("a.example.com profile=\x1b[31m", "as profile", "profiles"),
        ("a.example.com autorestart-containers=smtp", "for containers", "restart=SERVICE"),
        ("a.example.com autocmd-containers=web:apachectl -k x", "for containers", "reload="),
        ("a.example.com " + "x" * 5000 + "=1", "unknown setting", "known settings"),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong_is_named_with_its_remedy(text: str, reason: str, remedy: str) -> None:
    lines, (error,) = parse_lines(GOOD + text)
    assert [line.names for line in lines] == [("ok.example.com",)]
    assert str(error).startswith("acme-certificates line 2 ")
    before, _, after = str(error).partition("; ")
    assert reason in before
    assert remedy in after
    assert len(str(error)) < 190
    assert str(error).isprintable()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("www", "'www' is a single label; "),
        ("www.example.com:443", "'www.example.com:443' "),
        ("*.example.com", "is a wildcard; write challenge=dns in the line"),
        ("*.example.com challenge=webroot", "is a wildcard; write challenge=dns in the line"),
        ("a.example.com;b.example.com", "; "),
    ],
)
def test_a_name_that_is_wrong_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(InvalidLine) as raised:
        parse_lines(text).lines[0].request(wildcards=False)
    assert str(raised.value).startswith("acme-certificates line 1: ")
    assert words in str(raised.value)


def test_a_line_becomes_a_request_with_its_settings() -> None:
    text = "*.Example.com. challenge=dns key-type=rsa reload=nginx"
    wanted = parse_lines(text).lines[0].request(wildcards=False)
    assert wanted == Request(
        ("*.example.com",), SOURCE, "dns", "rsa-2048", reload=("nginx",), is_extra=True
    )
