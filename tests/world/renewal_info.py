"""Renewal-info (RFC 9773) as a CA serves it: for ``front.renewal_info``."""

from __future__ import annotations

import json
import subprocess
import time
from base64 import urlsafe_b64encode

from .faults import PROBLEM
from .front import Fault

DAY = 86400
EXPLANATION = "https://ca.example/incidents/7"


def _rfc_3339(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def window(start: float, end: float, retry_after: str = "21600", explanation: str = "") -> Fault:
    """A window between two moments in POSIX seconds."""
    plain = {"suggestedWindow": {"start": _rfc_3339(start), "end": _rfc_3339(end)}}
    if explanation:
        plain["explanationURL"] = explanation
    headers = {"Content-Type": "application/json"}
    if retry_after:
        headers["Retry-After"] = retry_after
    return {"status": 200, "headers": headers, "body": json.dumps(plain)}


def past(**options: str) -> Fault:
    """The CA wants it renewed at once: this is what it says before it revokes."""
    now = time.time()
    return window(now - 2 * DAY, now - DAY, **options)


def future(**options: str) -> Fault:
    """In good time, three weeks from now."""
    now = time.time()
    return window(now + 21 * DAY, now + 23 * DAY, **options)


def refusal(status: int) -> Fault:
    """No information, such as 404 for a certificate that the CA does not know."""
    body = {"type": "urn:ietf:params:acme:error:malformed", "detail": "no", "status": status}
    return {"status": status, "headers": PROBLEM, "body": json.dumps(body)}


RUBBISH: dict[str, Fault] = {
    "html": {"status": 200, "headers": {"Content-Type": "text/html"}, "body": "<html></html>"},
    "nothing": {"status": 200, "body": ""},
    "nested without end": {"status": 200, "body": "[" * 60_000},
    "backwards": window(2e9, 1.9e9),
    "another century": {"status": 200, "body": window(1e9, 2e9)["body"].replace("2001", "0001")},
    "reset": {"reset": True},
    "broken off": {**window(1e9, 1.1e9), "cut": True},
}


def identifier(pem: str) -> str:
    """By what a CA knows the certificate: read with the openssl program."""
    command = ["openssl", "x509", "-noout", "-serial", "-ext", "authorityKeyIdentifier"]
    said = subprocess.run(command, input=pem, capture_output=True, text=True, check=True).stdout
    lines = [line.strip() for line in said.splitlines()]
    serial = lines[0].split("=")[1]
    key = lines[-1].replace("keyid:", "").replace(":", "")
    number = bytes.fromhex(serial)
    if number[0] >= 0x80:
        number = b"\0" + number  # it is positive
    return f"{_base64(bytes.fromhex(key))}.{_base64(number)}"


def _base64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
