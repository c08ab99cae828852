"""What actions and charms are told of a certificate that is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import certificate, lineage
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import report
from layer_lets_encrypt.rules import renewal
from layer_lets_encrypt.rules.request import Request
from world.lineages import lay_out

NAME = "www.example.com"
DAY = 86400


@pytest.fixture
def told(tmp_path: Path, config_dir: Path, monkeypatch: pytest.MonkeyPatch):
    """The state of a certificate of 90 days, so many seconds before it ends."""
    lay_out(config_dir, (NAME,))
    monkeypatch.setattr(report, "Reader", lambda facts: Reader(facts, config_dir))
    found = lineage.inspect(NAME, config_dir).certificate
    assert found is not None

    def ask(left: float, **request: str) -> dict:
        places = Places(tmp_path / "state", tmp_path / "logs")
        wanted = Request((NAME,), "fqdn", **request)
        (state,) = report.certificates([wanted], places, "stateless", found.not_after - left)
        return {**state, "found": found}

    return ask


@pytest.mark.parametrize(
    ("left", "days"), [(90 * DAY, 90), (30.9 * DAY, 30), (60, 0), (0, 0), (-60, -1)]
)
def test_days_left_are_whole_ones_and_below_zero_once_it_has_expired(told, left, days) -> None:
    assert told(left)["days_left"] == days


def test_it_says_when_it_will_be_renewed_how_and_by_whom(told) -> None:
    state = told(DAY)
    found = state["found"]
    due = renewal.due_at(found.not_before, found.not_after, found.serial)
    assert state["due"] == report._iso(due)
    assert state["server"] == "https://127.0.0.1:14000/dir"
    assert state["challenge"] == "stateless"
    assert told(DAY, challenge="dns")["challenge"] == "dns"


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        ("/C=US/O=Let's Encrypt/CN=R11", "CN=R11, O=Let's Encrypt, C=US"),
        ("/CN=Pebble Intermediate CA 50060a", "CN=Pebble Intermediate CA 50060a"),
        ("/O=Example, Inc./OU=TLS", "OU=TLS, O=Example\\, Inc."),
    ],
)
def test_the_issuer_is_written_as_people_write_it(
    subject: str, written: str, tmp_path: Path
) -> None:
    pem, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "1", "-subj", subject, "-keyout", key, "-out", pem]
    subprocess.run(command, check=True, capture_output=True)
    assert certificate.read(pem.read_text()).issuer == written
