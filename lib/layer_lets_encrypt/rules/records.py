"""What happened to each certificate's orders, as values. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from typing import Any

from layer_lets_encrypt.rules import backoff
from layer_lets_encrypt.rules.problem import Problem

CLOCK_SLACK = 60
REFUSALS = ("validation", "refused")

# No lineage can be called so.
CONTACT = "@contact"
DNS = "@dns"
SERVICE = "@service"
FILES = "@files"
UNIT_WIDE = (CONTACT, DNS, SERVICE, FILES)  # what concerns no single lineage


@dataclass(frozen=True)
class Record:
    """One lineage's past. Times are POSIX seconds.

    ``asked`` is the digest of the request that the rest belongs to; ``begun`` is set while an
    attempt is under way; ``failures`` counts failed attempts in a row; ``problem`` is the last
    one's, or an obstacle that kept an attempt from being made; ``made`` tells that this layer
    ordered the lineage; ``serial`` is that of the certificate on disk when the attempt under way
    began, "" for none, None if it is not known, and ``numbered`` what certbot had made instead;
    ``stray`` is the lineage that certbot made instead in an attempt; ``forgetful`` tells that the
    CA does not reuse the authorizations of names that were proven apart; ``unwanted`` is the moment
    since which nobody wants it any more, ``unready_since`` the one since which there is a doubt
    about the challenge; ``apart_at`` the last one at which the service was stopped for it in
    spite of the doubt; ``forced`` tells that the operator wants a new certificate, whatever the
    one on disk is like; ``advised_at`` is the moment of the last attempt that only the CA's advice
    caused; ``suspect`` tells that the CA has refused what was asked for, so that it is tried
    elsewhere first; ``refusals`` counts those among the failures, which have waits of their own;
    ``issued_at`` is when the attempt began that has brought the last certificate; ``profile`` and
    ``chain`` are those that it was ordered with, ``tried`` those of the attempt under way.
    """

    asked: str = ""
    begun: float | None = None
    failures: int = 0
    failed_at: float = 0
    not_before: float = 0
    problem: Problem | None = None
    made: bool = False
    unwanted: float | None = None
    unready_since: float | None = None
    forced: bool = False
    advised_at: float = 0
    suspect: bool = False
    refusals: int = 0
    serial: str | None = None
    numbered: list[str] = field(default_factory=list)
    stray: str = ""
    forgetful: bool = False
    apart_at: float = 0
    issued_at: float = 0
    profile: str = ""
    chain: str = ""
    tried: list[str] = field(default_factory=list)

    def begin(self, asked: str, now: float, advised: bool = False) -> Record:
        """An attempt for ``asked`` is about to be made, perhaps because the CA has advised it."""
        seen = now if advised else self.advised_at
        return replace(self.about(asked), begun=now, advised_at=seen)

    def trying(self, profile: str, chain: str) -> Record:
        """The attempt under way asks for this profile and chain, "" for the CA's choice."""
        return replace(self, tried=[profile, chain] if profile or chain else [])

    def set_apart(self, now: float) -> Record:
        """The attempt under way has the service stopped for a certificate that is doubted."""
        return replace(self, apart_at=now)

    def finding(self, serial: str, numbered: list[str]) -> Record:
        """The attempt under way has found this on disk."""
        return replace(self, serial=serial, numbered=numbered)

    def brought(self, serial: str) -> bool:
        """Whether the attempt under way brought the certificate with ``serial``."""
        return self.serial is not None and serial != self.serial

    def failed(self, problem: Problem, now: float, longest: float = math.inf) -> Record:
        """The attempt failed with ``problem``; ``longest`` is the longest wait after it."""
        failures, is_refusal = self.failures + 1, problem.category in REFUSALS
        refusals = self.refusals + 1 if is_refusal else self.refusals
        count = refusals if is_refusal else failures - refusals
        until = backoff.not_before(problem.category, count, now, problem.retry_at, longest)
        return replace(
            self,
            begun=None,
            serial=None,
            numbered=[],
            tried=[],
            failures=failures,
            failed_at=now,
            not_before=until,
            problem=problem,
            suspect=self.suspect or is_refusal,
            refusals=refusals,
        )

    def succeeded(self) -> Record:
        """The attempt brought the certificate."""
        issued_at = self.begun or self.issued_at
        profile, chain = (*self.tried, "", "")[:2]
        return Record(self.asked, made=True, advised_at=self.advised_at, issued_at=issued_at,
                      failed_at=self.failed_at, profile=profile, chain=chain)  # fmt: skip

    def hindered(self, problem: Problem | None) -> Record:
        """No attempt could be made because of ``problem``; None takes that back."""
        return replace(self, problem=problem)

    def settled(self) -> Record:
        """The certificate is in order, so what failed before is of no interest any more."""
        return replace(self, failures=0, refusals=0, not_before=0, problem=None)

    def doubted(self, asked: str, problem: Problem, now: float) -> Record:
        """An attempt for ``asked`` is put off because of a doubt."""
        past = self.about(asked)
        since = now if past.unready_since is None else past.unready_since
        return replace(past, problem=problem, unready_since=since)

    def about(self, asked: str) -> Record:
        """Forget what belongs to another request."""
        if asked == self.asked:
            return self
        return Record(
            asked,
            made=self.made,
            unwanted=self.unwanted,
            advised_at=self.advised_at,
            forced=self.forced,
            stray=self.stray,
            apart_at=self.apart_at,
            issued_at=self.issued_at,
            profile=self.profile,
            chain=self.chain,
            failed_at=self.failed_at,
        )

    def forgiven(self) -> Record:
        """The operator asked for another attempt: only what the CA itself has said counts on."""
        until = self.problem.retry_at if self.problem and self.failures else None
        return replace(self, failures=1 if until else 0, refusals=0, not_before=until or 0,
                       apart_at=0)  # fmt: skip

    def waits(self, asked: str, now: float) -> bool:
        """Whether ``asked`` must not be attempted yet; a clock that was set back frees it."""
        same = asked == self.asked and self.failures > 0
        return same and self.failed_at - CLOCK_SLACK <= now < self.not_before


