"""What the DNS settings of a request may hold: data for its own zones, and nothing else. Pure.

A charm passes on what its tenants say. They must not choose programs, resolvers or files of the
machine, nor use credentials that are not theirs.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, Mapping

MAX_DEPTH = 10  # as of the operator's own settings
MAX_PROPAGATION = 600  # seconds that a request may make the hook wait

# settings of the plugin and of the machine: the operator's alone
_OPERATORS = (
    r"(python|nameservers?|extra_wait|follow|propagation|proxy|verify|insecure)\Z"
    r"|(.*_)?(certificates?|certs?|bundle|files?|paths?|dir|directory|folder|profile|command)\Z"
    r"|auth_(config|type)\Z"
)
# providers that read files of the machine, run programs, or take the machine's own credentials
_OF_THE_MACHINE = ("auto", "localzone", "oci", "transip")
# without credentials of their own these would use the machine's
_NEEDS = {"route53": ("auth_access_key", "auth_access_secret")}
_PROVIDER = r"[a-z0-9][a-z0-9_-]{0,40}\Z"
_A_FILE = r"(?i)\s*file:"
_IN_CLEAR = r"(?i)[\W_]*http:"


def objection(dns: Mapping[str, Any]) -> str:
    """Return which key of a request's settings is the operator's alone or unusable, "" for none.

    ``dns`` has the keys provider, options, credentials and propagation. What is written there is
    not shown: it may be secret.
    """
    waits = dns.get("propagation")
    if waits is not None and not 0 <= waits <= MAX_PROPAGATION:
        return f"'propagation' must be 0 to {MAX_PROPAGATION} seconds"
    options, credentials = dns.get("options") or {}, dns.get("credentials") or {}
    if _is_deep((options, credentials), MAX_DEPTH):
        return f"the settings are nested more than {MAX_DEPTH} deep"
    for key, value in (*_leaves(options), *_leaves(credentials)):
        if re.match(_OPERATORS, key.lower().replace("-", "_")):
            return f"only the operator may set {key[:60]!r}, in acme-dns-options"
        if isinstance(value, str) and re.match(_A_FILE, value):
            return f"{key[:60]!r} must not name a file of the unit"
    return next(
        (said for said in map(_of_provider, _providers(dns, options, credentials)) if said), ""
    )


def _is_deep(value: Any, depth: int) -> bool:
    """Whether lists and dicts are nested more than ``depth`` deep."""
    inner = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list, tuple)):
        return False
    return depth < 0 or any(_is_deep(one, depth - 1) for one in inner)


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield all keys at any depth, each with its value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name), inner
            yield from _leaves(inner, str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield key, inner
            yield from _leaves(inner, key)


def _providers(
    dns: Mapping[str, Any], options: Mapping[str, Any], credentials: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each provider with its options and its credentials: the request's, then its zones'."""
    if dns.get("provider"):
        yield str(dns["provider"]), options, credentials
    zones, secrets = options.get("zones"), credentials.get("zones")
    for zone, settings in zones.items() if isinstance(zones, dict) else ():
        own = settings if isinstance(settings, dict) else {}
        secret = secrets.get(zone) if isinstance(secrets, dict) else None
        yield str(own.get("provider") or ""), own, secret if isinstance(secret, dict) else {}


def _of_provider(asked: tuple[str, Mapping[str, Any], Mapping[str, Any]]) -> str:
    name, options, credentials = asked[0].lower(), asked[1], asked[2]
    if name and not re.match(_PROVIDER, name):
        return "'provider' must be a name such as cloudflare or httpreq"
    if name in _OF_THE_MACHINE:
        return f"only the operator may use the provider {name!r}"
    # Only what the provider itself gets: a key further in is not its credential.
    own = {**_flat(name, options), **_flat(name, credentials)}
    lacking = [key for key in _NEEDS.get(name, ()) if not _says_something(own.get(key))]
    if lacking:
        return f"the provider {name!r} needs {lacking[0]!r} among the credentials"
    found = [value for source in (options, credentials) for key, value in _leaves(source)
             if key == "endpoint"]  # fmt: skip
    if name == "httpreq" and any(map(_is_in_clear, found)):
        return "'endpoint' must begin with https://: it gets the credentials"
    return ""


def _flat(name: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings as the plugin reads them: those below the provider's name count first."""
    below = settings.get(name)
    return {**settings, **below} if isinstance(below, dict) else settings


def _says_something(value: Any) -> bool:
    return isinstance(value, (str, int)) and bool(str(value).strip())


def _is_in_clear(address: Any) -> bool:
    """Whether an address begins with http:, as any library may read it."""
    return bool(re.match(_IN_CLEAR, re.sub(r"[\t\r\n]", "", str(address))))
