"""What the unit wants, read from the operator's configuration and the charm's requests."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from charmhelpers.core import hookenv, unitdata
from charms import layer
from layer_lets_encrypt.certbot import Account
from layer_lets_encrypt.challenge import STANDALONE, Challenge
from layer_lets_encrypt.request import (
    InvalidRequest,
    Request,
    parse_ca_certificates,
    parse_email,
    parse_request,
    parse_server,
    split_names,
)
from layer_lets_encrypt.status import Complaint
from layer_lets_encrypt.wanted import Wanted

REQUESTS = "certificate.requests"  # the key in the unit's database


class Wishes(NamedTuple):
    """What configuration and charm ask for; ``wanted`` is None where it cannot be acted on."""

    requests: Tuple[Request, ...]
    wanted: Optional[Wanted]
    complaints: List[Complaint]

    @property
    def any(self) -> bool:
        return bool(self.requests or self.complaints)


def challenge() -> Challenge:
    """Return the challenge in use."""
    return STANDALONE


def read_wishes() -> Wishes:
    """Read configuration and requests; what is invalid becomes a complaint, never an error."""
    complaints: List[Complaint] = []
    requests = _requests(complaints)
    account = _account(complaints) if requests else None
    wanted = None
    if account is not None:
        service_name = layer.options.get("lets-encrypt", "service-name") or ""
        wanted = Wanted(requests, account, challenge(), service_name)
    return Wishes(requests, wanted, complaints)


def _requests(complaints: List[Complaint]) -> Tuple[Request, ...]:
    found = []
    try:
        names = split_names(hookenv.config().get("fqdn"))
        found.append(parse_request(names, "the option fqdn", challenge().wildcards))
    except InvalidRequest as error:
        complaints.append(Complaint("blocked", f"fqdn {error}"))
    for index, entry in enumerate(unitdata.kv().get(REQUESTS, [])):
        try:
            found.append(parse_entry(index, entry))
        except InvalidRequest as error:
            complaints.append(Complaint("blocked", str(error)))
    return _without_conflicts([wish for wish in found if wish is not None], complaints)


def _without_conflicts(found: List[Request], complaints: List[Complaint]) -> Tuple[Request, ...]:
    """Leave out what would fight over one lineage with different names."""
    kept = {}
    for wish in found:
        first = kept.setdefault(wish.lineage, wish)
        if set(first.names) != set(wish.names):
            text = f"{wish.lineage}: {first.source} and {wish.source} want it with different names"
            complaints.append(Complaint("blocked", text + "; give one of them another first name"))
    return tuple(kept.values())


def _account(complaints: List[Complaint]) -> Optional[Account]:
    config = hookenv.config()
    try:
        server = parse_server(config.get("acme-server"))
        return Account(
            server,
            parse_email(config.get("contact-email") or _contact_of_requests(), server),
            parse_ca_certificates(config.get("acme-ca-certificates")),
        )
    except InvalidRequest as error:
        complaints.append(Complaint("blocked", str(error)))
        return None


def _contact_of_requests() -> Optional[str]:
    entries = unitdata.kv().get(REQUESTS, [])
    contacts = [contact_of(entry) for entry in entries if isinstance(entry, dict)]
    return next((contact for contact in contacts if contact), None)


def parse_entry(index: int, entry: Any) -> Request:
    """Return one entry of the requested certificates in normal form. Raises InvalidRequest."""
    source = f"certificate request {index + 1}"
    remedy = "write {'fqdn': ['www.example.com'], 'contact-email': ''}"
    names = names_of(entry) if isinstance(entry, dict) else []
    if not names:
        raise InvalidRequest(source, "has no names under the key 'fqdn'", remedy)
    try:
        wanted = parse_request(names, source, challenge().wildcards)
    except InvalidRequest as error:
        raise InvalidRequest(
            source, f"has the name {error.subject!r}, which {error.reason}", error.remedy
        ) from None
    assert wanted is not None
    return wanted


def names_of(entry: Dict[str, Any]) -> List[str]:
    """Return the names in an entry, as they are written there."""
    names = entry.get("fqdn") or []
    return list(split_names(names)) if isinstance(names, str) else list(names)


def contact_of(entry: Dict[str, Any]) -> Optional[str]:
    """Return the contact in an entry, None where it has none."""
    return entry.get("contact-email") or entry.get("contact_email") or None
