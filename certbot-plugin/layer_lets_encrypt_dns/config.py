"""The one configuration file: JSON, mode 0600, with credentials. Values are never printed.

    {"propagation": 300,        seconds to wait for all authoritative servers; 0: they are not asked
     "extra_wait": 0,           seconds to wait after that
     "follow": true,            whether aliases (CNAME) of the record's name are followed
     "nameservers": [],         resolvers, "IP", "IP:port" or "[IP]:port"; empty: the system's
     "state": "/.../x.json",    journal of what is published
     "python": "/usr/bin/python3",  the interpreter that has Lexicon and dnspython
     "default": PROVIDER, "zones": {"example.net": PROVIDER}}

PROVIDER is {"provider": NAME, "options": {...}, "credentials": {...}}, both in the form of
``lexicon.yml``: the provider's own options below its name or next to ``ttl``. Numbers and truths
may be text.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import os
import re
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Mapping

from layer_lets_encrypt_dns import names, provider_names, values
from layer_lets_encrypt_dns.failure import configuration

PYTHON = "/usr/bin/python3"
PROPAGATION = 300.0
OPTIONS, CREDENTIALS = "acme-dns-options", "acme-dns-credentials"  # where an operator writes them
_KEYS = {"propagation", "extra_wait", "follow", "nameservers", "state", "python", "default",
         "zones"}  # fmt: skip
_PROVIDER_KEYS = {"provider", "options", "credentials"}
# Lexicon's general options that are decided here
_DECIDED = {"action", "content", "delegated", "domain", "identifier", "name", "provider",
            "provider_name", "resolve_zone_name", "type"}  # fmt: skip


@dataclass(frozen=True)
class Provider:
    """Who holds a zone. ``settings`` are its options and credentials in one; never print them."""

    name: str
    settings: Mapping[str, Any] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False, default=())
    ttl: int | None = None
    ca_certificates: str = ""


@dataclass(frozen=True)
class Config:
    """The whole file. ``nameservers`` are pairs of address and port."""

    state: Path
    propagation: float = PROPAGATION
    extra_wait: float = 0.0
    follow: bool = True
    nameservers: tuple[tuple[str, int], ...] = ()
    python: str = PYTHON
    default: Provider | None = None
    zones: Mapping[str, Provider] = field(default_factory=dict)

    @property
    def trusting(self) -> bool:
        """Whether the provider's word is enough, and the name servers are not asked."""
        return self.propagation == 0

    def provider_of(self, zone: str) -> Provider:
        """Return the provider of the longest configured zone that holds ``zone``, or the default.

        Raises Failure if there is none.
        """
        above = [known for known in self.zones if names.is_below(zone, known)]
        if above:
            return self.zones[max(above, key=len)]
        if self.default is None:
            raise configuration(
                f"no DNS provider is configured for zone {zone}; set acme-dns-provider, "
                "or name the zone in acme-dns-options"
            )
        return self.default

    def providers(self) -> tuple[Provider, ...]:
        return ((self.default,) if self.default else ()) + tuple(self.zones.values())

    def secrets(self) -> Iterator[str]:
        for provider in self.providers():
            yield from provider.secrets


def read(path: str) -> Config:
    """Return what the file says. Raises Failure."""
    if not path or not os.path.isabs(path):
        raise configuration("--layer-lets-encrypt-dns-config must be an absolute path")
    try:
        with open(path, encoding="utf-8") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            text = opened.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise configuration(f"cannot read {path}: {reason}") from None
    if mode & 0o077:
        raise configuration(f"{path} holds credentials, but others may read it; chmod 600 it")
    return parse(text)


def parse(text: str) -> Config:
    """Return what the text of the file says. Raises Failure, which names keys but no values."""
    try:
        top = json.loads(text)
    except ValueError:
        raise configuration("the configuration is not JSON") from None
    _keys("the configuration", top, _KEYS)
    state = top.get("state")
    if not isinstance(state, str) or not os.path.isabs(state):
        raise configuration("'state' must be an absolute path")
    zones = _mapping("zones", top.get("zones") or {})
    default = top.get("default")
    config = Config(
        state=Path(state),
        propagation=values.number("'propagation'", top.get("propagation", PROPAGATION)),
        extra_wait=values.number(f"{OPTIONS}: 'extra_wait'", top.get("extra_wait", 0)),
        follow=values.truth(f"{OPTIONS}: 'follow'", top.get("follow", True)),
        nameservers=tuple(_nameserver(entry) for entry in _list(top.get("nameservers"))),
        python=_python(top.get("python") or PYTHON),
        default=None if default is None else _provider(OPTIONS, default),
        zones={names.normal(z): _provider(f"{OPTIONS}, zones, {z}", zones[z]) for z in zones},
    )
    if not config.providers():
        raise configuration("no DNS provider is configured; set acme-dns-provider")
    return config


