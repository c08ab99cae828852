"""How several units of an application get certificates: the option ``acme-units``. Pure."""

from __future__ import annotations

import re
from typing import Any, Collection, Mapping, NamedTuple

from layer_lets_encrypt.rules import options
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import InvalidRequest

OPTION = "acme-units"
SHARE = "share"  # the leader orders, and gives the others certificates and keys in secrets
SHARE_PLAIN = "share-plain"  # the same, in relation data if Juju has no secrets
LEADER = "leader"  # the leader alone has certificates
EACH = "each"  # each unit orders its own
MODES = (SHARE, SHARE_PLAIN, LEADER, EACH)
PLACEHOLDER = "{unit}"  # in names: the unit's number
NAMING = ("fqdn", "acme-certificates")  # the options that may have it

# Juju 3.0 knows other forms and limits of a secret (core/secrets/createsecret.go).
SECRETS_SINCE = (3, 1)
NO_NEW_RELATIONS = (4, 0)  # Juju makes peer relations at a deployment alone


class Mode(NamedTuple):
    """What is done: ``name`` is one of MODES; ``lacking`` says why it is not the option's own."""

    name: str
    lacking: str = ""

    @property
    def is_shared(self) -> bool:
        return self.name in (SHARE, SHARE_PLAIN)


def parse(value: object) -> str:
    """Return the option's mode. Raises InvalidRequest."""
    written = options.text(OPTION, value).strip() or SHARE
    if written not in MODES:
        raise InvalidRequest(OPTION, f"is {written[:20]!r}", f"set it to one of {', '.join(MODES)}")
    return written


def has_secrets(juju_version: str) -> bool:
    """Whether a Juju of this version has secrets that can be used.

    Juju 2.9 has their commands behind a feature flag: whether there is one says nothing.
    """
    return _is_from(SECRETS_SINCE, juju_version)


def _is_from(release: tuple[int, int], juju_version: str) -> bool:
    numbers = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", juju_version)
    return numbers is not None and tuple(map(int, numbers.groups())) >= release


def in_effect(chosen: str, juju_version: str, has_relation: bool) -> Mode:
    """Return what is done for the option's mode ``chosen``.

    Where units cannot share, the leader alone has certificates.
    """
    if chosen not in (SHARE, SHARE_PLAIN):
        return Mode(chosen)
    if not has_relation:
        why = ("the charm has no peer relation lets-encrypt-units; refresh it to a revision that "
               "has one")  # fmt: skip
        if _is_from(NO_NEW_RELATIONS, juju_version):
            why = "Juju has made no relation lets-encrypt-units; deploy the application again"
        return Mode(LEADER, f"{why}, or set acme-units=leader")
    if has_secrets(juju_version):
        return Mode(SHARE)
    if chosen == SHARE:
        return Mode(LEADER, f"Juju {juju_version or 'of an unknown version'} has no secrets for "
                            "private keys; set acme-units=share-plain to put them into relation "
                            "data, or acme-units=leader")  # fmt: skip
    return Mode(SHARE_PLAIN)


def of_unit(text: str, unit: str) -> str:
    """Return a text with the number of a unit, such as web/7, in the place of ``{unit}``."""
    return text.replace(PLACEHOLDER, unit.rpartition("/")[2])


def of_each(config: Mapping[str, Any], unit: str) -> Mapping[str, Any]:
    """Return a unit's options, with its number in their names if each unit orders its own."""
    if options.is_unset(config, OPTION) or config.get(OPTION) != EACH:
        return config
    texts = {name: config.get(name) for name in NAMING}
    found = {name: of_unit(text, unit) for name, text in texts.items() if isinstance(text, str)}
    return {**config, **found}


def each_problem(names: str, others: Collection[str]) -> Problem | None:
    """Return why each unit must not order a certificate for these names: the option's text."""
    if PLACEHOLDER in names or not others:
        return None
    detail = f"{len(others) + 1} units would each order the same certificate, and Let's Encrypt " \
             "refuses the 6th in 7 days"  # fmt: skip
    remedy = f"put {PLACEHOLDER} into fqdn (node{PLACEHOLDER}.example.com) or set acme-units=share"
    return Problem("blocked", detail, remedy=remedy)


def reach_problem(
    challenge: Challenge, found: Collection[str], own: Collection[str], others: Collection[str]
) -> Problem | None:
    """Return why the CA may ask a unit that cannot answer, None if it cannot come to that.

    ``found`` are the addresses of a name, ``own`` those of this unit. The answers of stateless are
    the same on all units, and those of DNS-01 on none. Other challenges have a token that certbot
    knows only while it runs, and Juju hands over nothing before the hook ends.
    """
    if challenge.wants_dns or challenge.wants_thumbprint or not others:
        return None
    elsewhere = sorted(set(found) - set(own))
    if not elsewhere:
        return None
    detail = f"{challenge.name} needs a name that leads to this unit alone, and it leads to " \
             f"{elsewhere[0]}"  # fmt: skip
    return Problem("blocked", detail, remedy="set acme-challenge=stateless or acme-challenge=dns")
