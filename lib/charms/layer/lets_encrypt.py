"""TLS certificates for charms: what a charm author calls.

    from charms.layer import lets_encrypt

    @when("lets-encrypt.registered")
    def serve_https():
        live = lets_encrypt.live()
        render("site.conf", key=live["privkey"], certificate=live["fullchain"])

Importing this module touches nothing.
"""

from typing import Any, Dict, List, Optional

from charmhelpers.core import hookenv, unitdata
from charms.layer import lets_encrypt_wishes
from charms.reactive import clear_flag, set_flag
from layer_lets_encrypt import lineage, request
from layer_lets_encrypt.request import InvalidRequest

__all__ = ["InvalidRequest", "live", "live_all", "set_requested_certificates"]

DHPARAM = str(lineage.CONFIG_DIR / "dhparam.pem")

Paths = Dict[str, str]


def live() -> Optional[Paths]:
    """Return the paths of the certificate for the option ``fqdn``.

    The keys are ``privkey``, ``fullchain``, ``cert``, ``chain`` and ``dhparam``. The paths
    follow from the configuration alone; the files are there once ``lets-encrypt.registered``
    is set. None where ``fqdn`` is unset, empty or invalid.
    """
    try:
        names = request.split_names(hookenv.config().get("fqdn"))
        wanted = request.parse_request(names, "fqdn", lets_encrypt_wishes.challenge().wildcards)
    except InvalidRequest:
        return None
    return _paths(wanted.lineage) if wanted else None


def live_all() -> Optional[Dict[str, Paths]]:
    """Return the paths, as in live(), of each requested certificate that is on disk.

    Keyed by the first name of each request, as it was written there; None without requests.
    The certificate of the option ``fqdn`` is not among them.
    """
    requested = unitdata.kv().get(lets_encrypt_wishes.REQUESTS, [])
    if not requested:
        return None
    certificates = {}
    for index, entry in enumerate(requested):
        try:
            wanted = lets_encrypt_wishes.parse_entry(index, entry)
        except InvalidRequest:
            continue  # requested through an older version of this layer
        paths = _paths(wanted.lineage)
        if lineage.is_readable(wanted.lineage):
            certificates[lets_encrypt_wishes.names_of(entry)[0]] = paths
    return certificates


def set_requested_certificates(requests: List[Dict[str, Any]]) -> None:
    """Say which certificates the charm wants, beside the one of the option ``fqdn``.

    ``requests`` is a list of ``{"fqdn": ["example.com", "blog.example.com"],
    "contact-email": "admin@example.com"}``, one entry for each certificate; it replaces the
    list of earlier calls. ``contact_email`` is accepted, too, and may be left out.

    Clears ``lets-encrypt.registered`` at once and sets ``lets-encrypt.certificate-requested``;
    ``lets-encrypt.registered`` is set again when all certificates are on disk. Raises
    InvalidRequest, a ValueError, which names the entry and what is wrong with it: nothing is
    changed then.
    """
    for index, entry in enumerate(requests):
        lets_encrypt_wishes.parse_entry(index, entry)
    unitdata.kv().set(lets_encrypt_wishes.REQUESTS, requests)
    clear_flag("lets-encrypt.registered")
    clear_flag("lets-encrypt.certificate-requested")  # so that handlers run again
    if requests:
        set_flag("lets-encrypt.certificate-requested")


def _paths(name: str) -> Paths:
    return dict(lineage.live_paths(name), dhparam=DHPARAM)
