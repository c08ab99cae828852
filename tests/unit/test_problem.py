"""certbot's failures, in its own words, sorted by what happens next."""

# ruff: noqa: E501  (certbot's lines are as long as they are)

from __future__ import annotations

import pytest
from layer_lets_encrypt import diagnosis, problem
from layer_lets_encrypt.history import History, Record
from layer_lets_encrypt.problem import Problem
from layer_lets_encrypt.status import Complaint, of_unit, worst

NOW = 1_795_333_548.0

VALIDATION = """Requesting a certificate for bad.example.com

Certbot failed to authenticate some domains (authenticator: standalone). The Certificate Authority reported these problems:
  {label}: bad.example.com
  Type:   {type}
  Detail: Get "http://bad.example.com:80/.well-known/acme-challenge/ulB2KeLAifc6xwJsZWkl3rsS95": dial tcp 192.0.2.1:80: connect: network is unreachable

Hint: The Certificate Authority failed to download the challenge files from the temporary standalone webserver started by Certbot on port 80.

Saving debug log to /logs/letsencrypt.log
Some challenges have failed.
Ask for help or search for solutions at https://community.letsencrypt.org.
"""
UNEXPECTED = """Saving debug log to /logs/letsencrypt.log
An unexpected error occurred:
{}
Ask for help or search for solutions at https://community.letsencrypt.org. See the logfile
"""
DOCUMENT = """2026-11-22 07:45:52,001:DEBUG:acme.client:Received response:
HTTP {status}
Content-Type: application/problem+json
{header}
{{
  "type": "urn:ietf:params:acme:error:{type}",
  "detail": "{detail}",
  "status": {status}
}}
"""


@pytest.mark.parametrize("label", ["Domain", "Identifier"])
@pytest.mark.parametrize(
    ("kind", "category", "remedy"),
    [
        ("connection", "validation", "juju expose"),
        ("unauthorized", "validation", "another machine answers"),
        ("dns", "validation", "DNS records"),
        ("caa", "refused", "CAA records"),
    ],
)
def test_a_failed_validation_names_name_cause_and_remedy(label, kind, category, remedy) -> None:
    seen = diagnosis.classify(VALIDATION.format(label=label, type=kind), "", NOW)
    assert (seen.category, seen.severity) == (category, "blocked")
    assert seen.detail.startswith(f"bad.example.com: {kind}: Get")
    assert "ulB2KeLA" not in seen.detail
    assert remedy in seen.detail
    assert "\n" not in seen.detail


@pytest.mark.parametrize(
    ("said", "category"),
    [
        ("ValueError: Requesting 127.0.0.1/dir: Connection refused", "transient"),
        ("requests.exceptions.SSLError: HTTPSConnectionPool(host='ca', port=1): Max", "transient"),
        ("requests.exceptions.ReadTimeout: HTTPSConnectionPool: Read timed out.", "transient"),
        ("Another instance of Certbot is already running.", "transient"),
        ("OSError: [Errno 28] No space left on device: '/etc/letsencrypt'", "local"),
        ("something nobody has seen before", "transient"),
    ],
)
def test_console(said: str, category: str) -> None:
    seen = diagnosis.classify(UNEXPECTED.format(said), "", NOW)
    assert seen.category == category
    assert said.split(":")[0][:20] in seen.detail


def document(kind: str, detail: str, status: int = 400, header: str = "") -> str:
    return DOCUMENT.format(type=kind, detail=detail, status=status, header=header)


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("rejectedIdentifier", "refused"),
        ("unsupportedIdentifier", "refused"),
        ("externalAccountRequired", "configuration"),
        ("invalidContact", "configuration"),
        ("serverInternal", "transient"),
    ],
)
def test_problem_documents(kind: str, category: str) -> None:
    seen = diagnosis.classify(UNEXPECTED.format("words"), document(kind, "the CA's words"), NOW)
    assert seen.category == category


def test_a_rate_limit_waits_until_the_moment_in_its_text() -> None:
    text = "too many certificates (5) already issued for this exact set of identifiers in the last "
    text += "168h0m0s, retry after 2026-11-24 15:04:05 UTC: see https://letsencrypt.org/docs/"
    seen = diagnosis.classify(UNEXPECTED.format("x"), document("rateLimited", text, 429), NOW)
    assert seen.category == "rate-limited"
    assert seen.retry_at == 1_795_532_645.0
    assert "too many certificates (5)" in seen.detail


def test_a_rate_limit_waits_as_long_as_its_header_says() -> None:
    log = document("rateLimited", "slow down", 429, "Retry-After: 7200")
    assert diagnosis.classify("", log, NOW).retry_at == NOW + 7200
    log = document("rateLimited", "slow down", 429, "Retry-After: Tue, 24 Nov 2026 15:04:05 GMT")
    assert diagnosis.classify("", log, NOW).retry_at == 1_795_532_645.0


def test_a_paused_account_is_shown_word_for_word_with_its_link() -> None:
    link = "https://letsencrypt.org/sfe/v1/unpause?jwt=" + "x" * 600
    text = "Your account is temporarily prevented from requesting certificates for a.example.com "
    text += "and possibly others. Please visit: " + link
    seen = diagnosis.classify("", document("rateLimited", text, 429), NOW)
    assert seen.category == "paused"
    assert seen.severity == "blocked"
    assert link in seen.detail
    record = Record(problem=seen, not_before=NOW + 60)
    shown = worst(of_unit(["@contact"], History({"@contact": record}), NOW))
    assert shown is not None
    assert link in shown.text


def test_blocked_is_shown_before_waiting_and_the_others_are_counted() -> None:
    shown = worst([Complaint("waiting", "a"), Complaint("blocked", "b"), Complaint("waiting", "c")])
    assert shown == Complaint("blocked", "TLS: b (and 2 more)")
    assert worst([]) is None


def test_details_are_one_short_line() -> None:
    seen = diagnosis.classify(UNEXPECTED.format("word " * 500), "", NOW)
    assert len(seen.detail) <= problem.MAX_DETAIL
    assert Problem("transient", seen.detail).severity == "waiting"
