"""The passphrase of PFX files: from the option or its secret to one file for root alone.

The file is what passes read, so that Juju is asked only when the option or the secret changes.
"""

from __future__ import annotations

from typing import Any, Mapping

from layer_lets_encrypt.juju import secrets
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import delivery, formats, secret_ids
from layer_lets_encrypt.rules.delivery import PASSPHRASE, Delivery
from layer_lets_encrypt.rules.formats import PFX
from layer_lets_encrypt.rules.request import InvalidRequest

KEY = "passphrase"  # in the secret


class Unusable(Exception):
    """The passphrase cannot be had; str() says why, without any of it."""


def is_there(asked: Delivery, config: Mapping[str, Any], places: Places) -> bool:
    """Whether the file has the passphrase that is wanted, as far as can be seen without Juju."""
    if PFX not in asked.formats or PASSPHRASE in asked.unusable:
        return True
    written = formats.parse_passphrase(config.get(PASSPHRASE))
    known = files.read_json(places.passphrase, {})
    if not isinstance(known, dict) or not isinstance(known.get(KEY), str):
        return False
    if secret_ids.is_meant(written):
        return bool(known.get("source") == written)
    return bool(known == {"source": "", KEY: written})


def keep(config: Mapping[str, Any], places: Places, again: bool) -> None:
    """Bring the file to what is wanted; ``again`` has Juju asked even if the option is the same.

    Raises Unusable, and OSError.
    """
    asked, _ = delivery.read(config)
    if PFX not in asked.formats:
        if not asked.unusable:
            files.remove(places.passphrase)
        return
    if PASSPHRASE in asked.unusable or (is_there(asked, config, places) and not again):
        return
    written = formats.parse_passphrase(config.get(PASSPHRASE))
    if not secret_ids.is_meant(written):
        files.write_json(places.passphrase, {"source": "", KEY: written})
        return
    files.write_json(places.passphrase, {"source": written, KEY: _of_secret(written)})


def wanted(config: Mapping[str, Any]) -> str:
    """Return the passphrase that is wanted now. Raises Unusable."""
    try:
        written = formats.parse_passphrase(config.get(PASSPHRASE))
    except InvalidRequest as error:
        raise Unusable(str(error)) from None
    return _of_secret(written) if secret_ids.is_meant(written) else written


def _of_secret(identifier: str) -> str:
    try:
        found = secrets.read(PASSPHRASE, identifier, "the passphrase itself")
        if not isinstance(found.get(KEY), str):
            raise Unusable(f"{PASSPHRASE}: the secret has no key {KEY}; add it, "
                           "juju update-secret")  # fmt: skip
        return formats.checked_passphrase(found[KEY])
    except (secrets.Unreadable, InvalidRequest) as error:
        raise Unusable(str(error)) from None
