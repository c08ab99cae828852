"""Renewal-info: the identifier, the window, the moment in it, and what is remembered."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_lets_encrypt.ca import renewal_info
from layer_lets_encrypt.ca.renewal_info import LONGEST, Info, Window

NOW = 1_795_333_548.0
# RFC 9773, appendix A
EXAMPLE_ID = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
EXAMPLE = """\
-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
"""


def window(start: object = "2026-11-20T00:00:00Z", end: object = "2026-11-22T00:00:00Z") -> bytes:
    return json.dumps({"suggestedWindow": {"start": start, "end": end}}).encode()


# The identifier


def test_the_identifier_is_that_of_the_rfcs_own_example() -> None:
    assert renewal_info.certificate_id(EXAMPLE) == EXAMPLE_ID
    assert renewal_info.certificate_id("Bag Attributes\n" + EXAMPLE + EXAMPLE) == EXAMPLE_ID


def test_a_certificate_that_does_not_name_its_issuers_key_has_none(tmp_path: Path) -> None:
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x"
    command += " -keyout /dev/null -addext authorityKeyIdentifier=none"
    made = subprocess.run(command.split(), capture_output=True, text=True, check=True)
    assert "Authority Key" not in _text(made.stdout)
    assert renewal_info.certificate_id(made.stdout) == ""


def _text(pem: str) -> str:
    command = ["openssl", "x509", "-noout", "-text"]
    return subprocess.run(command, input=pem, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "pem",
    ["", "no certificate", EXAMPLE[:200], EXAMPLE.replace("MIIB", "AAAA"),
     "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
)  # fmt: skip
def test_what_is_no_certificate_is_refused(pem: str) -> None:
    with pytest.raises(ValueError):
        renewal_info.certificate_id(pem)


# The window


@pytest.mark.parametrize(
    ("start", "end", "moments"),
    [
        ("2025-01-02T04:00:00Z", "2025-01-03T04:00:00Z", (1735790400, 1735876800)),
        ("2025-01-02t04:00:00.123456789z", "2025-01-03T04:00:00Z", (1735790400, 1735876800)),
        ("2025-01-02T05:30:00+01:30", "2025-01-02T22:00:00-06:00", (1735790400, 1735876800)),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", (1483228799, 1483228800)),
    ],
)
def test_windows(start, end, moments) -> None:
    assert renewal_info.parse(window(start, end)) == Window(*moments)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"{}", b'"2025-01-02T04:00:00Z"', b"<html></html>", b"\xff\xfe", b"{",
        b'{"suggestedWindow": null}', b'{"suggestedWindow": []}', b'{"suggestedWindow": {}}',
        b"[" * 60000, b'{"a":' * 10000,
        window(end="2026-11-20T00:00:00Z"),  # no time at all
        window(end="2026-11-19T00:00:00Z"),  # backwards
        window(start=None), window(end=1795333548), window(end=["2026-11-22T00:00:00Z"]),
        window(start=""), window(start="2026-11-20"), window(start="2026-11-20T00:00:00"),
        window(start="2026-02-30T00:00:00Z"), window(start="2026-11-20T24:00:00Z"),
        window(start="2026-11-20T00:00:61Z"), window(start="2026-11-20T00:00:00+24:00"),
        window(start=" 2026-11-20T00:00:00Z"), window(start="2026-11-20T00:00:00Z\n"),
        window(start="٢٠٢٦-11-20T00:00:00Z"),
        window(start="0001-01-01T00:00:00Z"), window(start="1999-12-31T23:59:59Z"),
        window(end="2100-01-02T00:00:00Z"), window(end="9999-12-31T23:59:59Z"),
        window(start="0000-01-01T00:00:00Z"), window(end="10000-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_what_is_no_window_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        renewal_info.parse(body)


@given(st.binary(max_size=200))
def test_rubbish_is_a_window_or_refused(body: bytes) -> None:
    with contextlib.suppress(ValueError):
        renewal_info.parse(body)


# The moment


@given(st.floats(0, 4e9), st.floats(1, 1e9), st.text())
def test_the_moment_lies_inside_and_stays(start: float, length: float, seed: str) -> None:
    wanted = Window(start, start + length)
    chosen = renewal_info.chosen_moment(wanted, seed)
    assert wanted.start <= chosen <= wanted.end
    assert renewal_info.chosen_moment(wanted, seed) == chosen


def test_the_moments_of_many_certificates_are_spread_evenly() -> None:
    source = random.Random(9773)
    tenths = [0] * 10
    for _ in range(10_000):
        seed = f"web/0 {source.randrange(1 << 128):x}"
        tenths[int(renewal_info.chosen_moment(Window(0, 10), seed))] += 1
    # a binomial's deviation is 30 here
    assert all(abs(count - 1000) < 150 for count in tenths), tenths


# What is remembered


@pytest.mark.parametrize(
    "info", [Info("a.b", NOW, NOW + 60, "https://ca.example/why"), Info("a.b", None, NOW)]
)
def test_what_is_remembered_survives_json(info: Info) -> None:
    assert renewal_info.from_plain(json.loads(json.dumps(renewal_info.to_plain(info)))) == info


GOOD = {"identifier": "a.b", "moment": NOW, "ask_again": NOW, "explanation": ""}


@pytest.mark.parametrize(
    "plain",
    [None, [], "x", 7, {}]
    + [{key: GOOD[key] for key in GOOD if key != gone} for gone in ("identifier", "ask_again")]
    + [
        {**GOOD, key: value}
        for key, values in {
            "identifier": [None, 1, ["a"]],
            "moment": ["x", True, float("nan"), float("inf"), 10**400, -1, {}],
            "ask_again": [None, "x", False, float("nan"), float("inf"), 10**400, -(10**400)],
            "explanation": [None, 1, []],
        }.items()
        for value in values
    ],
)
def test_rubbish_is_not_remembered(plain) -> None:
    assert renewal_info.from_plain(plain) is None


def test_what_is_known_is_not_asked_until_its_time() -> None:
    info = Info("a.b", NOW + 5, NOW + 600)
    assert info.is_fresh("a.b", NOW)
    assert info.is_fresh("a.b", NOW + 599)
    assert not info.is_fresh("a.b", NOW + 600)
    assert not info.is_fresh("another", NOW), "the certificate is a new one"
    assert not info.is_fresh("a.b", NOW - 2 * LONGEST), "the clock was set back"
