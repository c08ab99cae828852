"""certbot's failures, in its own words, sorted by what happens next."""

# ruff: noqa: E501  (certbot's lines are as long as they are)

from __future__ import annotations

import time

import pytest
from layer_lets_encrypt.ca import diagnosis
from layer_lets_encrypt.rules import problem
from layer_lets_encrypt.rules.complaint import Complaint, of_unit, worst
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History, Record

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
    assert seen.name == "bad.example.com"
    assert seen.detail.startswith(f"{kind}: dial tcp 192.0.2.1:80: ")
    assert remedy in seen.remedy


@pytest.mark.parametrize(
    ("said", "category", "told"),
    [
        ("ValueError: Requesting 127.0.0.1/dir: Connection refused", "transient",
         "the CA cannot be reached: connection refused"),
        ("requests.exceptions.SSLError: HTTPSConnectionPool(host='ca', port=1): Max", "transient",
         "the CA cannot be reached: requests.exceptions.SSLError"),
        ("requests.exceptions.ReadTimeout: HTTPSConnectionPool: Read timed out.", "transient",
         "the CA cannot be reached: no answer in time"),
        ("Another instance of Certbot is already running.", "transient",
         "another certbot is at work"),
        ("OSError: [Errno 28] No space left on device: '/etc/letsencrypt'", "local",
         "No space left on device for /etc/letsencrypt; free some space on that file system"),
        ("OSError: [Errno 30] Read-only file system: '/etc/letsencrypt/x'", "local",
         "Read-only file system for /etc/letsencrypt/x; mount that file system"),
        ("PermissionError: [Errno 13] Permission denied: '/etc/x'", "local",
         "Permission denied for /etc/x; look at its permissions"),
        ("something nobody has seen before", "transient", "something nobody has seen before"),
    ],
)  # fmt: skip
def test_console(said: str, category: str, told: str) -> None:
    seen = diagnosis.classify(UNEXPECTED.format(said), "", NOW)
    assert seen.category == category
    assert seen.words.startswith(told)


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
    link = "https://letsencrypt.org/sfe/v1/unpause?jwt=" + "x" * 1800
    text = "Your account is temporarily prevented from requesting certificates for a.example.com "
    text += "and possibly others. Please visit: " + link
    seen = diagnosis.classify("", document("rateLimited", text, 429), NOW)
    assert seen.category == "paused"
    assert seen.severity == "blocked"
    assert seen.detail == text
    record = Record(problem=seen, not_before=NOW + 60)
    shown = worst(of_unit(["@contact"], History({"@contact": record}), NOW))
    assert shown is not None
    assert link in shown.text


# What certbot logs of its talk with the CA

URL = "https://ca.example/acme/new-order"
LATER = "Retry-After: 7200"


def asked(url: str = URL) -> str:
    return f"2026-11-22 07:45:51,998:DEBUG:acme.client:Sending POST request to {url}:\n{{\n}}\n"


def answered(status: int, body: str = "", *headers: str, url: str = URL) -> str:
    lines = ["2026-11-22 07:45:52,001:DEBUG:acme.client:Received response:", f"HTTP {status}"]
    return asked(url) + "\n".join([*lines, "Server: nginx", *headers, "", body, ""])


