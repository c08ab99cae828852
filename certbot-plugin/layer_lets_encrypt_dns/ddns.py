"""RFC 2136: whether a server takes the key, asked before anything is published."""

from __future__ import annotations

from typing import Any

from layer_lets_encrypt_dns.failure import configuration

TIMEOUT = 5.0
_SAID = {
    "PeerBadKey": "it has no key of this name",
    "PeerBadSignature": "it has another secret or algorithm for the key",
    "PeerBadTime": "its clock and the unit's differ by more than five minutes",
}


def ask(provider: Any, zone: str, about: str) -> None:
    """Have the server sign an answer for the zone; changes nothing. Raises Failure.

    ``provider`` is Lexicon's object. A refusal says nothing: a server may take updates alone.
    """
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode
    import dns.tsig

    query = dns.message.make_query(zone + ".", "SOA")
    query.use_tsig(provider.keyring)
    try:
        answer = dns.query.tcp(query, provider.endpoint, timeout=TIMEOUT)
    except (dns.tsig.PeerError, dns.tsig.BadSignature) as error:
        said = _SAID.get(type(error).__name__, "the signatures do not fit")
        raise configuration(
            f"{about}: the server refuses the key: {said}; correct acme-dns-credentials"
        ) from None
    if answer.rcode() == dns.rcode.NOERROR and not answer.flags & dns.flags.AA:
        raise configuration(
            f"{about}: the server in 'ddns_server' does not hold this zone; write the address of "
            "its primary (acme-dns-options)"
        )
