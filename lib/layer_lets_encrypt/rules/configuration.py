"""The configuration of a unit: all its requests and settings, read from plain values. Pure.

Whatever an operator, a charm or an older version of it has written there, it is read or becomes
a complaint; nothing raises.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from layer_lets_encrypt.rules import (
    accounts,
    all_requests,
    delivery,
    near_misses,
    options,
    plain_yaml,
    unit_modes,
)
from layer_lets_encrypt.rules.challenge import CHALLENGES, STANDALONE, Challenge
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.dns_options import propagation_of, seconds
from layer_lets_encrypt.rules.entry import Entry, EntryError, parse_entry
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.records import digest
from layer_lets_encrypt.rules.request import (
    TO_AUTHOR,
    InvalidRequest,
    Request,
)
from layer_lets_encrypt.rules.wanted import CHAIN, KEY_TYPE, PROFILE, WEBROOT, OrderOptions, Wanted

Plain = Mapping[str, Any]

AUTHOR_OPTIONS = ("service-name", "challenge", "webroot", "reload-services")
PROPAGATION = "acme-dns-propagation"
DNS_OPTIONS = "acme-dns-options"


class Configuration(NamedTuple):
    """What operator and charm ask for.

    ``invalid`` are the complaints about requests that cannot be granted as they are written,
    ``unusable`` those about options without which nothing at all can be ordered; ``wanted`` is
    None then. ``faulty`` are those about what is done with certificates that are on disk,
    ``invalid_lines`` those about lines of acme-certificates.
    """

    requests: tuple[Request, ...]
    wanted: Wanted | None
    invalid: list[Complaint]
    unusable: list[Complaint]
    faulty: list[Complaint] = []
    invalid_lines: list[Complaint] = []

    @property
    def complaints(self) -> list[Complaint]:
        """All complaints, about requests first."""
        return [*self.invalid, *self.unusable, *self.faulty, *self.invalid_lines]

    @property
    def for_charm(self) -> tuple[Request, ...]:
        """The requests that the charm waits for: the operator's lines only if it has no other."""
        return tuple(one for one in self.requests if not one.is_extra) or self.requests


def read(config: Plain, author: Plain, requested: Any) -> Configuration:
    """Return the configuration.

    ``config`` are the operator's options, ``author`` the charm author's layer options,
    ``requested`` is what the charm has requested; values may be of any type.
    """
    invalid = _unknown_options(author)
    unusable: list[Complaint] = []
    entries = _entries(requested, invalid)
    used, ordered = challenge(config, author), OrderOptions()
    try:
        ordered = _ordered(config)
    except InvalidRequest as error:
        unusable.append(Complaint("blocked", str(error)))
    found = all_requests.collect(config, entries, used, ordered)
    wanted = None
    delivered, wrong = delivery.read(config)
    try:
        _check_author(author)
        unit_modes.parse(config.get(unit_modes.OPTION))
        _check_challenge(config, author)
        wanted = _wanted(config, author, found.requests, accounts.read(config, entries), delivered)
    except InvalidRequest as error:
        unusable.append(Complaint("blocked", str(error)))
    return Configuration(
        found.requests,
        None if unusable else wanted,
        invalid + found.invalid,
        unusable if found.requests else [],
        [Complaint("blocked", str(error)) for error in wrong],
        found.invalid_lines,
    )


def _ordered(config: Plain) -> OrderOptions:
    """Return what the options say about what is ordered. Raises InvalidRequest."""
    if options.is_unset(config, KEY_TYPE, PROFILE, CHAIN):
        return OrderOptions()
    from layer_lets_encrypt.rules import order_options  # most units leave it to certbot

    return order_options.read(config)


def challenge(config: Plain, author: Plain) -> Challenge:
    """Return the challenge in use: the operator's choice, or else the charm author's."""
    return CHALLENGES.get(_challenge_name(config, author), STANDALONE)


def webroot(author: Plain) -> str:
    """Return the folder that the web server serves challenges from."""
    try:
        return options.text("webroot", author.get("webroot") or WEBROOT).rstrip("/")
    except InvalidRequest:
        return "?"


def service_name(author: Plain) -> str:
    """Return the web service's name, "" if the author names none that could be one."""
    name = author.get("service-name")
    return str(name) if options.is_service_name(name) else ""


