"""The external account binding: from the option or its secret to one file for root alone.

certbot reads the file when it opens the account, which is when the binding is needed; the file is
gone afterwards.
"""

from __future__ import annotations

import functools
import os

from charmhelpers.core import hookenv, unitdata

from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.juju import secrets
from layer_lets_encrypt.juju.configuration import options
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import order_options, secret_ids
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import InvalidRequest
from layer_lets_encrypt.rules.wanted import EAB

CHECKED = "layer.lets-encrypt.eab"  # in the unit's database: a secret, and what is wrong with it
NEWS = ("config-changed", "secret-changed")


def check() -> None:
    """Look whether the secret holds a whole binding as soon as it is named: asks Juju.

    A sound one is not asked for again until there is news of it.
    """
    secret = _secret()
    if secret and (unitdata.kv().get(CHECKED) != [secret, ""] or hookenv.hook_name() in NEWS):
        unitdata.kv().set(CHECKED, [secret, _fault(secret)])


def _secret() -> str:
    """Return the id in the option, whichever CA it is for; "" if it names no secret."""
    written = str(options().get(EAB) or "").strip()
    return written if secret_ids.is_meant(written) else ""


def _fault(eab: str) -> str:
    try:
        _settings(eab)
    except (secrets.Unreadable, InvalidRequest) as error:
        return one_line(str(error))
    return ""


def complaints() -> list[Complaint]:
    """Return what check() has found. Changes nothing."""
    secret, fault = unitdata.kv().get(CHECKED) or ("", "")
    return [Complaint("blocked", fault)] if fault and secret == _secret() else []


def write(account: Account, places: Places) -> Problem | None:
    """Write certbot's file if the account is still to be opened; return what is wrong with it.

    Raises OSError.
    """
    if accounts.registered(account.server) is not None:
        return None
    try:
        files.write_atomic(places.eab, _settings(account.eab))
    except (secrets.Unreadable, InvalidRequest) as error:
        return Problem("blocked", one_line(str(error)))
    return None


@functools.lru_cache(maxsize=1)  # once in a hook: it asks Juju for the secret
def _settings(eab: str) -> str:
    """Return certbot's settings. Raises Unreadable and InvalidRequest."""
    if not secret_ids.is_meant(eab):
        return order_options.certbot_settings(order_options.eab_of_text(eab))
    content = secrets.read(EAB, eab, "KID:HMAC")
    return order_options.certbot_settings(order_options.eab_of_secret(content))


def remove_unused(account: Account, places: Places) -> None:
    """Remove the file if no account is to be opened with it. Raises OSError."""
    if not os.path.lexists(str(places.eab)):
        return
    if not account.eab or accounts.registered(account.server) is not None:
        files.remove(places.eab)


def is_in(account: Account, identifier: str) -> bool:
    """Whether the binding is in the secret of this id, in any of its forms."""
    return secret_ids.are_same(account.eab, identifier)
