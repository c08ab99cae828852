"""Which proxy leads to an address, chosen as certbot's requests chooses it: pure."""

from __future__ import annotations

import ipaddress
import urllib.request
from typing import Mapping
from urllib.parse import urlsplit

# How operators know the variables that certbot.environment() sets.
SETTINGS = {"http": "juju-http-proxy", "https": "juju-https-proxy"}


def proxies_for(url: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the proxies by scheme; none if ``no_proxy`` of ``env`` excepts the address."""
    if is_excepted(url, env.get("no_proxy", "")):
        return {}
    return {scheme: env[scheme + "_proxy"] for scheme in SETTINGS if env.get(scheme + "_proxy")}


def described(url: str, env: Mapping[str, str]) -> str:
    """Return the proxy that leads to ``url``, with its model setting; "" for none."""
    scheme = urlsplit(url).scheme
    proxy = proxies_for(url, env).get(scheme, "")
    if not proxy:
        return ""
    try:
        place = urlsplit(proxy if "://" in proxy else "//" + proxy).netloc.rpartition("@")[2]
    except ValueError:  # half an IPv6 address
        place = "that is not an address"
    return f"{place} ({SETTINGS[scheme]})"


def is_excepted(url: str, no_proxy: str) -> bool:
    """Whether ``no_proxy`` excepts the address: by name, suffix, host:port, address or network."""
    host, port = _host(url)
    entries = [entry for entry in no_proxy.replace(" ", "").split(",") if entry]
    if _is_ipv4(host):
        if any(_holds(entry, host) for entry in entries):
            return True
    elif any(host.endswith(entry) or f"{host}{port}".endswith(entry) for entry in entries):
        return True
    bypass = urllib.request.proxy_bypass_environment(host, {"no": no_proxy})  # type: ignore[attr-defined]
    return bool(bypass)


def _host(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return parts.hostname or "", port


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _holds(entry: str, address: str) -> bool:
    """Whether an entry is the address, or a network that it is in."""
    if "/" not in entry:
        return entry == address
    try:
        return ipaddress.IPv4Address(address) in ipaddress.IPv4Network(entry, strict=False)
    except ValueError:
        return False
