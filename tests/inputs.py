"""Values that nobody expects, for each place where something from outside comes in. Seeded.

Texts are made of nasty pieces, of random bytes and characters, and of valid values with
something changed; structures are valid ones with something cut out, replaced or added.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

NAME = "www.example.com"
SECRET = "very-secret-value"  # noqa: S105

PIECES = [
    "", " ", "\n", "\r\n", "\t", "\0", "\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\x7f", "\x85",
    "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "\udcff", "\U0001f600", "é", "ß",
    "ı", "İ", "ﬀ", "例え", "٠١", "²", "。", "．", "＊", "－", "../", "/", "\\", "//", "~", ".",
    "..", "*", "*.", "-", "--", "-h", "--server", "--deploy-hook=touch /tmp/owned", "$(id)", "`id`",
    ";", "|", "&", "'", '"', "\\'", "${IFS}", "%s", "%00", "%n", "{0}", "{", "}", "[", "]", "<",
    ">", ",", ":", "@", "#", "!", "!!python/object:os.x", "&a", "*a", "<<", "? ", "- ", "| ",
    "> ", ": ", "---", "...", "%YAML 1.1", "null", "true", "yes", "no", "~", "0", "-1", "007",
    "0x1f", "1e400", "NaN", "Infinity", "99999999999999999999", "1234-56-78", "2024-01-15",
    "12:30:45", NAME, "example.com", "example", "com", "localhost", "xn--", "xn--a", "_dmarc",
    "127.0.0.1", "::1", "[::1]", "https://", "http://", "ftp://", "file:///etc/passwd", ":443",
    ":99999", "secret:", "secret:x y", "admin@", "@example.com", "a" * 64, "a" * 254, "é" * 300,
    "." * 300, "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
    "-----BEGIN PRIVATE KEY-----", "AAAA", "MIIB", "=", "==", "key: value",
    "zones: {a.b: {provider: x}}", "production", "staging", "standalone", "stateless", "webroot",
    "dns", "httpreq", "powerdns", "auto", "\x00\x01\x02", "x" * 5000, "\n" * 500, "[" * 300,
    "{a: " * 100, "a " * 500, "-a " * 50, "{", "}}", "🏴\U000e0067", "\u0300" * 50,
]  # fmt: skip

NUMBERS = [float("nan"), float("inf"), float("-inf"), 1e300, 10**400, 253402300800, 10**12, -1,
           -1e9, 0.5, "1", True, None, []]  # fmt: skip

OPTIONS: dict[str, list[str]] = {
    "fqdn": [NAME, "a.example.com, b.example.com", "bücher.example.com", "*.example.com"],
    "contact-email": ["admin@firm.example", "a+b@c.firm.example", "a@firm.example,b@firm.example"],
    "acme-server": ["production", "staging", "https://ca.example:14000/dir?x=y", "https://[::1]/d"],
    "acme-ca-certificates": ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"],
    "acme-challenge": ["standalone", "stateless", "webroot", "dns"],
    "acme-dns-provider": ["powerdns", "httpreq", "cloudflare", "auto"],
    "acme-dns-options": ["pdns_server: https://a.example:8081\nzones:\n  a.b: {provider: ddns}\n"],
    "acme-dns-credentials": [f"auth_token: {SECRET}\n", "secret:9m4e2mr0ui3e8a215n4g"],
    "acme-dns-propagation": ["300", "0", "86400"],
    "acme-preflight": ["true", "false"],
    "acme-certificates": ["a.example.com,b.example.com challenge=dns key-type=rsa # a\n"
                          "c.example.com reload=nginx restart=a,b profile=shortlived\n"],
    "acme-renew-schedule": ["17 3,15 * * *", "@daily", "weekly", "*/5 0-6 1,15 jan-jun mon"],
    "acme-key-type": ["rsa", "rsa-4096", "ecdsa-384"],
    "acme-profile": ["shortlived", "classic"],
    "acme-preferred-chain": ["ISRG Root X2"],
    "acme-eab": [f"kid-1:{SECRET * 3}", "secret:9m4e2mr0ui3e8a215n4g"],
    "acme-files-access": ["root:ssl-cert 0640", "www-data:www-data 0400", "0:118"],
    "acme-formats": ["pfx", "combined", "pfx, combined"],
    "acme-pfx-passphrase": [SECRET, "secret:9m4e2mr0ui3e8a215n4g"],
    "acme-metrics-directory": ["/var/lib/prometheus/node-exporter", "/srv/a b/"],
    "acme-deploy-command": ["/usr/local/bin/deploy --all 'a b'", "sh -c 'a && b; c'"],
    "acme-failure-command": ["/usr/local/bin/page " + SECRET, "bash -c 'a | b'"],
}

AUTHOR: dict[str, Any] = {"service-name": "nginx", "challenge": "standalone", "webroot": "",
                          "reload-services": ["postfix"]}  # fmt: skip

ENTRY: dict[str, Any] = {
    "fqdn": [NAME, "example.com"], "contact-email": "admin@firm.example", "challenge": "dns",
    "key-type": "rsa", "owner": {"tenant": 7},
    "dns": {"provider": "httpreq", "options": {"endpoint": "https://dns.example", "ttl": 60},
            "credentials": {"username": "me", "password": SECRET}, "propagation": 60},
}  # fmt: skip

PROBLEM = {"category": "validation", "detail": "connection: refused", "retry_at": 1.8e9}
RECORD = {"asked": "0123456789abcdef", "begun": None, "failures": 2, "failed_at": 1.8e9,
          "not_before": 1.9e9, "problem": PROBLEM, "made": True, "unwanted": None, "serial": "1f",
          "unready_since": 1.8e9, "forced": False, "advised_at": 0, "suspect": True,
          "refusals": 1}  # fmt: skip

STATE_FILES: dict[str, Any] = {
    "history.json": {
        "version": 1, "records": {NAME: RECORD, "@contact": RECORD, "@service": RECORD},
        "contacts": {"https://ca.example/dir": "a@b.example"}, "loaded": {NAME: "1f"},
        "claims": {NAME: [NAME]}, "accounts": {"https://ca.example/dir": "0123"}, "snippets": "ab",
    },
    "facts.json": {NAME: ["- - - - - - -", ["sane", "", [[NAME], 1.7e9, 1.8e9, "1f", "CA", "rsa",
                                                         "a.b", 2048], "https://ca.example/dir",
                                     "Root X1", "shortlived"]]},
    "renewal-info.json": {NAME: {"identifier": "a.b", "moment": 1.8e9, "ask_again": 1.8e9,
                                 "explanation": "https://ca.example"},
                          "@silent": ["https://ca.example/dir", 1.8e9]},
    "journal.json": {"attempt": "ab", "service": "nginx", "moves": [["/tmp/none/a", "/tmp/none/b"]],
                     "companions": ["nginx.socket"], "boot": "x"},
    "dns-published.json": [{"name": NAME, "fqdn": "_acme-challenge." + NAME, "zone": "example.com",
                            "value": "x", "owner": "1 2", "extra": {}}],
    "../scheduler-off.json": {"timer": True, "running": True},
}  # fmt: skip


def some_bytes(rng: random.Random, count: int) -> bytes:
    """As rng.randbytes, which Python 3.8 lacks."""
    return bytes(rng.randrange(256) for _ in range(count))


def text(rng: random.Random, valid: list[str]) -> str:
    """A text for a place where one of ``valid`` is expected."""
    kind = rng.randrange(6)
    if kind == 0:
        return "".join(rng.choices(PIECES, k=rng.randrange(1, 5)))
    if kind == 1:
        return "".join(chr(rng.randrange(rng.choice([128, 0x110000]))) for _ in range(9))
    if kind == 2:
        return some_bytes(rng, rng.randrange(1, 200)).decode("utf-8", "surrogateescape")
    if kind == 3:
        return rng.choice(valid) * rng.choice([0, 2, 1000]) + rng.choice(PIECES)
    return changed_text(rng, rng.choice(valid))


def changed_text(rng: random.Random, valid: str) -> str:
    """``valid`` with a few things inserted, deleted, replaced or written twice."""
    for _ in range(rng.choice([1, 1, 2, 5])):
        start = rng.randrange(len(valid) + 1)
        end = min(len(valid), start + rng.choice([0, 0, 1, 3, 20]))
        part = valid[start:end]
        middle = rng.choice([rng.choice(PIECES), "", part * 2, part.upper()])
        valid = valid[:start] + middle + valid[end:]
    return valid


def value(rng: random.Random, depth: int = 0) -> Any:
    """Plain data of any kind, as JSON knows it and Python's reader of it."""
    kind = rng.randrange(9 if depth < 3 else 6)
    if kind >= 7:
        return {rng.choice(PIECES): value(rng, depth + 1) for _ in range(rng.randrange(4))}
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    simple = [None, True, False, rng.choice([0, -1, 1, 2**31, -(2**63), 10**30, 10**400]),
              rng.choice([0.0, -0.5, 1e300, float("nan"), float("inf"), float("-inf")]),
              text(rng, [NAME])]  # fmt: skip
    return simple[kind]


