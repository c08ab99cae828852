"""What the DNS says of names: the only place that asks it."""

from __future__ import annotations

import io
import ipaddress
from pathlib import Path
from typing import Any

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.deadline import Budget
from layer_lets_encrypt.rules.caa import Caa

RESOLV_CONF = Path("/etc/resolv.conf")
TIMEOUT = 3  # seconds for one question, over all name servers
ALIVE = 1  # seconds for a question that every resolver can answer from memory
BUDGET = 15  # seconds for all questions of a pass


class LookupFailed(Exception):
    """The DNS did not answer; str() says for which name."""


class ResolverUnusable(LookupFailed):
    """Nobody can be asked: resolv.conf names no name server that can be used."""

    def __str__(self) -> str:
        return f"the unit's resolver configuration is not usable; correct {RESOLV_CONF} on the unit"


class Lookups:
    """The questions of one pass. Each is asked once; ``budget`` holds for all of them.

    A resolver that is silent is not asked again: its first failure speaks for the others. A name
    whose own servers are silent speaks for itself only.
    """

    def __init__(self, budget: Budget | None = None) -> None:
        self._budget = budget or Budget(BUDGET)
        self._known: dict[tuple[str, str], list[Any]] = {}
        self._failed: dict[str, str] = {}
        self._unusable = ""  # why no question is answered at all

    def addresses(self, name: str) -> list[str]:
        """Return the name's addresses, IPv6 first; [] if it has none. Raises LookupFailed."""
        return [str(record.address) for kind in ("AAAA", "A") for record in self._ask(name, kind)]

    def first_address(self, name: str) -> str | None:
        """Return an address of the name, None if it has none or the DNS does not answer."""
        try:
            found = self.addresses(name)
        except LookupFailed:
            return None
        return found[0] if found else None

    def caa(self, name: str) -> list[Caa]:
        """Return the CAA records that hold for a name: its own, or its closest ancestor's.

        Raises LookupFailed.
        """
        labels = name.split(".")
        for count in range(len(labels)):
            found = self._ask(".".join(labels[count:]), "CAA")
            if found:
                return [_caa(record) for record in found]
        return []

    def _ask(self, name: str, kind: str) -> list[Any]:
        said = self._unusable or self._failed.get(name)
        if said:
            raise LookupFailed(said)
        if (name, kind) not in self._known:
            self._known[name, kind] = self._resolve(name, kind)
        return self._known[name, kind]

    def _resolve(self, name: str, kind: str) -> list[Any]:
        # Here, because only what is about to be ordered needs the DNS.
        from dns import exception, resolver

        seconds = self._budget.left(TIMEOUT)
        if not seconds:
            raise LookupFailed(f"no time was left to look up {name}")
        asker = _resolver()
        try:
            return list(asker.resolve(name + ".", kind, search=False, lifetime=seconds))
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            return []
        except (exception.DNSException, OSError, ValueError) as error:
            if isinstance(error, exception.Timeout) and not self._answers(asker):
                self._unusable = "the unit's resolver does not answer; check /etc/resolv.conf"
                raise LookupFailed(self._unusable) from error
            self._failed[name] = f"the DNS does not answer for {name} ({kind}): {error}"
            raise LookupFailed(self._failed[name]) from error

    def _answers(self, asker: Any) -> bool:
        """Whether the resolver answers anything: the root's name servers, which it knows."""
        from dns import exception

        try:
            asker.resolve(".", "NS", lifetime=ALIVE, raise_on_no_answer=False)
        except exception.Timeout:
            return False
        except (exception.DNSException, OSError, ValueError):
            return True  # no good answer, but one
        return True


def _caa(record: Any) -> Caa:
    tag, value = (text.decode("utf-8", errors="replace") for text in (record.tag, record.value))
    return Caa(bool(record.flags & 128), tag.lower(), value)


def _resolver() -> Any:
    """Return who asks the unit's name servers. Raises ResolverUnusable."""
    from dns import exception, resolver

    asker: Any = resolver.Resolver(configure=False)  # type: ignore[no-untyped-call]
    try:
        asker.read_resolv_conf(io.StringIO(_resolver_lines()))
    except (exception.DNSException, OSError, ValueError) as error:
        raise ResolverUnusable from error
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
