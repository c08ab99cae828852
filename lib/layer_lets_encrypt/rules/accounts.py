"""With which CA the unit deals, and as whom: from the operator's options and requests. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from layer_lets_encrypt.rules import options
from layer_lets_encrypt.rules.ca_bundle import parse_ca_certificates
from layer_lets_encrypt.rules.contact import parse_contact
from layer_lets_encrypt.rules.entry import Entry
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.request import SERVERS, InvalidRequest, parse_server
from layer_lets_encrypt.rules.wanted import EAB

MOST_CONTACTS = 3  # that are tried for one account


def read(config: Mapping[str, Any], entries: Sequence[Entry]) -> Account:
    """Return the account that is wanted. Raises InvalidRequest."""
    server = parse_server(options.text("acme-server", config.get("acme-server")))
    contact = parse_contact(options.text("contact-email", config.get("contact-email")), server)
    trusted = parse_ca_certificates(
        options.text("acme-ca-certificates", config.get("acme-ca-certificates"))
    )
    eab = _eab(config, server)
    if contact:
        return Account(server, contact, trusted, (), eab)
    first, *others = [*_contacts_of(entries, server), None]
    # The CA may refuse what is accepted here; that must not cost everybody the account.
    return Account(server, first, trusted, tuple(others), eab)


def _eab(config: Mapping[str, Any], server: str) -> str:
    if options.is_unset(config, EAB):
        return ""
    from layer_lets_encrypt.rules import order_options  # most units bind no account

    eab = order_options.check_eab(options.text(EAB, config[EAB]))
    return "" if server in SERVERS.values() else eab  # Let's Encrypt binds no accounts


def _contacts_of(entries: Sequence[Entry], server: str) -> list[str | None]:
    """Return usable contacts of the charm's requests, the first ones: a unit has one account."""
    found: list[str | None] = []
    for entry in entries:
        try:
            contact = parse_contact(entry.contact, server)
        except InvalidRequest:
            continue  # a tenant's mistake must not keep the others waiting
        if contact and contact not in found:
            found.append(contact)
    return found[:MOST_CONTACTS]