def _challenge_name(config: Plain, author: Plain) -> str:
    try:
        chosen = options.text("acme-challenge", config.get("acme-challenge")).strip().lower()
        return chosen or options.text("challenge", author.get("challenge")) or STANDALONE.name
    except InvalidRequest:
        return "?"


def _entries(requested: Any, invalid: list[Complaint]) -> list[Entry]:
    """Return what can be read of the charm's requests; some may come from older layers."""
    entries = []
    for index, plain in enumerate(requested if isinstance(requested, list) else [requested]):
        try:
            entries.append(parse_entry(index, plain))
        except EntryError as error:
            invalid.append(Complaint("blocked", str(error)))
    return entries


def _wanted(
    config: Plain,
    author: Plain,
    requests: tuple[Request, ...],
    account: Account,
    delivered: delivery.Delivery,
) -> Wanted:
    waits = options.whole(PROPAGATION, config.get(PROPAGATION))
    return Wanted(
        requests,
        account,
        challenge(config, author),
        service_name(author),
        tuple(author.get("reload-services") or ()),
        webroot(author),
        propagation_of(waits),
        _dns_options(config),
        options.truth("acme-preflight", config.get("acme-preflight"), default=True),
        _extra_wait(config),
        delivery=delivered,
    )


def _extra_wait(config: Plain) -> int:
    """Return for how many more seconds the plugin waits; what cannot be read is reported later."""
    try:
        plain = plain_yaml.read_mapping(options.text(DNS_OPTIONS, config.get(DNS_OPTIONS)))
        return seconds("extra_wait", plain.get("extra_wait") or 0)
    except (plain_yaml.Unreadable, InvalidRequest):
        return 0


def _dns_options(config: Plain) -> str:
    """Return a digest of what the operator says about DNS; a secret may change without it."""
    names = ["acme-dns-" + kind for kind in ("provider", "options", "credentials")]
    texts = [options.text(name, config[name]) if config.get(name) else None for name in names]
    return digest(*texts, options.whole(PROPAGATION, config.get(PROPAGATION)))


def _check_challenge(config: Plain, author: Plain) -> None:
    """Raise InvalidRequest; only whoever has chosen the challenge can choose another one."""
    name, is_operators = _challenge_name(config, author), bool(config.get("acme-challenge"))
    option = "acme-challenge" if is_operators else "challenge"
    if name not in CHALLENGES:
        remedy = f"set acme-challenge to one of {', '.join(CHALLENGES)}"
        remedy += ", or reset it" if is_operators else "; " + TO_AUTHOR
        raise InvalidRequest(option, f"is {name[:30]!r}, which is not known", remedy)
    if CHALLENGES[name].wants_service and not service_name(author):
        remedy = "set it to standalone or dns" if is_operators else TO_AUTHOR
        reason = f"{name} needs a web server, but the charm names no service-name"
        raise InvalidRequest(option, reason, remedy)


def _check_author(author: Plain) -> None:
    """Raise InvalidRequest for a layer option that only the charm's author can correct."""
    name, others = author.get("service-name") or "", author.get("reload-services") or ()
    if name and not service_name(author):
        raise InvalidRequest("service-name", "is not the name of a service", TO_AUTHOR)
    if not isinstance(others, (list, tuple)):
        raise InvalidRequest("reload-services", "is not a list of services", TO_AUTHOR)
    for other in others:
        if not options.is_service_name(other):
            raise InvalidRequest("reload-services", "names what is not a service", TO_AUTHOR)
    folder = webroot(author)
    if not folder.startswith("/") or not folder.isprintable():
        raise InvalidRequest(
            folder, "is the layer option webroot, but not an absolute path", TO_AUTHOR
        )


def _unknown_options(author: Plain) -> list[Complaint]:
    """Return complaints about layer options that say nothing: charm-build takes any name."""
    complaints = []
    for name in near_misses.unknown(author, AUTHOR_OPTIONS):
        meant = near_misses.nearest(name, AUTHOR_OPTIONS)
        hint = f" ({meant} is)" if meant else ""
        text = f"the charm's layer option {name[:40]!r} is not known{hint}; {TO_AUTHOR}"
        complaints.append(Complaint("blocked", text))
    return complaints
