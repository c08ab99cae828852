"""Whether CAA records let a CA certify a name (RFC 8659, RFC 8657): pure."""

from typing import AbstractSet, Dict, NamedTuple, Sequence, Tuple

from layer_lets_encrypt.rules.problem import one_line

MOST = 3  # domains that are named
MAX_SHOWN = 40

_KNOWN = ("issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone")


class Caa(NamedTuple):
    """One CAA record."""

    critical: bool
    tag: str
    value: str


def objection(
    records: Sequence[Caa], identities: Sequence[str], wildcard: bool, method: str
) -> str:
    """Return what the records have against a certificate, "" where they allow it.

    ``identities`` are the CA's own domain names, ``method`` how the name is validated, such as
    http-01.
    """
    for record in records:
        if record.critical and record.tag not in _KNOWN:
            tag = one_line(record.tag, MAX_SHOWN)
            return f"has the critical CAA property {tag!r}, which no CA may ignore"
    rules = _rules(records, wildcard)
    ours = [parameters for domain, parameters in rules if domain in identities]
    if rules and not ours:
        return f"allows only {_listed({domain for domain, _ in rules})} to certify it, by CAA"
    if ours and not any(_allows(parameters, method) for parameters in ours):
        ca = one_line(str(identities[0]), MAX_SHOWN)
        return f"allows {ca} other methods than {method} only, by CAA"
    return ""


def _listed(domains: AbstractSet[str]) -> str:
    """Return some of the domains: whoever writes the records can write any number of them."""
    named = sorted(domain for domain in domains if domain)
    more = f" and {len(named) - MOST} more" if len(named) > MOST else ""
    return ", ".join(one_line(domain, MAX_SHOWN) for domain in named[:MOST]) + more or "nobody"


def _rules(records: Sequence[Caa], wildcard: bool) -> Sequence[Tuple[str, Dict[str, str]]]:
    wild = [record for record in records if record.tag == "issuewild"]
    plain = [record for record in records if record.tag == "issue"]
    return [_parse(record.value) for record in (wild if wildcard and wild else plain)]


def _parse(value: str) -> Tuple[str, Dict[str, str]]:
    domain, *parts = [part.strip() for part in value.split(";")]
    pairs = [part.partition("=") for part in parts if "=" in part]
    return domain.lower(), {key.strip().lower(): text.strip() for key, _, text in pairs}


def _allows(parameters: Dict[str, str], method: str) -> bool:
    methods = parameters.get("validationmethods", "")
    return not methods or method in [word.strip() for word in methods.split(",")]
