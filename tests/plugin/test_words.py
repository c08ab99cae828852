"""What others say becomes a line of ours: their words, the cause, what to do; addresses last."""

from __future__ import annotations

import errno
import json
import os
import socket
import ssl
from typing import Any

import pytest
from layer_lets_encrypt_dns import words
from layer_lets_encrypt_dns.complaints import explain
from layer_lets_encrypt_dns.failure import few, redactor

TOKEN = "to-ken-1234567"
ABOUT = "provider ovh, zone example.org"
GIVEN = {"auth_token": TOKEN, "pdns_server": "pdns.example.com:8081"}
OPTIONS = ("auth_token", "auth_consumer_key", "pdns_server")


class Response:
    def __init__(self, status: int, text: str):
        self.status_code, self.text = status, text


class HTTPError(OSError):
    """As requests raises it: the address of the request in its text."""

    def __init__(self, status: int, text: str = ""):
        super().__init__(f"{status} Client Error: for url: https://api.example.com/?key={TOKEN}")
        self.response = Response(status, text)


def told(error: Exception, given: Any = GIVEN) -> tuple[str, str]:
    found = explain(error, ABOUT, redactor([TOKEN]), given, OPTIONS)
    assert TOKEN not in found.text
    assert "http" not in found.text or "such as https://dns.example.com" in found.text
    assert len(found.text) <= 260
    return found.category, found.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"message": "Invalid access token"}', "Invalid access token"),
        ('{"class": "Client::Forbidden", "message": "This call has not been granted"}',
         "This call has not been granted"),
        ('{"success": false, "errors": [{"code": 6003, "message": "Invalid request headers", '
         '"error_chain": [{"code": 6111, "message": "Invalid format for Authorization header"}]}]}',
         "Invalid request headers; Invalid format for Authorization header"),
        ('{"id": "Unauthorized", "message": "Unable to authenticate you"}',
         "Unable to authenticate you"),
        ('{"object": "HTTPForbidden", "cause": "Forbidden", "message": "Access denied"}',
         "Access denied"),
        ('{"status": "error", "errors": [{"location": "body", "name": "rrset_ttl", '
         '"description": "must be >= 300"}]}', "must be >= 300"),
        ("<html><head><title>502 Bad Gateway</title><style>a</style></head><body>nginx</body>",
         "502 Bad Gateway"),
        ("<p>the server\nis <b>down</b></p>", "the server is down"),
        ("<?xml version='1.0'?><ErrorResponse><Error><Code>AccessDenied</Code>"
         "<Message>not authorized</Message></Error></ErrorResponse>", "not authorized"),
        ("plain words", "plain words"),
        ("Cmd('git') failed due to: exit code(128)\n  cmdline: git clone -v -- ssh://bot@git/zones\n"
         "  stderr: 'Cloning into '/tmp/tmpx'...\nssh: connect to host git port 22: refused\n"
         "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct "
         "access rights\nand the repository exists.\n' Check httprequest-lego-provider for more",
         "git: fatal: Could not read from remote repository."),
        ("see https://api.example.com/docs/401 for more", "see for more"),
        ("", ""),
        ("[" * 100000, "[" * 97 + "..."),
    ],
)  # fmt: skip
def test_a_providers_own_words(body: str, said: str):
    assert words.of_answer(body) == said


@pytest.mark.parametrize(
    ("error", "category", "text"),
    [
        (HTTPError(401, '{"message": "Unable to authenticate you"}'), "configuration",
         f"{ABOUT} answered 401 (Unable to authenticate you): wrong credentials; correct "
         "acme-dns-credentials"),
        (HTTPError(403, f'{{"message": "token {TOKEN} has not been granted"}}'), "configuration",
         f"{ABOUT} answered 403 (token *** has not been granted): these credentials may not do "
         "that; allow them to list the zone and to change its records, or correct "
         "acme-dns-credentials"),
        (HTTPError(404), "configuration",
         f"{ABOUT} answered 404; check that the account holds this zone, acme-dns-credentials and "
         "acme-dns-options"),
        (HTTPError(429, "slow down"), "transient",
         f"{ABOUT} answered 429 (slow down): too many requests; tried again later"),
        (HTTPError(503, "<title>Maintenance</title>"), "transient",
         f"{ABOUT} answered 503 (Maintenance): its server has a problem; look at its status page"),
    ],
)  # fmt: skip
def test_an_answer_is_told_with_cause_and_remedy(error: Exception, category: str, text: str):
    assert told(error) == (category, text)