def changed(rng: random.Random, valid: Any) -> Any:
    """Plain data like ``valid``, but for something inside."""
    plain = copy.deepcopy(valid)
    for _ in range(rng.choice([1, 1, 2, 4])):
        plain = _change(rng, plain)
    return plain


def changed_mapping(rng: random.Random, valid: dict[str, Any]) -> dict[str, Any]:
    """As changed(), but always a mapping."""
    plain = changed(rng, valid)
    return plain if isinstance(plain, dict) else {}


def _change(rng: random.Random, plain: Any) -> Any:
    """Change one place, any of them as likely as another."""
    places = list(_places(plain)) if isinstance(plain, (dict, list)) else []
    if not places or rng.random() < 0.05:
        return value(rng)
    holder, key = rng.choice(places)
    act = rng.randrange(10)
    if act == 0:
        del holder[key]
    elif act == 1 and isinstance(holder, dict):
        holder[text(rng, [str(key)])] = holder.pop(key)
    elif act == 2 and isinstance(holder, dict):
        holder[rng.choice(PIECES)] = value(rng)
    elif act in (1, 2):
        holder.insert(key, value(rng) if act == 1 else holder[key])
    else:
        holder[key] = _instead(rng, holder[key])
    return plain


def _places(plain: Any) -> Iterator[tuple[Any, Any]]:
    """All that is inside, as what holds it and where."""
    keys: Any = plain if isinstance(plain, dict) else range(len(plain))
    for key in keys:
        yield plain, key
        if isinstance(plain[key], (dict, list)):
            yield from _places(plain[key])


def _instead(rng: random.Random, old: Any) -> Any:
    if isinstance(old, str) and rng.random() < 0.5:
        return changed_text(rng, old)
    if isinstance(old, (int, float)) and rng.random() < 0.7:
        return rng.choice(NUMBERS)
    return value(rng)


def content(rng: random.Random, valid: Any) -> bytes:
    """The bytes of a file that should hold ``valid``: mostly JSON of something like it."""
    kind = rng.randrange(10)
    written = json.dumps(changed(rng, valid)).encode("utf-8", "surrogatepass")
    if kind == 0:
        return written[: rng.randrange(len(written))]
    if kind == 1:
        return some_bytes(rng, rng.randrange(300))
    if kind == 2:
        return text(rng, ["{}"]).encode("utf-8", "surrogatepass")
    if kind == 3:
        index = rng.randrange(len(written))
        return written[:index] + some_bytes(rng, 3) + written[index:]
    return written


def option(rng: random.Random, name: str) -> Any:
    """A value of an option; now and then of a type that a charm's own definition gives it."""
    return value(rng) if rng.random() < 0.2 else text(rng, OPTIONS[name])
