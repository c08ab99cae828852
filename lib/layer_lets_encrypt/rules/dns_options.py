"""Who holds the zones of a certificate, with which credentials: pure.

What operators write, in the form of ``lexicon.yml``, becomes the one file that the certbot
plugin reads. Errors name keys, never values.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping

from layer_lets_encrypt.rules import options as options_reader
from layer_lets_encrypt.rules.request import InvalidRequest, split_names

PROPAGATION = 300  # seconds
MAX_PROPAGATION = 86400
ZONES = "zones"
OPTIONS, CREDENTIALS = "acme-dns-options", "acme-dns-credentials"
# options of the plugin, not of a provider
_GENERAL = ("nameservers", "extra_wait", "follow", "python")

Plain = Dict[str, Any]


def build(
    provider: str,
    options: Mapping[str, Any],
    credentials: Mapping[str, Any],
    propagation: int | None,
    state: str,
) -> Plain:
    """Return the plugin's configuration.

    ``provider`` is that of all zones that do not name their own below ``zones`` of ``options``;
    ``credentials`` may have ``zones``, too; ``state`` is the path of the plugin's journal.
    Raises InvalidRequest.
    """
    options, credentials = texts(options), texts(credentials)
    plain: Plain = {
        "propagation": seconds("acme-dns-propagation", propagation_of(propagation)),
        "state": state,
        "zones": _zones(_by_zone(OPTIONS, options), _by_zone(CREDENTIALS, credentials)),
    }
    plain.update(_general(options))
    if provider:
        plain["default"] = {
            "provider": provider,
            "options": _without(options, (ZONES, *_GENERAL)),
            "credentials": _without(credentials, (ZONES,)),
        }
    elif not plain["zones"]:
        raise InvalidRequest(
            "acme-dns-provider", "is not set", "set it to the name of your DNS provider, or httpreq"
        )
    return plain


def texts(value: Any) -> Any:
    """Return plain data whose scalars are all texts, as providers get them."""
    if isinstance(value, dict):
        return {str(key): texts(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [texts(inner) for inner in value]
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    return str(value)


def _general(options: Mapping[str, Any]) -> Plain:
    """Return the options of the plugin itself that are set."""
    plain = {key: options[key] for key in _GENERAL if options.get(key)}
    if "extra_wait" in plain:
        plain["extra_wait"] = seconds(f"{OPTIONS}, extra_wait", plain["extra_wait"])
    if isinstance(plain.get("nameservers"), str):
        plain["nameservers"] = list(split_names(plain["nameservers"]))
    return plain


def _by_zone(option: str, settings: Mapping[str, Any]) -> Plain:
    """Return the settings of zones by the zones' names in normal form. Raises InvalidRequest."""
    found: Plain = {}
    where = f"{option}, {ZONES}"
    for written, inner in _mapping(where, settings.get(ZONES)).items():
        zone = written.strip().rstrip(".").lower()
        named = f"{where}, {zone}"
        if zone.startswith("*."):
            raise InvalidRequest(named, "is not a zone", f"write {zone[2:]}, which holds it")
        if zone in found:
            raise InvalidRequest(named, "is there for the second time", "write each zone once")
        found[zone] = _mapping(named, inner)
    return found


def _zones(options: Plain, credentials: Plain) -> dict[str, Plain]:
    where = f"{OPTIONS}, {ZONES}"
    for zone in sorted(set(credentials) - set(options)):
        raise InvalidRequest(
            f"{CREDENTIALS}, {ZONES}, {zone}", "has no options", f"name its provider in {where}"
        )
    zones = {}
    for zone, settings in options.items():
        provider = settings.get("provider")
        if not isinstance(provider, str) or not provider:
            raise InvalidRequest(
                f"{where}, {zone}", "has no provider", f"write {zone}: {{provider: NAME}}"
            )
        zones[zone] = {
            "provider": provider,
            "options": _without(settings, ("provider",)),
            "credentials": credentials.get(zone, {}),
        }
    return zones


def _mapping(named: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value or {}, dict):
        raise InvalidRequest(named, "is not a mapping", "write it as key: value")
    return value or {}


def _without(mapping: Mapping[str, Any], keys: tuple[str, ...]) -> Plain:
    return {key: value for key, value in mapping.items() if key not in keys}


def propagation_of(setting: int | None) -> int:
    """Return for how many seconds the DNS is waited for; 0 means not at all."""
    return PROPAGATION if setting is None else setting


def seconds(option: str, written: Any) -> int:
    """Return a number of seconds that the DNS may be waited for. Raises InvalidRequest."""
    wanted = options_reader.whole(option, written)
    if wanted is None or not 0 <= wanted <= MAX_PROPAGATION:
        raise InvalidRequest(option, f"is {wanted}", f"set it to 0 to {MAX_PROPAGATION} seconds")
    return wanted


def of_secret(content: Mapping[str, str]) -> Plain:
    """Return the credentials in a Juju secret, whose keys know no underscores or capitals."""
    return {str(key).replace("-", "_"): value for key, value in content.items()}