def test_an_answer_of_botocore():
    class ClientError(Exception):
        response = {
            "Error": {"Code": "InvalidClientTokenId", "Message": "The token is invalid"},
            "ResponseMetadata": {"HTTPStatusCode": 403},
        }

    category, text = told(ClientError("An error occurred"))
    assert category == "configuration"
    assert "answered 403 (InvalidClientTokenId: The token is invalid)" in text


def of_kind(name: str, *arguments: Any, base: type = OSError) -> Exception:
    return type(name, (base,), {})(*arguments)


@pytest.mark.parametrize("name", ["MissingSchema", "InvalidSchema", "InvalidURL"])
def test_a_mistyped_address_is_a_setting(name: str):
    category, text = told(of_kind(name, "Invalid URL 'pdns.example.com:8081'", base=ValueError))
    assert category == "configuration"
    assert "'pdns_server' is not a usable address" in text


@pytest.mark.parametrize("value", ["to ken ", "t\u00f6ken", "\u201ctoken\u201d"])
def test_a_token_that_no_header_may_have_is_a_setting(value: str):
    error = of_kind("InvalidHeader", f"Invalid header value {value!r}", base=ValueError)
    category, text = told(error, {"auth_token": value})
    assert (category, value in text) == ("configuration", False)
    assert "'auth_token' has characters that cannot be sent" in text


def test_a_host_that_is_not_in_the_dns_is_a_setting_if_an_operator_wrote_it():
    class Request:
        url = "http://pdns.example.com:8081/api"

    error = of_kind("ConnectionError", socket.gaierror(socket.EAI_NONAME, "unknown"))
    category, text = told(error)
    assert (category, "its name is not in the DNS" in text) == ("transient", True)
    error.request = Request()  # type: ignore[attr-defined]
    category, text = told(error)
    assert category == "configuration"
    assert "the host in 'pdns_server' is not in the DNS" in text


def test_what_is_not_set_is_named():
    category, text = told(TypeError("expected str instance, NoneType found"))
    assert category == "configuration"
    assert "acme-dns-credentials (not set: auth_consumer_key)" in text
    assert "not set" not in told(Exception("No domain found"))[1]
    assert "(not set: auth_consumer_key)" in told(AssertionError())[1]


@pytest.mark.parametrize("number", [errno.ENOENT, errno.EACCES, errno.EISDIR, errno.ENOTDIR])
def test_a_file_that_a_setting_names_is_not_the_network(number: int):
    error = OSError(number, os.strerror(number), "/etc/none.json")
    category, text = told(error, {**GIVEN, "auth_file": "file::/etc/none.json"})
    assert category == "configuration"
    assert f"cannot read the file that 'auth_file' names ({os.strerror(number)})" in text


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ECONNREFUSED, "x"), "connection refused"),
        (of_kind("ConnectionError", of_kind("MaxRetryError", OSError(errno.ENETUNREACH, "x"))),
         "no route to its network"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), "its name was not found"),
        (socket.timeout("timed out"), "no answer in time"),
        (of_kind("ReadTimeout", "x"), "no answer in time"),
        (ssl.SSLError(1, "wrong version number"),
         "it does not speak TLS there, or no version that is allowed"),
        (of_kind("ProtocolError", "Connection aborted."), "the connection was broken off"),
        (OSError(errno.EMFILE, "Too many open files"), "OSError: [Errno 24] Too many open files"),
    ],
)  # fmt: skip
def test_why_nobody_was_reached(error: Exception, reason: str):
    assert words.reason(error) == reason


def test_a_long_list_names_the_first():
    assert few("abc") == "a, b and 1 more"
    assert few("ab") == "a, b"


def test_deep_answers_do_not_end_in_an_error():
    deep: Any = "x"
    for _ in range(200):
        deep = {"error": [deep]}
    assert words.of_answer(json.dumps(deep)) == "x"
