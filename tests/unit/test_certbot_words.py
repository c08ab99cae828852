"""What certbot is told, and what of the machine's settings could get in between."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.ca import arguments as certbot_arguments
from layer_lets_encrypt.ca import cli_ini
from layer_lets_encrypt.rules.challenge import STANDALONE
from layer_lets_encrypt.rules.facts import ABSENT, SANE, Account, Certificate, Lineage
from layer_lets_encrypt.rules.request import SERVERS, Request

ACCOUNT = Account("https://ca.example/dir", "admin@firm.example")


def on_disk(server: str) -> Lineage:
    """A lineage with a certificate that is in order."""
    found = Certificate(("a.example",), 0, 1, "1f", "CA", "ecdsa")
    return Lineage("a.example", SANE, "", found, server)


def test_certbots_arguments() -> None:
    wanted = Request(("a.example", "b.example"), "fqdn")
    words = STANDALONE.certbot_arguments("")
    assert certbot_arguments.certonly(wanted, ACCOUNT, words, Lineage("a.example", ABSENT)) == [
        "certonly", "-n", "--agree-tos", "--no-directory-hooks", "--server",
        "https://ca.example/dir", "--cert-name", "a.example", "--no-random-sleep-on-renew",
        "--no-reuse-key", "--standalone", "--preferred-challenges", "http",
        "-d", "a.example", "-d", "b.example", "--email", "admin@firm.example", "--no-eff-email",
    ]  # fmt: skip
    wanted = Request(("*.a.example",), "fqdn", key_type="rsa")
    other = Account("https://ca.example/dir")
    arguments = certbot_arguments.certonly(wanted, other, [], on_disk(other.server))
    assert arguments[-4:] == [
        "--force-renewal",
        "-d",
        "*.a.example",
        "--register-unsafely-without-email",
    ]
    assert arguments[arguments.index("--cert-name") + 1] == "a.example"
    assert arguments[arguments.index("--key-type") + 1] == "rsa"


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ("production", "staging", True),
        ("staging", "production", False),
        ("staging", "staging", False),
        ("production", "https://ca.example/dir", False),
        ("https://ca.example/dir", "production", False),
        ("https://ca.example/dir", "staging", True),
        ("https://ca.example/dir", "https://staging.ca.example/dir", True),
        ("", "staging", True),  # certbot takes it for production then
    ],
)
def test_a_certificate_is_replaced_by_a_test_certificate_on_purpose_only(
    before: str, after: str, breaks: bool
) -> None:
    wanted, account = Request(("a.example",), "fqdn"), Account(SERVERS.get(after, after))
    for found in (on_disk(SERVERS.get(before, before)), Lineage("a.example", ABSENT)):
        arguments = certbot_arguments.certonly(wanted, account, [], found)
        assert ("--break-my-certs" in arguments) == (breaks and found.usable)


def test_the_key_keeps_its_type_where_the_request_does_not_care() -> None:
    wanted = Request(("a.example",), "fqdn")
    arguments = certbot_arguments.certonly(wanted, ACCOUNT, [], on_disk(ACCOUNT.server))
    assert arguments[arguments.index("--key-type") + 1] == "ecdsa"
    new = certbot_arguments.certonly(wanted, ACCOUNT, [], Lineage("a.example", ABSENT))
    assert "--key-type" not in new, "that is certbot's choice"


SETTINGS = """
# as Debian writes it
max-log-backups = 0
preconfigured-renewal = True
; pre-hook = service nginx stop
[section]
"""


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("", ""),
        ("email = a@b.example\nrsa-key-size 4096", ""),
        ("pre-hook = service nginx stop", "pre-hook"),
        ("  authenticator=webroot\npre-hook: x", "authenticator, pre-hook"),
        ("--dry-run", "dry-run"),
        ("a = 1\nb = 1\nc = 1\nd-e = 1", "a, b, c, ..."),
        ("nginx", "nginx"),
    ],
)
def test_settings_that_a_certbot_would_obey_are_named(tmp_path, lines: str, named: str) -> None:
    (tmp_path / "cli.ini").write_text(SETTINGS + lines)
    said = cli_ini.objection([tmp_path / "none", tmp_path / "cli.ini"])
    assert said == (f"{tmp_path / 'cli.ini'} sets {named}" if named else "")
