"""TLS certificates for charms: what a charm author calls.

    from charms.layer import lets_encrypt

    @when("lets-encrypt.registered")
    def serve_https():
        live = lets_encrypt.live()
        render("site.conf", key=live["privkey"], certificate=live["fullchain"])

Importing this module touches nothing: layer:basic imports it in every hook, before the flags of
the configuration are set, and charms.reactive would log each of those.
"""

from __future__ import annotations

from typing import Any, Dict

from layer_lets_encrypt.rules.entry import EntryError

__all__ = [
    "EntryError",
    "certificates",
    "challenge_snippet",
    "live",
    "live_all",
    "set_requested_certificates",
]

Paths = Dict[str, str]


def live() -> Paths | None:
    """Return the paths of the certificate for the option ``fqdn``.

    The keys are ``privkey``, ``fullchain``, ``cert``, ``chain`` and ``dhparam``; with the option
    ``acme-formats`` also ``pfx`` and ``combined`` (key and chain in one PEM file). The paths
    follow from the configuration alone; the files are there once ``lets-encrypt.registered``
    is set. None if ``fqdn`` is unset, empty or invalid.
    """
    from layer_lets_encrypt.juju import certificates as ours

    return ours.of_option()


def live_all() -> dict[str, Paths] | None:
    """Return the paths, as in live(), of each requested certificate that is on disk.

    Keyed by the first name of each request, as it was written there; None without requests.
    The certificate of the option ``fqdn`` is not among them.
    """
    from layer_lets_encrypt.juju import certificates as ours

    return ours.of_requests()


def set_requested_certificates(requests: list[dict[str, Any]]) -> None:
    """Say which certificates the charm wants, in addition to the one of the option ``fqdn``.

    ``requests`` is a list of ``{"fqdn": ["example.org", "blog.example.org"],
    "contact-email": "admin@example.org"}``, one entry for each certificate; it replaces the
    list of earlier calls. May be left out: ``contact-email`` (also ``contact_email``);
    ``challenge``, where this certificate needs another one than the unit's; ``key-type``,
    ``rsa`` or ``ecdsa``; ``dns``; ``scope``, which is ``unit`` if each unit is to order its own,
    under a name of its own, or ``application`` (this is meant without it) if the leader orders it
    for all units: such an entry is to be the same on each unit. Other keys are the charm's own
    and are ignored, but one that is nearly a known one (``keytype``) is an error.

    Clears ``lets-encrypt.registered`` at once and sets ``lets-encrypt.certificate-requested``;
    ``lets-encrypt.registered`` is set again when all certificates are on disk. While they all
    are, the same list again changes no flag: a handler of that flag may call this.

    Raises EntryError, a ValueError, which names the entry and the key that is wrong: nothing is
    changed then. A name that is not valid, a tenant's perhaps, is not an error here: the status
    reports it, and the other certificates are obtained.
    """
    from layer_lets_encrypt.juju import requests as ours

    ours.replace(requests)


def challenge_snippet(server: str) -> str:
    """Return the path of what a web server includes to answer the CA's challenges.

    ``server`` is nginx, apache2 or haproxy. Include it at the top of each server block, virtual
    host or frontend of port 80; the file is there when this returns, and is rewritten,
    and the service reloaded, where the challenge or the account changes.
    Raises ValueError for another server.
    """
    from layer_lets_encrypt.juju import snippets as unit_snippets

    known = unit_snippets.paths()
    if server not in known:
        raise ValueError(f"no snippet for {server!r}; known are {', '.join(known)}")
    return known[server]


def certificates() -> list[dict[str, Any]]:
    """Return the state of each wanted certificate, as plain data.

    Each is a dict of ``name`` (the lineage), ``names`` (wanted), ``on_disk`` (whether just these
    are), ``not_before`` and ``not_after`` (ISO 8601, UTC), ``days_left`` (until then), ``due``
    (when it will be renewed, ISO 8601, UTC), ``serial`` (hexadecimal), ``issuer`` (its
    distinguished name), ``key_type``, ``server`` (the directory it was ordered from),
    ``challenge``, ``account`` (the account's URI at that server), ``error`` (the last one's text),
    ``next_attempt`` (ISO 8601, UTC), ``source`` (``this unit``, or the leader that orders it),
    ``term`` (how many leaders there have been) and ``answers`` (how many units answer the CA, of
    how many, on the leader); what is not known or does not apply is None.
    """
    from layer_lets_encrypt.juju import certificates as ours

    return ours.states()
