"""What each ACME error means to the operator, as tables: RFC 8555 section 6.7 and later types.

What a person must change is blocked, and the remedy names the setting; what time heals waits.
"""

from __future__ import annotations

from typing import NamedTuple

PREFIXES = ("urn:ietf:params:acme:error:", "urn:acme:error:")

NEW_ACCOUNT = "remove its folder in /etc/letsencrypt/accounts; a new one is made"
NOT_ALLOWED = "ask the CA what the account may order"
NO_EAB = "set acme-eab to the pair that the CA gave you"
_DNS = "check the name's DNS records"
_KEY = "check key_type and reuse_key in /etc/letsencrypt/renewal"
_NAME = "remove the name from fqdn, or ask the CA"
_CONTACT = "correct contact-email, or leave it empty"
_CAA = "allow the CA in the name's CAA records"
OTHER_CA = "install a newer certbot, or set acme-server to another CA"
_CONNECTION = _DNS + ", 'juju expose' and firewalls"
_MACHINE = "another machine answers; check its DNS records"


class Meaning(NamedTuple):
    """A category of problem.SEVERITY, and the remedy, "" if time is the remedy."""

    category: str
    remedy: str = ""


_LATER = Meaning("transient")

# The CA refuses a request: for an account, an order, a certificate.
REQUEST: dict[str, Meaning] = {
    "accountDoesNotExist": Meaning("configuration", NEW_ACCOUNT),
    "alreadyReplaced": _LATER,  # RFC 9773
    "alreadyRevoked": _LATER,
    "autoRenewalCanceled": _LATER,  # RFC 8739: we ask for nothing that could meet these
    "autoRenewalCancellationInvalid": _LATER,
    "autoRenewalExpired": _LATER,
    "autoRenewalRevocationNotSupported": _LATER,
    "badCSR": Meaning("configuration", "check fqdn, and " + _KEY[len("check ") :]),
    "badNonce": _LATER,
    "badPublicKey": Meaning("configuration", _KEY),
    "badRevocationReason": _LATER,
    "badSignatureAlgorithm": Meaning("configuration", OTHER_CA),
    "caa": Meaning("refused", _CAA),
    "compound": Meaning("configuration", "check fqdn, or ask the CA"),
    "connection": Meaning("validation", _CONNECTION),
    "dns": Meaning("validation", _DNS),
    "externalAccountRequired": Meaning("configuration", NO_EAB),
    "incorrectResponse": Meaning("validation", _MACHINE),
    "invalidContact": Meaning("configuration", _CONTACT),
    "invalidEmail": Meaning("configuration", _CONTACT),  # before RFC 8555
    "invalidProfile": Meaning("configuration", "set acme-profile to another one, or reset it"),
    "malformed": Meaning("configuration", OTHER_CA),
    "onionCAARequired": Meaning("refused", _NAME),  # RFC 9799
    "orderNotReady": _LATER,
    "paused": Meaning("paused"),
    "rateLimited": Meaning("rate-limited"),
    "rejectedIdentifier": Meaning("refused", _NAME),
    "serverInternal": _LATER,
    "tls": Meaning("validation", "check the web server's TLS, and " + _DNS[len("check ") :]),
    "unauthorized": Meaning("configuration", NOT_ALLOWED),
    "unknownDelegation": _LATER,  # RFC 9115
    "unsupportedContact": Meaning("configuration", _CONTACT),
    "unsupportedIdentifier": Meaning("refused", _NAME),
    "userActionRequired": Meaning("configuration", "do what the CA asks for"),
}

# The CA has looked at a challenge: here these mean something else, all others a validation.
CHALLENGE: dict[str, Meaning] = {
    **{kind: REQUEST[kind] for kind in ("badNonce", "caa", "connection", "dns",
       "incorrectResponse", "rateLimited", "serverInternal", "tls")},
    "unauthorized": Meaning("validation", _MACHINE),
    "unsupportedIdentifier": REQUEST["unsupportedIdentifier"],
}  # fmt: skip
_VALIDATION = Meaning("validation", _DNS)


def of_request(kind: str, detail: str = "") -> Meaning:
    """Return what an error of a request means; an unknown one is waited for."""
    meaning = REQUEST.get(kind, _LATER)
    lowered = detail.lower()
    if kind == "unauthorized" and ("deactivated" in lowered or "revoked" in lowered):
        return meaning._replace(remedy=NEW_ACCOUNT)
    return meaning


def of_challenge(kind: str) -> Meaning:
    """Return what the error of a challenge means."""
    return CHALLENGE.get(kind, _VALIDATION)


def kind_of(urn: object) -> str:
    """Return the ACME type in a problem document's ``type``, "" for another kind of document."""
    for prefix in PREFIXES:
        if isinstance(urn, str) and urn.startswith(prefix):
            return urn[len(prefix) :][:100]
    return ""
