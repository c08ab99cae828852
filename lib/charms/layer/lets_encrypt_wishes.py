"""What the unit wants, read from the operator's configuration and the charm's requests."""

from typing import Any, List, NamedTuple, Optional, Tuple

from charmhelpers.core import hookenv, unitdata
from charms import layer
from layer_lets_encrypt.account import Account
from layer_lets_encrypt.challenge import CHALLENGES, STANDALONE, Challenge
from layer_lets_encrypt.conflict import without_conflicts
from layer_lets_encrypt.dns_config import propagation_of
from layer_lets_encrypt.entry import Entry, EntryError, parse_entry
from layer_lets_encrypt.history import digest
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
from layer_lets_encrypt.wanted import WEBROOT, Wanted

REQUESTS = "certificate.requests"  # the key in the unit's database


class Wishes(NamedTuple):
    """What configuration and charm ask for.

    ``invalid`` are the complaints about requests that cannot be granted as they are written,
    ``unusable`` those about options without which nothing at all can be ordered; ``wanted`` is
    None then.
    """

    requests: Tuple[Request, ...]
    wanted: Optional[Wanted]
    invalid: List[Complaint]
    unusable: List[Complaint]


def challenge() -> Challenge:
    """Return the challenge in use: the operator's choice, or else the charm author's."""
    return CHALLENGES.get(_challenge_name(), STANDALONE)


def _challenge_name() -> str:
    chosen = (hookenv.config().get("acme-challenge") or "").strip()
    return str(chosen or _option("challenge") or STANDALONE.name)


def _option(name: str) -> Any:
    return layer.options.get("lets-encrypt", name)


def _dns_options() -> str:
    """Return a digest of what the operator says about DNS; a secret may change beside it."""
    config = hookenv.config()
    kinds = ("provider", "options", "credentials", "propagation")
    return digest(*(config.get("acme-dns-" + kind) for kind in kinds))


def webroot() -> str:
    """Return the folder that the web server serves challenges from."""
    return str(_option("webroot") or WEBROOT).rstrip("/")


def requested() -> List[Any]:
    """Return the entries that the charm has requested, as it wrote them."""
    return unitdata.kv().get(REQUESTS) or []


def read_wishes() -> Wishes:
    """Read configuration and requests; what is invalid becomes a complaint, never an error."""
    invalid: List[Complaint] = []
    unusable: List[Complaint] = []
    entries = _entries(invalid)
    requests = _requests(entries, invalid)
    account = _account(entries, unusable)
    _check_challenge(unusable)
    wanted = None
    if account is not None and not unusable:
        wanted = Wanted(
            requests,
            account,
            challenge(),
            _option("service-name") or "",
            tuple(_option("reload-services") or ()),
            webroot(),
            propagation_of(hookenv.config().get("acme-dns-propagation")),
            _dns_options(),
            hookenv.config().get("acme-preflight") is not False,
        )
    return Wishes(requests, wanted, invalid, unusable if requests else [])


def _entries(invalid: List[Complaint]) -> List[Entry]:
    """Return what can be read of the charm's requests; some may come from older layers."""
    entries = []
    for index, plain in enumerate(requested()):
        try:
            entries.append(parse_entry(index, plain))
        except EntryError as error:
            invalid.append(Complaint("blocked", str(error)))
    return entries


def _requests(entries: List[Entry], invalid: List[Complaint]) -> Tuple[Request, ...]:
    found = []
    wildcards = challenge().wildcards
    try:
        names = split_names(hookenv.config().get("fqdn"))
        found.append(parse_request(names, "the option fqdn", wildcards))
    except InvalidRequest as error:
        invalid.append(Complaint("blocked", f"fqdn {error}"))
    for entry in entries:
        try:
            found.append(entry.request(wildcards))
        except InvalidRequest as error:
            invalid.append(Complaint("blocked", f"{entry.source}: {error}"))
    kept, conflicts = without_conflicts(
        [wish for wish in found if wish is not None], challenge().name
    )
    invalid += [Complaint("blocked", text) for text in conflicts]
    return kept


def _check_challenge(unusable: List[Complaint]) -> None:
    name, known = _challenge_name(), ", ".join(CHALLENGES)
    if name not in CHALLENGES:
        text = f"acme-challenge {name!r} is not known; set it to one of {known}, or reset it"
        unusable.append(Complaint("blocked", text))
    elif CHALLENGES[name].wants_service and not _option("service-name"):
        text = f"acme-challenge {name} needs a web server, but the charm names no service-name"
        unusable.append(Complaint("blocked", text + "; set it to standalone"))
    elif not webroot().startswith("/"):
        text = f"the charm's layer option webroot is {webroot()!r}, which is no absolute path"
        unusable.append(Complaint("blocked", text))


def _account(entries: List[Entry], unusable: List[Complaint]) -> Optional[Account]:
    config = hookenv.config()
    try:
        server = parse_server(config.get("acme-server"))
        return Account(
            server,
            parse_email(config.get("contact-email"), server) or _contact_of(entries, server),
            parse_ca_certificates(config.get("acme-ca-certificates")),
        )
    except InvalidRequest as error:
        unusable.append(Complaint("blocked", str(error)))
        return None


def _contact_of(entries: List[Entry], server: str) -> Optional[str]:
    """Return the first usable contact among the charm's requests: a unit has one account."""
    for entry in entries:
        try:
            contact = parse_email(entry.contact, server)
        except InvalidRequest:
            continue  # a tenant's mistake must not keep the others waiting
        if contact:
            return contact
    return None
