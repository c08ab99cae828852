"""TLS certificates for charms: what a charm author calls.

    from charms.layer import lets_encrypt

    @when("lets-encrypt.registered")
    def serve_https():
        live = lets_encrypt.live()
        render("site.conf", key=live["privkey"], certificate=live["fullchain"])

Importing this module touches nothing.
"""

import json
import time
from typing import Any, Dict, List, Optional

from charmhelpers.core import hookenv, unitdata
from charms.reactive import clear_flag, is_flag_set, set_flag
from charms.reactive.helpers import data_changed
from layer_lets_encrypt.certificates import lineage
from layer_lets_encrypt.juju import configuration as wishes
from layer_lets_encrypt.juju import tell
from layer_lets_encrypt.machine import paths
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import configuration, request
from layer_lets_encrypt.rules.entry import (
    EntryError,
    check_keys,
    check_plain,
    ignored_keys,
    parse_entry,
)
from layer_lets_encrypt.rules.request import InvalidRequest

__all__ = [
    "EntryError",
    "certificates",
    "challenge_snippet",
    "live",
    "live_all",
    "set_requested_certificates",
]

IGNORED = "layer.lets-encrypt.ignored-keys"  # what data_changed remembers them by
DHPARAM = str(paths.CONFIG_DIR / "dhparam.pem")

Paths = Dict[str, str]


def live() -> Optional[Paths]:
    """Return the paths of the certificate for the option ``fqdn``.

    The keys are ``privkey``, ``fullchain``, ``cert``, ``chain`` and ``dhparam``. The paths
    follow from the configuration alone; the files are there once ``lets-encrypt.registered``
    is set. None where ``fqdn`` is unset, empty or invalid.
    """
    try:
        names = configuration.names_of_option(wishes.config())
        wanted = request.parse_request(names, "fqdn", wishes.challenge().wildcards)
    except InvalidRequest:
        return None
    return _paths(wanted.lineage) if wanted else None


def live_all() -> Optional[Dict[str, Paths]]:
    """Return the paths, as in live(), of each requested certificate that is on disk.

    Keyed by the first name of each request, as it was written there; None without requests.
    The certificate of the option ``fqdn`` is not among them.
    """
    requested = wishes.requested()
    if not isinstance(requested, list) or not requested:
        return None
    certificates_on_disk = {}
    for index, plain in enumerate(requested):
        try:
            entry = parse_entry(index, plain)
            wanted = entry.request(wishes.challenge().wildcards)
        except (EntryError, InvalidRequest):
            continue  # the status tells of it
        if wanted is not None and lineage.is_readable(wanted.lineage):
            certificates_on_disk[entry.names[0]] = _paths(wanted.lineage)
    return certificates_on_disk


def set_requested_certificates(requests: List[Dict[str, Any]]) -> None:
    """Say which certificates the charm wants, beside the one of the option ``fqdn``.

    ``requests`` is a list of ``{"fqdn": ["example.org", "blog.example.org"],
    "contact-email": "admin@example.org"}``, one entry for each certificate; it replaces the
    list of earlier calls. May be left out: ``contact-email`` (also ``contact_email``);
    ``challenge``, where this certificate needs another one than the unit's; ``key-type``,
    ``rsa`` or ``ecdsa``; ``dns``. Other keys are the charm's own and are ignored, but one that
    is nearly a known one (``keytype``) is an error.

    Clears ``lets-encrypt.registered`` at once and sets ``lets-encrypt.certificate-requested``;
    ``lets-encrypt.registered`` is set again when all certificates are on disk. While they all
    are, the same list again changes no flag: a handler of that flag may call this.

    Raises EntryError, a ValueError, which names the entry and the key that is wrong: nothing is
    changed then. A name that is not valid, a tenant's perhaps, is no error here: the status
    tells of it, and the other certificates are obtained.
    """
    requests = requests or []
    if not isinstance(requests, (list, tuple)):
        kind = type(requests).__name__
        raise EntryError(f"certificates are requested with a list, not with a {kind}")
    for index, plain in enumerate(requests):
        parse_entry(index, plain)
        check_keys(index, plain)
        check_plain(index, plain)
    _tell_of_ignored(requests)
    unchanged = _canonical(requests) == _canonical(wishes.requested())
    unitdata.kv().set(wishes.REQUESTS, list(requests))
    if unchanged and _is_granted():
        return
    clear_flag("lets-encrypt.registered")
    clear_flag("lets-encrypt.certificate-requested")  # so that handlers run again
    if requests:
        set_flag("lets-encrypt.certificate-requested")


def _tell_of_ignored(requests: List[Dict[str, Any]]) -> None:
    """Log the keys of the charm's own, once for each set of them."""
    ignored = ignored_keys(requests)
    if data_changed(IGNORED, ignored) and ignored:
        tell.log(f"keys of certificate requests that say nothing here: {', '.join(ignored)}")


def _canonical(requests: Any) -> List[str]:
    """Return what two lists of the same entries have in common."""
    entries = requests if isinstance(requests, (list, tuple)) else ()
    return sorted(json.dumps(entry, sort_keys=True, default=str) for entry in entries)


def _is_granted() -> bool:
    """Whether all that is wanted lies on disk just now, and consumers know it."""
    from layer_lets_encrypt.juju.announce import is_as_announced

    if not is_flag_set("lets-encrypt.registered"):
        return False
    reader = lineage.Reader(Places.of(hookenv.local_unit()).facts)
    return is_as_announced(wishes.read_wishes(), reader)


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
        raise ValueError(f"there is no snippet for {server!r}; known are {', '.join(known)}")
    return known[server]


def certificates() -> List[Dict[str, Any]]:
    """Return the state of each wanted certificate, as plain data.

    Each is a dict of ``name`` (the lineage), ``names`` (wanted), ``on_disk`` (whether just these
    are), ``not_before`` and ``not_after`` (ISO 8601, UTC), ``days_left`` (until then), ``due``
    (when it will be renewed, ISO 8601, UTC), ``serial`` (hexadecimal), ``issuer`` (its
    distinguished name), ``key_type``, ``server`` (the directory it was ordered from),
    ``challenge``, ``error`` (the last one's text) and ``next_attempt`` (ISO 8601, UTC); what is
    not known or does not apply is None.
    """
    from layer_lets_encrypt.passes import report

    wanted = wishes.read_wishes()
    places = Places.of(hookenv.local_unit())
    return report.certificates(wanted.requests, places, wishes.challenge().name, time.time())


def _paths(name: str) -> Paths:
    return dict(paths.live_paths(name), dhparam=DHPARAM)
