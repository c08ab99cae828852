"""Wait until all authoritative servers answer with what was published."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Callable, Iterable

from layer_lets_encrypt_dns.failure import ONE_VALUE, Failure, configuration, few, transient
from layer_lets_encrypt_dns.names import Server
from layer_lets_encrypt_dns.target import Target

if TYPE_CHECKING:
    from layer_lets_encrypt_dns.dnsgate import Dns

FIRST_PAUSE, LONGEST_PAUSE = 0.3, 5.0
AT_ONCE = 8


@dataclass(frozen=True)
class Wanted:
    """One value that must be served for a target; ``provider`` is who was told to publish it."""

    target: Target
    value: str
    provider: str


@dataclass
class Seen:
    """What each server said last of each name: values, or why there are none."""

    values: dict[tuple[Server, str], frozenset[str]] = field(default_factory=dict)
    silent: dict[tuple[Server, str], str] = field(default_factory=dict)

    def has(self, server: Server, wanted: Wanted) -> bool:
        return wanted.value in self.values.get((server, wanted.target.fqdn), ())

    def note(self, key: tuple[Server, str], said: tuple[frozenset[str] | None, str]) -> None:
        values, reason = said
        if values is None:
            self.silent[key] = reason
            self.values.pop(key, None)
        else:
            self.values[key] = values
            self.silent.pop(key, None)

    def missing(self, wanted: Wanted) -> list[Server]:
        return [s for s in wanted.target.servers if not self.has(s, wanted)]

    def nowhere(self, wanted: Wanted) -> bool:
        return len(self.missing(wanted)) == len(wanted.target.servers)


def look(dns: Dns, targets: Iterable[Target]) -> Seen:
    """Ask every server of every target once, several at a time."""
    seen = Seen()
    keys = sorted({(s, t.fqdn) for t in targets for s in t.servers}, key=str)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for key, said in zip(keys, pool.map(lambda key: dns.values(*key), keys)):
            seen.note(key, said)
    return seen


def wait(
    dns: Dns, wanted: list[Wanted], limit: float, nudge: Callable[[Wanted], None] = lambda _: None
) -> Seen:
    """Return when every server has every value. Raises Failure after ``limit`` seconds.

    ``nudge`` is called a few times for each value that no server has yet.
    """
    begun, pause, nudges = time.monotonic(), FIRST_PAUSE, 1
    while True:
        seen = look(dns, [w.target for w in wanted])
        lacking = [w for w in wanted if seen.missing(w)]
        if not lacking:
            return seen
        passed = time.monotonic() - begun
        if passed >= limit:
            raise verdict(lacking[0], wanted, seen, limit)
        if passed >= limit * nudges / 4:
            nudges += 1
            for one in lacking:
                if seen.nowhere(one):
                    nudge(one)
        time.sleep(min(pause, max(limit - passed, 0.05)))
        pause = min(pause * 1.5, LONGEST_PAUSE)


def verdict(lacking: Wanted, wanted: list[Wanted], seen: Seen, limit: float) -> Failure:
    """Say why ``lacking`` is not served everywhere; pure."""
    target, within = lacking.target, f"within {limit:.0f} s"
    missing = seen.missing(lacking)
    silent = [s for s in missing if (s, target.fqdn) in seen.silent]
    if silent:
        said = few(f"{s}: {seen.silent[s, target.fqdn]}" for s in silent)
        failure = transient(
            f"not all name servers of zone {target.zone} answer {within} ({said}; provider "
            f"{lacking.provider}); repair them, take them out of the zone's NS records, or set "
            "acme-dns-propagation=0 to trust the provider"
        )
    elif seen.nowhere(lacking) and _replaced(lacking, wanted, seen):
        failure = one_value(lacking)
    elif seen.nowhere(lacking):
        failure = transient(
            f"provider {lacking.provider} reported success, but no name server of zone "
            f"{target.zone} has {target.fqdn} {within}; check that the provider serves this zone "
            "and accepts the update, or raise acme-dns-propagation"
        )
    else:
        late = few(str(s) for s in missing)
        failure = transient(
            f"{target.fqdn} has not reached {late} of zone {target.zone} {within} (provider "
            f"{lacking.provider}); check the zone's transfers or raise acme-dns-propagation"
        )
    return failure.about(target.name)


def _replaced(lacking: Wanted, wanted: list[Wanted], seen: Seen) -> bool:
    others = [w for w in wanted if w.target.fqdn == lacking.target.fqdn and w != lacking]
    return any(not seen.missing(other) for other in others)


def one_value(lost: Wanted) -> Failure:
    """Two values were published and one has vanished; the text begins with a documented mark."""
    target = lost.target
    return configuration(
        f"{ONE_VALUE}: provider {lost.provider} keeps one TXT value per name in zone "
        f"{target.zone}, but a certificate with both {target.name} and *.{target.name} needs two "
        f"at {target.fqdn}; order them as two certificates, or use another provider"
    ).about(target.name)
