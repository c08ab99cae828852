"""DNS-01's configuration: from the operator's options and secret to one file for root alone."""

from __future__ import annotations

import functools
import json
import os
from typing import Any, Iterable

from charmhelpers.core import hookenv

from layer_lets_encrypt.juju import hook, secrets, tell
from layer_lets_encrypt.juju.configuration import options as unit_options
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import dns_options, options, plain_yaml, secret_ids
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import InvalidRequest, Request

CREDENTIALS = "acme-dns-credentials"


class _Unreadable(Exception):
    """Options or credentials cannot be read; str() says why, without their content."""


def write(request: Request) -> Problem | None:
    """Write the plugin's file for one certificate; return what is wrong with its settings."""
    places = hook.places()
    try:
        plain = _of_request(request, places) if request.dns else _of_options()
        files.write_json(places.dns_config(request), plain)
    except (_Unreadable, InvalidRequest) as error:
        return Problem("blocked", one_line(str(error)))
    return None


def install_packages(request: Request) -> Problem | None:
    """Install what the plugin needs for one certificate; return why it is not there."""
    from layer_lets_encrypt.ca import gate
    from layer_lets_encrypt.dns import packages

    return packages.ensure(hook.places().dns_config(request), gate.environment(os.environ))


def remove_unused(using: Iterable[Request]) -> None:
    """Remove the files of certificates that want no DNS challenge any more."""
    places = hook.places()
    kept = {places.dns_config(request) for request in using}
    for path in places.dns_configs():
        if path not in kept:
            files.remove(path)


@functools.lru_cache(maxsize=1)  # once in a hook: it asks Juju for the secret
def _of_options() -> dict[str, Any]:
    propagation = unit_options().get("acme-dns-propagation")
    return dns_options.build(
        _option("acme-dns-provider").strip(),
        _mapping("acme-dns-options", _option("acme-dns-options")),
        _credentials(_option(CREDENTIALS)),
        options.whole("acme-dns-propagation", propagation),
        str(hook.places().dns_journal),
    )


def _of_request(request: Request, places: Places) -> dict[str, Any]:
    own = json.loads(request.dns)
    return dns_options.build(
        own.get("provider") or "",
        own.get("options") or {},
        own.get("credentials") or {},
        own.get("propagation"),
        str(places.dns_journal),
    )


def _credentials(text: str) -> dict[str, Any]:
    if not secret_ids.is_meant(text):
        if text.strip():
            tell.log(
                "acme-dns-credentials holds credentials that everybody with access to the model "
                "can read; a Juju secret hides them (juju add-secret)",
                level=hookenv.WARNING,
            )
        return _mapping(CREDENTIALS, text)
    found = dns_options.of_secret(_secret(text.strip()))
    return {key: _mapping(key, str(value)) if key == dns_options.ZONES else value
            for key, value in found.items()}  # fmt: skip


def is_ours(identifier: str) -> bool:
    """Whether the operator's credentials are in the secret of this id, in any of its forms."""
    try:
        return secret_ids.are_same(_option(CREDENTIALS), identifier)
    except InvalidRequest:
        return False  # the status says so


def _secret(identifier: str) -> dict[str, str]:
    """Return the newest content of a secret. Raises _Unreadable."""
    try:
        return secrets.read(CREDENTIALS, identifier, "YAML")
    except secrets.Unreadable as error:
        raise _Unreadable(str(error)) from None


def _mapping(option: str, text: str) -> dict[str, Any]:
    try:
        return plain_yaml.read_mapping(text)
    except plain_yaml.Unreadable as error:
        hint = "; or write secret:ID" if option == CREDENTIALS else ""
        raise _Unreadable(f"{option} {error}{hint}") from None


def _option(name: str) -> str:
    return options.text(name, unit_options().get(name))
