"""What can be known before anything is stopped or spent."""

from __future__ import annotations

import functools
import socket
from typing import Any, Sequence
from urllib.parse import urlsplit

from layer_lets_encrypt.dns.lookup import LookupFailed, Lookups, ResolverUnusable
from layer_lets_encrypt.machine.deadline import within
from layer_lets_encrypt.rules import caa
from layer_lets_encrypt.rules.caa import Applicant
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import SERVERS, Request, without_wildcard
from layer_lets_encrypt.web.self_check import is_public

PUBLIC = {url: ("letsencrypt.org",) for url in SERVERS.values()}  # CA -> its names in CAA
# top-level domains that are reserved, and those that private networks like to use
_NEVER_PUBLIC = ("alt", "corp", "example", "home", "internal", "intranet", "invalid", "lan",
                 "local", "localdomain", "localhost", "lxd", "onion", "private",
                 "test")  # fmt: skip
CA_LOOKUP = 3  # seconds to find out where a CA is


def certain_problem(
    request: Request,
    applicant: Applicant,
    server: str,
    directory: dict[str, Any],
    lookups: Lookups,
    soft: bool = True,
) -> Problem | None:
    """Return why the CA at ``server`` will not certify the names, None if nothing is certain.

    ``applicant`` is who asks for them, ``directory`` what the CA says of itself. A private CA
    may look at another DNS than this machine, so nothing about addresses is certain there; nor is
    it anywhere without ``soft`` checks.
    """
    public = server in PUBLIC
    for name in request.names:
        detail = _of_suffix(name) if public else ""
        try:
            if public and soft and applicant.method == "http-01":
                detail = detail or _of_addresses(name, lookups)
            identities = _identities(server, directory)
            detail = detail or _of_caa(name, applicant, identities, lookups)
        except ResolverUnusable as error:
            return Problem("waiting", str(error)) if soft else None
        except LookupFailed:
            continue  # the CA may have better luck
        if detail:
            return Problem("blocked", one_line(detail), name=name)
    return None


def is_on_the_internet(server: str) -> bool:
    """Whether the CA at ``server`` is reached over the internet, as far as can be told."""
    host = urlsplit(server).hostname or ""
    try:
        found = within(CA_LOOKUP, lambda: socket.getaddrinfo(host, None))
    except (OSError, ValueError):
        return True
    return server in PUBLIC or any(is_public(str(entry[4][0]).split("%")[0]) for entry in found)


def _of_suffix(name: str) -> str:
    top = name.rpartition(".")[2]
    if top in _NEVER_PUBLIC:
        return (
            f"ends in .{top}, which no public CA certifies; use a public name, or set acme-server "
            "to a private CA"
        )
    if _suffixes().privatesuffix(without_wildcard(name)) is None:
        return "is a public suffix, under which others register; name a host of your own"
    return ""


@functools.lru_cache(maxsize=1)
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # its list takes a while to read

    return PublicSuffixList(only_icann=True)


def _of_addresses(name: str, lookups: Lookups) -> str:
    found = lookups.addresses(name)
    if not found:
        return "has no A or AAAA record in the DNS; add one that points to the unit"
    if not any(is_public(address) for address in found):
        return f"its DNS record {found[0]} is not a public address; the CA cannot reach it"
    return ""


def _identities(server: str, directory: dict[str, Any]) -> Sequence[str]:
    meta = directory.get("meta")
    stated = meta.get("caaIdentities") if isinstance(meta, dict) else None
    return PUBLIC.get(server, stated if isinstance(stated, list) else ())


def _of_caa(name: str, applicant: Applicant, identities: Sequence[str], lookups: Lookups) -> str:
    if not identities:
        return ""  # the CA does not say by which name it goes there
    records = lookups.caa(without_wildcard(name))
    return caa.objection(records, identities, name.startswith("*."), applicant)