NOTHING = Record()


@dataclass
class History:
    """All records of one unit.

    ``records`` is keyed by lineage, or by CONTACT, SERVICE and so on for what concerns no single
    one; ``contacts`` holds the contact last given to each CA's account; ``loaded`` the serial of
    each certificate that the service has been made to load; ``accounts`` what certbot calls the
    account that is used with each CA; ``claims`` the names of each lineage that the unit wants, for
    other units of the machine to see; ``snippets`` the digest of what the service has been made to
    include; ``access`` who was given the files of certificates, "" for nobody; ``deployed`` the
    serial of each certificate that the operator's command has deployed, None while there is no
    command, and ``deployments`` its failures; ``told`` the failures, by lineage, that the
    operator's other command was run for; ``own_loaded`` the serial of each certificate of the
    operator's lines that its own services have loaded, and ``services`` their failures; ``faults``
    says what of the file could not be read, and
    is not kept.
    """

    records: dict[str, Record] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    claims: dict[str, list[str]] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    snippets: str = ""
    access: str = ""
    deployed: dict[str, str] | None = None
    deployments: dict[str, Record] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    own_loaded: dict[str, str] = field(default_factory=dict)
    services: dict[str, Record] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list, compare=False)

    def of(self, name: str) -> Record:
        return self.records.get(name) or NOTHING

    def with_files_of(self, other: History) -> History:
        """Return this history after certbot's files of ``other`` have been put back."""
        return replace(
            self,
            records=_made(self, other),
            contacts={**self.contacts, **other.contacts},
            accounts={**self.accounts, **other.accounts},
        )

    @property
    def lineages(self) -> set[str]:
        """What is remembered, with the lineages that certbot made instead."""
        return {*self.records, *(one.stray for one in self.records.values() if one.stray)}


def _made(past: History, other: History) -> dict[str, Record]:
    """Return the records of ``past``, with what ``other`` knows to have been ordered."""
    found = dict(past.records)
    for name, record in other.records.items():
        if name not in UNIT_WIDE and record.made and not past.of(name).made:
            found[name] = replace(past.of(name), made=True, issued_at=record.issued_at)
    return found


def digest(*parts: Any) -> str:
    """Return a short fingerprint of what was asked."""
    return fingerprint(json.dumps(parts, sort_keys=True))


def fingerprint(text: str) -> str:
    """Return a short digest of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
