"""What the unit wants: the operator's configuration and the charm's requests, asked of Juju."""

from dataclasses import replace
from typing import Any, Dict, Mapping

from charmhelpers.core import hookenv, unitdata
from charms import layer

from layer_lets_encrypt.juju import schedule as unit_schedule
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import configuration
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.configuration import Configuration as Wishes
from layer_lets_encrypt.rules.delivery import PASSPHRASE, Delivery
from layer_lets_encrypt.rules.wanted import Wanted

__all__ = ["REQUESTS", "Wishes", "author", "challenge", "config", "read_wishes", "requested",
           "webroot"]  # fmt: skip

REQUESTS = "certificate.requests"  # the key in the unit's database


def config() -> Mapping[str, Any]:
    """Return the operator's options; a charm may have defined them again, with other types."""
    return hookenv.config() or {}


def author() -> Dict[str, Any]:
    """Return the layer options, as the charm's author wrote them."""
    options = layer.options  # type: ignore[attr-defined]  # layer:basic brings it
    return dict(options.get("lets-encrypt") or {})


def challenge() -> Challenge:
    """Return the challenge in use: the operator's choice, or else the charm author's."""
    return configuration.challenge(config(), author())


def webroot() -> str:
    """Return the folder that the web server serves challenges from."""
    return configuration.webroot(author())


def requested() -> Any:
    """Return the entries that the charm has requested, as it or an older layer wrote them."""
    return unitdata.kv().get(REQUESTS) or []


def read_wishes() -> Wishes:
    """Read configuration and requests; what is invalid becomes a complaint, never an error."""
    found = configuration.read(config(), author(), requested())
    if found.wanted is None:
        return found
    return found._replace(
        wanted=replace(found.wanted, gap=unit_schedule.gap(), delivery=_usable(found.wanted))
    )


def _usable(wanted: Wanted) -> Delivery:
    """Return what is done with certificates as far as it can be done in this hook."""
    if not wanted.delivery.formats:
        return wanted.delivery
    from layer_lets_encrypt.juju import passphrase

    if passphrase.is_there(wanted.delivery, config(), Places.of(hookenv.local_unit())):
        return wanted.delivery
    return replace(wanted.delivery, unusable=wanted.delivery.unusable | {PASSPHRASE})
