"""The unit's certificates: their paths, and what is known of each."""

from __future__ import annotations

import time
from typing import Any, Dict

from layer_lets_encrypt.certificates import lineage
from layer_lets_encrypt.juju import configuration, hook, sharing
from layer_lets_encrypt.machine import paths
from layer_lets_encrypt.rules import delivery, request
from layer_lets_encrypt.rules.all_requests import names_of_option
from layer_lets_encrypt.rules.entry import EntryError, parse_entry
from layer_lets_encrypt.rules.request import InvalidRequest

Paths = Dict[str, str]


def of_option() -> Paths | None:
    """Return the paths of the certificate for the option ``fqdn``, None if it names none."""
    try:
        names = names_of_option(configuration.options())
        wanted = request.parse_request(names, "fqdn", configuration.challenge().wildcards)
    except InvalidRequest:
        return None
    return _paths(wanted.lineage_name) if wanted else None


def of_requests() -> dict[str, Paths] | None:
    """Return the paths of each requested certificate on disk, None without requests.

    Keyed by the first name of each request, as it was written there.
    """
    requested = configuration.requested()
    if not isinstance(requested, list) or not requested:
        return None
    certificates_on_disk = {}
    for index, plain in enumerate(requested):
        try:
            entry = parse_entry(index, plain)
            wanted = entry.request(configuration.challenge().wildcards)
        except (EntryError, InvalidRequest):
            continue  # the status reports it
        if wanted is not None and lineage.is_readable(wanted.lineage_name):
            certificates_on_disk[entry.names[0]] = _paths(wanted.lineage_name)
    return certificates_on_disk


def states() -> list[dict[str, Any]]:
    """Return the state of each wanted certificate, as plain data."""
    from layer_lets_encrypt.passes import report

    wanted = configuration.read_configuration()
    places, challenge = hook.places(), configuration.challenge().name
    found = report.certificates(wanted.requests, places, challenge, time.time())
    shared = sharing.current().described()
    for state, one in zip(found, wanted.requests):
        state.update(sharing.OWN if one.is_of_unit else shared)
    return found


def _paths(name: str) -> Paths:
    found = dict(paths.live_paths(name), dhparam=str(paths.DHPARAM))
    formats = delivery.read(configuration.options())[0].formats
    if formats:
        from layer_lets_encrypt.delivery import forms

        folder = hook.places().forms
        found.update({form: str(forms.path(folder, name, form)) for form in formats})
    return found