@pytest.mark.parametrize(
    ("said", "log", "category", "detail", "wait"),
    [
        (  # by something that speaks no ACME
            "acme.errors.ClientError: <Response [429]>",
            answered(429, "<html>", LATER),
            "rate-limited", f"the CA answered HTTP 429 at {URL}", 7200,
        ),
        (
            "acme.errors.ClientError: <Response [503]>",
            answered(503, "<html>", LATER),
            "transient", f"the CA answered HTTP 503 at {URL}", 7200,
        ),
        (
            "acme.messages.Error: urn:ietf:params:acme:error:badNonce :: bad :: JWS has an old one",
            answered(400, '{"type": "urn:ietf:params:acme:error:badNonce", "detail": "old nonce"}'),
            "transient", f"the CA answered HTTP 400 at {URL}: badNonce: old nonce", None,
        ),
        (
            "requests.exceptions.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
            answered(201, "<html>It works!</html>"),
            "transient", f"certbot cannot use the CA's answer at {URL}: requests.exc", None,
        ),
        (
            "AttributeError: can't set attribute",
            answered(200, "[]"),
            "transient", f"certbot cannot use the CA's answer at {URL}: AttributeErr", None,
        ),
        (  # nothing came back to the last question
            "requests.exceptions.ConnectionError: ('Connection aborted.', RemoteDisconnected())",
            answered(201, "{}") + asked(),
            "transient", "the CA cannot be reached: the connection was closed before", None,
        ),
        (
            "acme.errors.TimeoutError",
            answered(200, '{"status": "processing"}', "Retry-After: 3"),
            "transient", "the CA did not finish the order in time", None,
        ),
        (  # how soon to look at an order again is not how soon to order again
            "requests.exceptions.JSONDecodeError: Expecting value",
            answered(200, "{}", LATER) + answered(200, ""),
            "transient", "certbot cannot use the CA's answer", None,
        ),
        (
            "acme.errors.ClientError: <Response [500]>",
            answered(200, "{}", LATER) + answered(500, "", "retry-after: 60"),
            "transient", "the CA answered HTTP 500", 60,
        ),
        (  # a header that says nothing, and one that cannot be meant
            "acme.errors.ClientError: <Response [503]>",
            answered(503, "", "Retry-After: soon") + answered(503, "", "Retry-After: 999999999"),
            "transient", "the CA answered HTTP 503", None,
        ),
        ("something else", "no exchange at all", "transient", "something else", None),
    ],
)  # fmt: skip
def test_what_the_ca_answered_is_told(said, log, category, detail, wait) -> None:
    seen = diagnosis.classify(UNEXPECTED.format(said), log, NOW)
    assert seen.category == category
    assert seen.detail.startswith(detail)
    assert seen.retry_at == (None if wait is None else NOW + wait)


LONG = "https://acme-v02.api.letsencrypt.org/acme/finalize/1234567890/" + "9876543210" * 9


@pytest.mark.parametrize(
    ("said", "log", "place"),
    [
        ("RecursionError: maximum recursion depth exceeded while decoding JSON", answered(
            200, "[" * 99, url=LONG), "the CA's answer at /acme/finalize/1234567890/"),
        ("acme.errors.ClientError", answered(
            500, '{"type": "about:blank", "detail": "' + "broken " * 40 + '"}', url=LONG),
         "HTTP 500 at /acme/finalize/1234567890/"),
        ("RecursionError: maximum recursion depth", answered(200, "[", url=URL), f"at {URL}: "),
    ],
)  # fmt: skip
def test_a_long_url_leaves_room_for_expiry_and_the_next_attempt(said, log, place) -> None:
    seen = diagnosis.classify(UNEXPECTED.format(said), log, NOW)
    assert place in seen.detail
    assert len(seen.words) <= problem.MAX_CAUSE


def test_a_certificate_that_is_none_is_told() -> None:
    said = "failed to parse fullchain into cert and chain: less than 2 certificates in chain"
    seen = diagnosis.classify(said + "\n", answered(200, "<html>"), NOW)
    assert (seen.category, len(seen.words) < 150) == ("transient", True)
    assert seen.detail.startswith(f"certbot cannot use the CA's answer at {URL}: failed to parse")


def test_an_account_that_the_ca_has_forgotten_has_a_remedy() -> None:
    log = document("accountDoesNotExist", "Account https://ca.example/my-account/1 not found")
    seen = diagnosis.classify(UNEXPECTED.format("words"), log, NOW)
    assert (seen.category, seen.severity) == ("configuration", "blocked")
    assert seen.words.startswith("Account https://ca.example/my-account/1 not found; remove its")
    assert len(seen.words) <= problem.MAX_CAUSE


def test_a_long_log_is_read_in_time() -> None:
    log = answered(200, "x" * 2000, "Retry-After: 3") * 2000
    begin = time.perf_counter()
    diagnosis.classify(UNEXPECTED.format("x"), log, NOW)
    assert time.perf_counter() - begin < 5


def test_blocked_is_shown_before_waiting_and_the_others_are_counted() -> None:
    shown = worst([Complaint("waiting", "a"), Complaint("blocked", "b"), Complaint("waiting", "c")])
    assert shown == Complaint("blocked", "TLS: b (and 2 more)")
    assert worst([]) is None


def test_details_are_one_short_line() -> None:
    seen = diagnosis.classify(UNEXPECTED.format("word " * 500), "", NOW)
    assert len(seen.detail) <= problem.MAX_DETAIL
    assert Problem("transient", seen.detail).severity == "waiting"