def _keys(where: str, value: Any, known: set[str]) -> None:
    unknown = sorted(set(_mapping(where, value)) - known)
    if unknown:
        listed = ", ".join(sorted(known))
        shown = values.shown_key(str(unknown[0]))
        raise configuration(f"{where}: unknown key {shown}; known are {listed}")


def _mapping(where: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise configuration(f"{where}: must be a mapping")
    return value


def _list(value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise configuration(f"{OPTIONS}: 'nameservers' must be a list of IP addresses")
    return value or []


def _python(value: Any) -> str:
    if not isinstance(value, str) or not os.path.isabs(value) or not value.isprintable():
        raise configuration(f"{OPTIONS}: 'python' must be an absolute path")
    return value


def install(package: str, wheel: str) -> str:
    """Return what to do about a library that the Python which runs this lacks."""
    if sys.executable == PYTHON:
        return f"install the package {package}"
    return f"run {sys.executable} -m pip install {wheel}"


def _nameserver(entry: Any) -> tuple[str, int]:
    """An IPv6 address with a port needs brackets: its last group is no port."""
    text = entry if isinstance(entry, str) else ""
    bracketed = re.fullmatch(r"\[([^]]+)\](?::(\d+))?", text)
    dotted = re.fullmatch(r"([0-9.]+):(\d+)", text)
    found = bracketed or dotted
    address, port = found.groups() if found else (text, None)
    try:
        ipaddress.ip_address(address)
        number = int(port or 53)
        if not 0 < number < 65536:
            raise ValueError
    except ValueError:
        raise configuration(
            f"{OPTIONS}: 'nameservers': each must be IP, IP:port or [IP]:port"
        ) from None
    return address, number


def _provider(where: str, value: Any) -> Provider:
    _keys(where, value, _PROVIDER_KEYS)
    name = value.get("provider")
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        option = "acme-dns-provider" if where == OPTIONS else f"{where}: 'provider'"
        meant = provider_names.meant(str(name), ()) or "cloudflare or httpreq"
        raise configuration(f"{option} must be a name such as {meant}")
    name = name.lower()
    settings: dict[str, Any] = {}
    for key in ("options", "credentials"):
        there = where.replace(OPTIONS, CREDENTIALS) if key == "credentials" else where
        given = _flat(name, _mapping(there, value.get(key) or {}))
        values.each(given, "", functools.partial(_one_line, there))
        if name == "ddns":
            given.pop("domain", None)  # lexicon.yml must name it; here it is the zone that is found
        decided = sorted(_DECIDED & set(given))
        if decided and "private_key" not in given:  # a Google account has a "type"
            raise configuration(f"{there}: remove '{decided[0]}': zone and record are found by DNS")
        _merge(settings, given)
    ttl = values.whole(f"{where}: 'ttl'", settings.pop("ttl", None))
    bundle = settings.pop("ca_certificates", "") or ""
    if bundle and not os.path.isfile(bundle):
        raise configuration(f"{where}: 'ca_certificates' must be the path of a PEM file")
    secrets = {
        *values.secrets(value.get("credentials") or {}, True),
        *values.secrets(settings, False),
    }
    return Provider(name, settings, tuple(sorted(secrets)), ttl, bundle)


def _one_line(where: str, key: str, value: Any) -> None:
    if values.broken_line(value):
        raise configuration(
            f"{where}: {values.shown_key(key)} has a line break or a control character in it; "
            "write it without"
        )


def _merge(settings: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add to ``settings``; mappings in them are merged, too (those of ``auto``)."""
    for key, value in more.items():
        old = settings.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            value = {**old, **value}
        settings[key] = value


def _flat(name: str, mapping: dict[str, Any]) -> dict[str, Any]:
    """What is below the provider's name counts as if it were next to it."""
    below = mapping.get(name)
    if not isinstance(below, dict):
        return mapping
    return {**{key: mapping[key] for key in mapping if key != name}, **below}
