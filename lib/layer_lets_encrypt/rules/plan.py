"""What to do with each wanted certificate, and why: pure. Times are POSIX seconds."""

from __future__ import annotations

import math
import time
from typing import NamedTuple

from layer_lets_encrypt.rules import key_types, records, renewal, sharing
from layer_lets_encrypt.rules.facts import ABSENT, BROKEN, Lineage
from layer_lets_encrypt.rules.printable import few
from layer_lets_encrypt.rules.records import Record
from layer_lets_encrypt.rules.renewal import DAY
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.sharing import Disk, Shared, Want

FEW, MAX_SHOWN = 5, 60  # names in a reason, and characters of each

KEEP = "keep"
ORDER = "order"
WAIT = "wait"
FETCH = "fetch"  # another unit has ordered it


class Decision(NamedTuple):
    """What happens to one certificate. ``reason`` is for the log and the operator.

    ``asked`` is the digest under which the attempt is remembered.
    """

    request: Request
    lineage: Lineage
    action: str
    reason: str
    asked: str
    advised: bool = False  # only because the CA wants it renewed

    @property
    def longest_wait(self) -> float:
        """How long a failure of this order may be waited for, at most."""
        found = self.lineage.certificate
        return renewal.longest_wait(found.not_before, found.not_after) if found else math.inf


def decide(
    request: Request,
    lineage: Lineage,
    record: Record,
    server: str,
    asked: str,
    now: float,
    renewing: bool,
    advised: float | None = None,
    gap: float | None = None,
    shared: Shared = sharing.NONE,
) -> Decision:
    """Decide about one certificate; ``advised`` is the moment at which the CA wants it renewed.

    What is missing, changed or expired is ordered in any pass. What is only due is ordered
    if ``renewing``, since otherwise a schedule would mean nothing; or if the schedule, whose runs
    are at most ``gap`` seconds apart, may come too late. None: nothing is renewed without it.
    What another unit orders is taken from there, and renewed there.
    """
    need = _missing(request, lineage, server, now) or _other(request, lineage, record)
    if (
        shared.entries
        and not request.is_of_unit
        and _is_to_be_taken(request, lineage, server, need, now, shared)
    ):
        return Decision(request, lineage, FETCH, "another unit has ordered it", asked)
    if not need and shared.orders_elsewhere(request.is_of_unit):
        return Decision(request, lineage, KEEP, "the certificate is in order", asked)
    if not need and renewing:
        need = _due(lineage, record, now)
    if not need and gap is not None:
        need = _urgent(lineage, record, now, gap)
    if not need and renewing and _is_advised(record, now, advised):
        need = f"the CA wants it renewed since {format_utc(advised or now)}"
        if not record.waits(asked, now):
            return Decision(request, lineage, ORDER, need, asked, advised=True)
    if not need:
        return Decision(request, lineage, KEEP, "the certificate is in order", asked)
    if record.waits(asked, now):
        reason = f"{need}; next attempt {format_utc(record.not_before)}"
        return Decision(request, lineage, WAIT, reason, asked)
    return Decision(request, lineage, ORDER, need, asked)


def _missing(request: Request, lineage: Lineage, server: str, now: float) -> str:
    if lineage.state == ABSENT:
        return "there is no certificate yet"
    if lineage.state == BROKEN or lineage.certificate is None:
        return f"the lineage is damaged: {lineage.fault}"
    if not lineage.holds(request.names):
        there = few(lineage.certificate.names, FEW, MAX_SHOWN)
        return f"the certificate is for {there}, wanted is {few(request.names, FEW, MAX_SHOWN)}"
    if lineage.certificate.expired(now):
        return f"the certificate expired at {format_utc(lineage.certificate.not_after)}"
    if lineage.server and _ca(lineage.server) != server:
        return f"the certificate comes from {lineage.server}, wanted is one from {server}"
    return ""


def names_digest(request: Request) -> str:
    """Return what tells the names of a certificate from others, in any order."""
    return records.digest(*sorted(request.names))


def want_of(request: Request, server: str) -> Want:
    """Return a request as it is compared with what other units have."""
    return Want(names_digest(request), server, request.key_type.partition("-")[0])


def on_disk(lineage: Lineage, need: str) -> Disk:
    """Return a lineage as it is compared with what other units have; ``need`` is what it lacks."""
    from layer_lets_encrypt.rules.shared_ledger import Generation  # most units share nothing now

    found = lineage.certificate if lineage.usable else None
    generation = Generation(found.not_before, found.serial) if found else None
    return Disk(generation, need)


def _is_to_be_taken(
    request: Request, lineage: Lineage, server: str, need: str, now: float, shared: Shared
) -> bool:
    name, want = request.lineage_name, want_of(request, server)
    entry = shared.entries.get(name)
    return name in shared.news or sharing.is_better(entry, on_disk(lineage, need), want, now)


def _other(request: Request, lineage: Lineage, record: Record) -> str:
    """Return in which way the certificate is not of the kind that is wanted, "" if it is.

    What the CA does not say in the certificate is known from certbot's notes and from the record.
    A chain that the CA did not give is not asked for again.
    """
    found = lineage.certificate
    assert found is not None
    if request.key_type and not key_types.fits(request.key_type, found.key_type, found.key_bits):
        has = key_types.described(request.key_type, found.key_type, found.key_bits)
        return f"the key is of type {has}, wanted is {request.key_type}"
    profile = lineage.profile or record.profile
    if request.profile and profile != request.profile:
        has = f"the profile {profile}" if profile else "another profile"
        return f"the certificate was ordered with {has}, wanted is {request.profile}"
    if request.chain and request.chain not in (lineage.root, record.chain):
        return f"the chain ends with {lineage.root or 'nothing'}, wanted is {request.chain}"
    return ""


def _ca(server: str) -> str:
    # Let's Encrypt's first address is still in the files of old lineages.
    return server.replace("https://acme-v01.api.letsencrypt", "https://acme-v02.api.letsencrypt")


def _is_advised(record: Record, now: float, advised: float | None) -> bool:
    """Whether to follow the CA's advice: one that wants each new certificate renewed at once, too,
    gets it once a day."""
    if advised is None or advised > now:
        return False
    followed = record.advised_at <= now < record.advised_at + DAY
    return not followed or record.failures > 0


def _due(lineage: Lineage, record: Record, now: float) -> str:
    found = lineage.certificate
    if found is None:
        return ""
    if record.forced:
        return "the operator wants it renewed"
    if not renewal.is_due(found.not_before, found.not_after, found.serial, now):
        return ""
    due = renewal.due_at(found.not_before, found.not_after, found.serial)
    return f"the certificate is due since {format_utc(due)}"


def _urgent(lineage: Lineage, record: Record, now: float, gap: float) -> str:
    """Return why the schedule cannot be waited for; a clock that is far ahead must not say so of
    each new certificate."""
    found = lineage.certificate
    if found is None:
        return ""
    fresh = 0 <= now - record.issued_at < (found.not_after - found.not_before) / 3
    lifetime = found.not_before, found.not_after
    if fresh or not renewal.is_urgent(*lifetime, found.serial, gap, now):
        return ""
    return f"the certificate expires at {format_utc(found.not_after)}"


def format_utc(seconds: float) -> str:
    """Return a moment as operators read it: to the minute, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
