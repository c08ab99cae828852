"""Values that a provider's code takes in one form alone, checked before anybody is asked. Pure.

Lexicon itself would fail over them in the middle of an order, in the words of some library. Errors
name keys, never values.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from typing import Any, Mapping

from layer_lets_encrypt_dns.config import CREDENTIALS, OPTIONS
from layer_lets_encrypt_dns.failure import Failure, configuration

_MD5 = "hmac-md5.sig-alg.reg.int"
_ALGORITHMS = ("hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha256-128", "hmac-sha384",
               "hmac-sha384-192", "hmac-sha512", "hmac-sha512-256", _MD5)  # fmt: skip
_KEY_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?\Z")
# options without which a provider's code stumbles, and what they are
NEEDED = {
    "azure": ("resource_group", "the zone's resource group"),
    "ddns": ("ddns_server", "the IP address of the zone's primary name server"),
    "directadmin": ("endpoint", "the address of DirectAdmin"),
    "infoblox": ("ib_host", "the host of the grid master"),
    "onapp": ("auth_server", "the address of the control panel"),
    "plesk": ("plesk_server", "the address of Plesk"),
    "powerdns": ("pdns_server", "the address of its API, such as https://dns.example.com:8081"),
}
_OF_KEY = "'auth_token' of ddns"
_ACCOUNT = "auth_service_account_info"


def check(provider: str, given: Mapping[str, str]) -> None:
    """Raise Failure if a value cannot be what the provider wants."""
    needed, what = NEEDED.get(provider, ("", ""))
    if needed and not given.get(needed):
        raise configuration(f"{provider} needs the option '{needed}', {what} ({OPTIONS})")
    if provider == "ddns":
        _server(given["ddns_server"])
        _tsig(given.get("auth_token", ""))
    elif provider == "googleclouddns" and not _is_account(given.get(_ACCOUNT, "")):
        raise _no_account()


def pasted(provider: str, given: Mapping[str, Any]) -> None:
    """Raise Failure if somebody has pasted the content of a key file instead of options."""
    is_there = "private_key" in given or isinstance(given.get(_ACCOUNT), dict)
    if provider == "googleclouddns" and is_there:
        raise _no_account()


def _server(written: str) -> None:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        raise configuration(
            "'ddns_server' of ddns must be an IP address alone: no host name, no port (53 is "
            f"asked), no brackets ({OPTIONS})"
        ) from None


def _tsig(token: str) -> None:
    """A key as nsupdate's ``-y`` takes it, with all of its three parts."""
    parts = token.split(":")
    if len(parts) != 3:
        raise configuration(
            f"{_OF_KEY} must be ALGORITHM:KEY-NAME:SECRET, such as hmac-sha256:acme-key:BASE64 "
            f"({CREDENTIALS})"
        )
    algorithm, name, secret = parts
    if algorithm.lower().rstrip(".") not in _ALGORITHMS:
        raise configuration(
            f"{_OF_KEY} must begin with an algorithm{_meant(algorithm)} ({CREDENTIALS})"
        )
    if not _KEY_NAME.match(name):
        raise configuration(
            f"{_OF_KEY} must have the name of the key in the middle, as named.conf has it "
            f"({CREDENTIALS})"
        )
    if not _is_base64(secret):
        raise configuration(
            f"{_OF_KEY} must end with the key's secret in base64, whole and without quotes "
            f"({CREDENTIALS})"
        )


def _meant(algorithm: str) -> str:
    digest = re.sub("[^a-z0-9]", "", algorithm.lower().replace("hmac", ""))
    if digest == "md5":
        return f": for MD5 write {_MD5}"
    near = [name for name in _ALGORITHMS if name == f"hmac-{digest}"]
    return f": write {near[0]}" if near else " such as hmac-sha256 or hmac-sha512"


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def _no_account() -> Failure:
    return configuration(
        f"'{_ACCOUNT}' of googleclouddns must be base64:: and what base64 -w0 prints of the key "
        f"file ({CREDENTIALS})"
    )


def _is_account(text: str) -> bool:
    """Whether it is a file's path, or an account with all that Lexicon looks for."""
    if not text.startswith("base64::"):
        return text.startswith("file::")
    try:
        found = json.loads(base64.b64decode(text[len("base64::") :]))
        return all(found.get(key) for key in ("client_email", "private_key", "project_id"))
    except (ValueError, AttributeError, RecursionError):
        return False
