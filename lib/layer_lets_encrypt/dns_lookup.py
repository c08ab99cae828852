"""What the DNS says of a name: the only place that asks it."""

from typing import Any, List, NamedTuple, Optional

TIMEOUT = 5  # seconds for one question, over all name servers


class Caa(NamedTuple):
    """One CAA record."""

    critical: bool
    tag: str
    value: str


class LookupFailed(Exception):
    """The DNS did not answer; str() says for which name."""


def addresses(name: str) -> List[str]:
    """Return the name's addresses, IPv6 first; [] where it has none. Raises LookupFailed."""
    return [str(record.address) for kind in ("AAAA", "A") for record in _ask(name, kind)]


def caa(name: str) -> List[Caa]:
    """Return the CAA records that hold for a name: its own, or else its closest ancestor's.

    Raises LookupFailed.
    """
    labels = name.split(".")
    for count in range(len(labels)):
        found = _ask(".".join(labels[count:]), "CAA")
        if found:
            return [_caa(record) for record in found]
    return []


def _caa(record: Any) -> Caa:
    tag, value = (text.decode("utf-8", errors="replace") for text in (record.tag, record.value))
    return Caa(bool(record.flags & 128), tag.lower(), value)


def _ask(name: str, kind: str) -> List[Any]:
    # Here, because only what is about to be ordered needs the DNS.
    from dns import exception, resolver

    asker = _resolver(resolver, exception, name)
    try:
        return list(asker.resolve(name + ".", kind, search=False))
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return []
    except exception.DNSException as error:
        raise LookupFailed(f"the DNS does not answer for {name} ({kind}): {error}") from error


def _resolver(resolver: Any, exception: Any, name: str) -> Any:
    try:
        asker = resolver.Resolver()
    except exception.DNSException as error:
        raise LookupFailed(f"the DNS cannot be asked for {name}: {error}") from error
    asker.lifetime = TIMEOUT
    return asker


def first_address(name: str) -> Optional[str]:
    """Return an address of the name, None where it has none or the DNS does not answer."""
    try:
        found = addresses(name)
    except LookupFailed:
        return None
    return found[0] if found else None
