"""What the DNS says of a name: the only place that asks it."""

import io
import ipaddress
from pathlib import Path
from typing import Any, List, NamedTuple, Optional

from layer_lets_encrypt import files

RESOLV_CONF = Path("/etc/resolv.conf")
TIMEOUT = 5  # seconds for one question, over all name servers


class Caa(NamedTuple):
    """One CAA record."""

    critical: bool
    tag: str
    value: str


class LookupFailed(Exception):
    """The DNS did not answer; str() says for which name."""


class ResolverUnusable(LookupFailed):
    """Nobody can be asked: resolv.conf names no name server that can be used."""

    def __str__(self) -> str:
        return f"the unit's resolver configuration is not usable; correct {RESOLV_CONF} on the unit"


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

    asker = _resolver(resolver, exception)
    try:
        return list(asker.resolve(name + ".", kind, search=False))
    except (resolver.NXDOMAIN, resolver.NoAnswer):
        return []
    except (exception.DNSException, OSError, ValueError) as error:
        raise LookupFailed(f"the DNS does not answer for {name} ({kind}): {error}") from error


def _resolver(resolver: Any, exception: Any) -> Any:
    """Return who asks the unit's name servers. Raises ResolverUnusable."""
    asker = resolver.Resolver(configure=False)
    try:
        asker.read_resolv_conf(io.StringIO(_resolver_lines()))
    except (exception.DNSException, OSError, ValueError) as error:
        raise ResolverUnusable from error
    asker.lifetime = TIMEOUT
    return asker


def _resolver_lines() -> str:
    """Return what is of use here in resolv.conf: options, and name servers with an address.

    The C library, too, passes over others.
    """
    lines = files.read_text(RESOLV_CONF, follow=True, errors="replace").splitlines()
    words = [line.split() for line in lines]
    useful = [line for line in words if len(line) > 1 and line[0] in ("nameserver", "options")]
    return "".join(
        " ".join(line) + "\n" for line in useful if line[0] == "options" or _is_address(line[1])
    )


def _is_address(text: str) -> bool:
    host, _, zone = text.partition("%")
    try:
        return ipaddress.ip_address(host).version == 6 or not zone
    except ValueError:
        return False


def first_address(name: str) -> Optional[str]:
    """Return an address of the name, None where it has none or the DNS does not answer."""
    try:
        found = addresses(name)
    except LookupFailed:
        return None
    return found[0] if found else None
