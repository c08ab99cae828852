"""What a unit wants: certificates, from whom, proven how, for which service. Pure."""

from __future__ import annotations

import json
from typing import NamedTuple

from layer_lets_encrypt.rules import dns_options, sharing
from layer_lets_encrypt.rules.challenge import CHALLENGES, Challenge
from layer_lets_encrypt.rules.delivery import NOTHING, Delivery
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.schedule import USUAL_GAP

PER_NAME = 120  # seconds for one record, with repetitions
WEBROOT = "/var/lib/layer-lets-encrypt/webroot"  # if the author names no other

KEY_TYPE = "acme-key-type"
PROFILE = "acme-profile"
CHAIN = "acme-preferred-chain"
EAB = "acme-eab"


class OrderOptions(NamedTuple):
    """What is ordered if a request does not say: a key type, a profile, a chain, each "" for
    certbot's and the CA's own choice."""

    key_type: str = ""
    profile: str = ""
    chain: str = ""


class Wanted(NamedTuple):
    """All that a unit wants: certificates, from whom, proven how, for which service."""

    requests: tuple[Request, ...]
    account: Account
    challenge: Challenge
    service_name: str = ""
    reload_services: tuple[str, ...] = ()
    webroot: str = WEBROOT
    propagation: int = 0  # seconds for which the DNS may be waited for
    dns: str = ""  # the operator's DNS options, so that a change of them is noticed
    soft_checks: bool = True  # whether a doubt about the CA's way to port 80 delays an order
    extra_wait: int = 0  # seconds after the name servers have a record, by the operator
    gap: float | None = USUAL_GAP  # seconds between scheduled renewals; None: none wanted
    delivery: Delivery = NOTHING  # what is done with certificates once they are on disk
    shared: sharing.Shared = sharing.NONE  # what other units of the application have

    def challenge_of(self, request: Request) -> Challenge:
        """Return the request's own challenge, or else the unit's."""
        return CHALLENGES.get(request.challenge, self.challenge)

    @property
    def of_all_units(self) -> list[Request]:
        """The requests for which every unit of the application answers the CA."""
        own = [request for request in self.requests if not request.is_of_unit]
        return [request for request in own if self.challenge_of(request).wants_thumbprint]

    @property
    def patience(self) -> int:
        """Seconds that certbot's plugin may take, at most, to bring records into the DNS."""
        using = [request for request in self.requests if self.challenge_of(request).wants_dns]
        return max((self.patience_for(request) for request in using), default=0)

    def patience_for(self, request: Request) -> int:
        """Seconds that the plugin may take, at most, for one certificate."""
        propagation = self.propagation
        if request.dns:  # it has no part in the operator's settings
            propagation = dns_options.propagation_of(json.loads(request.dns).get("propagation"))
            return 2 * propagation + PER_NAME * len(request.names)
        return 2 * propagation + self.extra_wait + PER_NAME * len(request.names)

    @property
    def services(self) -> tuple[str, ...]:
        """The services that load certificates, the one that visitors see first."""
        return tuple(dict.fromkeys(filter(None, (self.service_name, *self.reload_services))))
