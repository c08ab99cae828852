"""The unit's configuration: the operator's options and the charm's requests, asked of Juju."""

from __future__ import annotations

from typing import Any, Mapping

from charmhelpers.core import hookenv, unitdata
from charms import layer

from layer_lets_encrypt.juju import hook, schedule
from layer_lets_encrypt.rules import configuration, unit_modes
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.configuration import Configuration
from layer_lets_encrypt.rules.delivery import PASSPHRASE, Delivery
from layer_lets_encrypt.rules.wanted import Wanted

__all__ = ["REQUESTS", "Configuration", "challenge", "layer_options", "options",
           "read_configuration", "requested", "webroot"]  # fmt: skip

REQUESTS = "certificate.requests"  # the key in the unit's database


def options() -> Mapping[str, Any]:
    """Return the operator's options; a charm may have defined them again, with other types."""
    return unit_modes.of_each(hookenv.config() or {}, hookenv.local_unit())


def layer_options() -> dict[str, Any]:
    """Return the options of the layer, as the charm's author wrote them."""
    found = layer.options  # type: ignore[attr-defined]  # layer:basic brings it
    return dict(found.get("lets-encrypt") or {})


def challenge() -> Challenge:
    """Return the challenge in use: the operator's choice, or else the charm author's."""
    return configuration.challenge(options(), layer_options())


def webroot() -> str:
    """Return the folder that the web server serves challenges from."""
    return configuration.webroot(layer_options())


def requested() -> Any:
    """Return the entries that the charm has requested, as it or an older layer wrote them."""
    return unitdata.kv().get(REQUESTS) or []


def read_configuration() -> Configuration:
    """Read options and requests; what is invalid becomes a complaint, never an error.

    They are read again if they have changed in the hook: thousands of names take their time.
    """
    plain = (dict(options()), layer_options(), requested())
    known = hook.current().configuration
    if known is None or known[0] != plain:
        known = plain, configuration.read(*plain)
        hook.current().configuration = known
    found = known[1]
    if found.wanted is None:
        return found
    delivery, shared = _usable(found.wanted), hook.current().shared
    wanted = found.wanted._replace(gap=schedule.gap(), delivery=delivery, shared=shared)
    return found._replace(wanted=wanted)


def _usable(wanted: Wanted) -> Delivery:
    """Return what is done with certificates as far as it can be done in this hook."""
    if not wanted.delivery.formats:
        return wanted.delivery
    from layer_lets_encrypt.juju import passphrase

    if passphrase.is_there(wanted.delivery, options(), hook.places()):
        return wanted.delivery
    return wanted.delivery._replace(unusable=wanted.delivery.unusable | {PASSPHRASE})
