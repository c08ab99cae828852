"""The provider that publishes into a zone, ready to be used."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterable, Mapping, Union

from layer_lets_encrypt_dns import lexicongate, lexicons, names, values
from layer_lets_encrypt_dns.config import Config, Provider
from layer_lets_encrypt_dns.failure import configuration
from layer_lets_encrypt_dns.httpreq import Httpreq
from layer_lets_encrypt_dns.journal import Entry

Gate = Union[Httpreq, lexicongate.Lexicon]


class Providers:
    """Makes and keeps one gate for each zone."""

    def __init__(
        self,
        config: Config,
        redact: Callable[[str], str],
        shown: Callable[[Entry], bool | None],
        nameservers: Callable[[str], Iterable[str]],
    ) -> None:
        """``nameservers`` returns the names of a zone's servers, for the provider ``auto``."""
        self._config, self._redact, self._shown = config, redact, shown
        self._nameservers = nameservers
        self._gates: dict[str, Gate] = {}

    def of(self, zone: str) -> Gate:
        """Return the gate for a zone. Raises Failure."""
        if zone not in self._gates:
            self._gates[zone] = self._make(zone, self._config.provider_of(zone))
        return self._gates[zone]

    def fit(self) -> None:
        """Check settings that count whatever the zone is, and ask nobody. Raises Failure.

        If zones have providers of their own, only the DNS can say which one is used.
        """
        default = self._config.default
        if default is None or self._config.zones:
            return
        if default.name == "auto":
            _check_auto(default)
        else:
            self._make("", default)

    def _make(self, zone: str, provider: Provider) -> Gate:
        if provider.name == "httpreq":
            return Httpreq(provider, self._shown, self._redact)
        if provider.name == "auto":
            provider = self._discover(zone, provider)
        return lexicongate.Lexicon(provider, zone, self._redact, self._shown)

    def _discover(self, zone: str, auto: Provider) -> Provider:
        _check_auto(auto)
        override = auto.settings.get("mapping_override")
        name = _mapped(zone, str(override or ""))
        if not name:
            servers = tuple(self._nameservers(zone))
            known = {one: lexicons.nameservers_of(one) for one in lexicons.names()}
            name = match(servers, known)
        if not name:
            raise configuration(
                f"auto knows no provider for the name servers of zone {zone} "
                f"({', '.join(servers)}); set acme-dns-provider to its name"
            )
        own = narrowed(name, auto.settings)
        ttl = values.whole(f"'ttl' of {name}", own.pop("ttl", None)) or auto.ttl
        return Provider(name, own, auto.secrets, ttl, auto.ca_certificates)


def _check_auto(auto: Provider) -> None:
    """Raises Failure."""
    lexicons.check("cloudflare")  # is Lexicon there at all?
    for key in sorted(auto.settings):
        if not _is_for_auto(key, lexicons.names()):
            raise configuration(
                f"auto has no option {values.shown_key(key)}; write it below the name of its "
                "provider, or with that in front (cloudflare_auth_token)"
            )


def _is_for_auto(key: str, known: Iterable[str]) -> bool:
    bare = key[len("auto_") :] if key.startswith("auto_") else key
    return key == "mapping_override" or any(
        key == name or bare.startswith(name + "_") for name in known
    )


def _mapped(zone: str, override: str) -> str:
    """Lexicon's own form: ``zone:provider, zone:provider``."""
    pairs = [pair.strip().partition(":") for pair in override.split(",")]
    return next((right.strip() for left, _, right in pairs if names.normal(left) == zone), "")


def match(servers: Iterable[str], known: Mapping[str, tuple[Any, ...]]) -> str:
    """Return the provider one of whose domains or patterns fits a server's name, or "". Pure."""
    above = {part for server in servers for part in names.upwards(server) if "." in part}
    for name in sorted(known):
        for domain in known[name]:
            if isinstance(domain, re.Pattern):
                if any(domain.match(part) for part in above):
                    return name
            elif domain in above:
                return name
    return ""


def narrowed(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of ``auto`` that are for one provider: below its name, or with it as
    prefix. Pure."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if key == name and isinstance(value, dict):
            found.update(value)
        for prefix in (f"{name}_", f"auto_{name}_"):
            if key.startswith(prefix):
                found[key[len(prefix) :]] = value
    return found
