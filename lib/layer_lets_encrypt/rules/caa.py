"""Whether CAA records let a CA certify a name (RFC 8659, RFC 8657): pure."""

from __future__ import annotations

from typing import AbstractSet, Dict, List, NamedTuple, Sequence

from layer_lets_encrypt.rules.printable import few
from layer_lets_encrypt.rules.problem import one_line

MOST = 3  # domains that are named
MAX_SHOWN = 40
MAX_URI = 80

Parameters = Dict[str, List[str]]

_KNOWN = ("issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone")


class Caa(NamedTuple):
    """One CAA record."""

    critical: bool
    tag: str
    value: str


class Applicant(NamedTuple):
    """Who orders: ``method`` is how names are validated, such as http-01, ``account`` the
    account's URI, "" if there is none yet."""

    method: str
    account: str = ""


def objection(
    records: Sequence[Caa], identities: Sequence[str], wildcard: bool, applicant: Applicant
) -> str:
    """Return what the records have against a certificate, "" if they allow it.

    ``identities`` are the CA's own domain names.
    """
    for record in records:
        if record.critical and record.tag not in _KNOWN:
            tag = one_line(record.tag, MAX_SHOWN)
            return f"has the critical CAA property {tag!r}, which no CA may ignore"
    rules = _rules(records, wildcard)
    ours = [parameters for domain, parameters in rules if domain in identities]
    if rules and not ours:
        return f"allows only {_listed({domain for domain, _ in rules})} to certify it, by CAA"
    ca = one_line(str(identities[0]), MAX_SHOWN) if identities else ""
    by_method = [parameters for parameters in ours if _allows(parameters, applicant.method)]
    if ours and not by_method:
        return f"allows {ca} other methods than {applicant.method} only, by CAA validationmethods"
    if by_method and not any(_is_ours(parameters, applicant) for parameters in by_method):
        account = one_line(applicant.account, MAX_URI)
        return f"allows {ca} other accounts than {account} only, by CAA accounturi; correct that"
    return ""


def _listed(domains: AbstractSet[str]) -> str:
    """Return some of the domains: whoever writes the records can write any number of them."""
    return few(sorted(filter(None, domains)), MOST, MAX_SHOWN) or "nobody"


def _rules(records: Sequence[Caa], wildcard: bool) -> Sequence[tuple[str, Parameters]]:
    wild = [record for record in records if record.tag == "issuewild"]
    plain = [record for record in records if record.tag == "issue"]
    return [_parse(record.value) for record in (wild if wildcard and wild else plain)]


def _parse(value: str) -> tuple[str, Parameters]:
    domain, *parts = [part.strip() for part in value.split(";")]
    found: Parameters = {}
    for key, _, text in (part.partition("=") for part in parts if "=" in part):
        found.setdefault(key.strip().lower(), []).append(text.strip())
    return domain.lower(), found


def _allows(parameters: Parameters, method: str) -> bool:
    """Whether a method is allowed; whoever writes several lists allows what is in none, none."""
    lists = parameters.get("validationmethods")
    if lists is None:
        return True
    return len(lists) == 1 and method in [word.strip() for word in lists[0].split(",")]


def _is_ours(parameters: Parameters, applicant: Applicant) -> bool:
    """Whether an account is allowed; one that is not open yet cannot be told."""
    uris = parameters.get("accounturi")
    return uris is None or not applicant.account or uris == [applicant.account]
