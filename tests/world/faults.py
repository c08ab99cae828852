"""What ACME servers answer when they do not do what they were asked: for ``front.misbehave``.

The texts are Let's Encrypt's own: of its rate limits, of its unpause page, of its load balancer.
"""

from __future__ import annotations

import json
import time
from email.utils import formatdate

from .front import Fault

HTML = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>It works!</body></html>\n"
PROBLEM = {"Content-Type": "application/problem+json"}
UNPAUSE = "https://ca.example/sfe/v1/unpause?jwt="
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nZ2FyYmFnZQ==\n-----END CERTIFICATE-----\n"


def problem(status: int, kind: str, detail: str, **headers: str) -> Fault:
    """A refusal as RFC 8555 has it; header names with underscores for hyphens."""
    document = {"type": f"urn:ietf:params:acme:error:{kind}", "detail": detail, "status": status}
    sent = {key.replace("_", "-"): value for key, value in headers.items()}
    return {"forward": False, "status": status, "headers": {**PROBLEM, **sent},
            "body": json.dumps(document, indent=2)}  # fmt: skip


def rate_limited(retry_after: str = "", until: float = 0) -> Fault:
    """Too many certificates; ``until`` is named in the text, ``retry_after`` in the header."""
    detail = "too many certificates (5) already issued for this exact set of identifiers in the"
    detail += " last 168h0m0s"
    if until:
        detail += time.strftime(", retry after %Y-%m-%d %H:%M:%S UTC", time.gmtime(until))
    detail += ": see https://letsencrypt.org/docs/rate-limits/#new-certificates-per-exact-set"
    headers = {"Retry_After": retry_after} if retry_after else {}
    return problem(429, "rateLimited", detail, **headers)


def http_date(moment: float) -> str:
    """For a Retry-After header."""
    return formatdate(moment, usegmt=True)


def paused(name: str, token: str) -> Fault:
    """The account may not order this name until somebody has visited the link."""
    detail = f"Your account is temporarily prevented from requesting certificates for {name} and"
    detail += f" possibly others. Please visit: {UNPAUSE}{token}"
    return problem(429, "rateLimited", detail)


def unavailable(retry_after: str = "") -> Fault:
    """A load balancer with nothing behind it."""
    headers = {"Content-Type": "text/html", **({"Retry-After": retry_after} if retry_after else {})}
    return {"forward": False, "status": 503, "headers": headers,
            "body": "<html><body><h1>503 Service Unavailable</h1></body></html>"}  # fmt: skip


# What is no ACME at all, though the server behind has done its part.
GARBAGE: dict[str, Fault] = {
    "html": {"status": 200, "body": HTML, "headers": {"Content-Type": "text/html"}},
    "a list": {"body": "[]"},
    "null": {"body": "null"},
    "half": {"half": True},
    "nothing": {"body": ""},
    "bytes": {"body": "\u00ff\u0000\ud7ff"},
    "nested without end": {"body": "[" * 100_000},
    "another content type": {"headers": {"Content-Type": "image/png"}},
    "broken off": {"cut": True},
    "a bare error": {"status": 500, "body": "", "headers": {"Content-Type": None}},
}
RESET: Fault = {"reset": True}
