"""Asking a CA for renewal-info: what is sent, and what is learnt from what comes back."""

from __future__ import annotations

import http.client
import io
import json
import urllib.request
from email.utils import formatdate

import pytest
from layer_lets_encrypt.ca import directory, renewal_info
from layer_lets_encrypt.ca.renewal_info import INTERVAL, LONGEST, SHORTEST, Info

NOW = 1_795_333_548.0
BASE = "https://ca.example/renewal-info"
EXAMPLE_ID = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"


def window(start: str = "2026-11-20T00:00:00Z", end: str = "2026-11-22T00:00:00Z") -> bytes:
    return json.dumps({"suggestedWindow": {"start": start, "end": end}}).encode()


class Canned(urllib.request.HTTPSHandler):
    """A connection on which these bytes, or this error, come back; remembers what was asked."""

    def __init__(self, answer: bytes | Exception):
        super().__init__()
        self.answer = answer
        self.asked: list[tuple[str, object]] = []

    def https_open(self, request):
        self.asked.append((request.full_url, request.timeout))
        if isinstance(self.answer, Exception):
            raise self.answer
        response = http.client.HTTPResponse(_Socket(self.answer))
        try:
            response.begin()
        except Exception:
            response.close()  # as http.client does
            raise
        response.msg = response.reason
        return response


class _Socket(io.BytesIO):
    def makefile(self, mode: str):
        return self


def answer(status: str = "200 OK", body: bytes = window(), *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def ask(said: bytes | Exception, base: object = BASE) -> tuple[Info, Canned]:
    canned = Canned(said)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), canned, directory.Redirects()
    )
    return renewal_info.ask({"renewalInfo": base}, EXAMPLE_ID, opener, NOW, seed="web/0"), canned


@pytest.mark.parametrize("base", [BASE, BASE + "/"])
def test_the_question_has_the_identifier_in_its_path_and_a_time_limit(base: str) -> None:
    info, canned = ask(answer(), base)
    assert canned.asked == [(f"{BASE}/{EXAMPLE_ID}", renewal_info.TIMEOUT)]
    wanted = renewal_info.parse(window())
    moment = renewal_info.chosen_moment(wanted, "web/0" + EXAMPLE_ID)
    assert info == Info(EXAMPLE_ID, moment, NOW + INTERVAL)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("21600", 21600),
        ("7200", 7200),
        ("0", SHORTEST),
        ("59", SHORTEST),
        ("86401", LONGEST),
        ("9" * 400, LONGEST),
        (formatdate(NOW + 7200, usegmt=True), 7200),
        (formatdate(NOW - 7200, usegmt=True), SHORTEST),
        (formatdate(NOW + 90 * 86400, usegmt=True), LONGEST),
        ("-7200", INTERVAL),
        ("soon", INTERVAL),
        ("", INTERVAL),
        ("Mon, 99 Nov 2026 15:04:05 GMT", INTERVAL),
        ("²", INTERVAL),
    ],
)
def test_the_cas_interval_is_kept_within_the_rfcs_limits(header: str, wait: float) -> None:
    for status in ("200 OK", "503 Service Unavailable", "429 Too Many Requests"):
        said = answer(status, window(), "Retry-After: " + header)
        assert ask(said)[0].ask_again == pytest.approx(NOW + wait, abs=1)


@pytest.mark.parametrize(
    "said",
    [
        answer("404 Not Found"), answer("409 Conflict"), answer("500 Oops"),
        answer("503 Service Unavailable"),
        answer(body=b"<html>"), answer(body=b""), answer(body=b"[" * 60000),
        answer(body=window(start="2099-01-01T00:00:00Z")), answer(body=b" " * (1 << 17)),
        answer()[:-9],
        b"", b"rubbish\r\n\r\n", b"HTTP/1.1 999999 \r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        answer("302 Found", b"", "Location: file:///etc/passwd"),
        answer("302 Found", b"", "Location: https://[x"),
        answer("302 Found", b"", f"Location: {BASE}"),  # for ever
        ConnectionResetError(104, "Connection reset by peer"), TimeoutError("timed out"),
        urllib.error.URLError("no route"), http.client.IncompleteRead(b""),
    ],
)  # fmt: skip
def test_from_errors_and_rubbish_nothing_is_learnt(said: bytes | Exception) -> None:
    assert ask(said)[0] == Info(EXAMPLE_ID, None, NOW + INTERVAL)


@pytest.mark.parametrize("base", [None, 7, "", "file:///etc/passwd", "http://ca.example/", ["x"]])
def test_a_ca_without_renewal_info_is_not_asked(base: object) -> None:
    info, canned = ask(answer(), base)
    assert (info, canned.asked) == (Info(EXAMPLE_ID, None, NOW + LONGEST), [])


def test_a_certificate_without_identifier_is_not_asked_about() -> None:
    canned = Canned(answer())
    info = renewal_info.ask({"renewalInfo": BASE}, "", urllib.request.build_opener(canned), NOW)
    assert (info.moment, canned.asked) == (None, [])


@pytest.mark.parametrize(
    ("link", "shown"),
    [
        ("https://ca.example/why?x=1", True),
        ("javascript:alert(1)", False),
        ("https://ca.example/a b", False),
        ("https://ca.example/\nx", False),
        ("https://ca.example/" + "x" * 600, False),
        (7, False),
        (None, False),
    ],
)
def test_the_cas_explanation_is_kept_if_it_is_a_link(link: object, shown: bool) -> None:
    plain = {**json.loads(window()), "explanationURL": link}
    info, _ = ask(answer(body=json.dumps(plain).encode()))
    assert info.moment is not None
    assert info.explanation == (link if shown else "")
