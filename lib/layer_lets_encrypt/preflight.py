"""What can be known before anything is stopped or spent."""

import functools
import ipaddress
import time
from typing import Any, Callable, Dict, Optional, Sequence

from layer_lets_encrypt import caa, dns_lookup, selfcheck
from layer_lets_encrypt.problem import Problem, one_line
from layer_lets_encrypt.request import SERVERS, Request, without_wildcard
from layer_lets_encrypt.selfcheck import Expected

PUBLIC = {url: ("letsencrypt.org",) for url in SERVERS.values()}  # CA -> its names in CAA
HERE = "127.0.0.1"
TRIES = 3  # a service that has just been reloaded needs a moment
PAUSE = 0.5

Addresses = Callable[[], Sequence[str]]


def certain_problem(
    request: Request, method: str, server: str, directory: Dict[str, Any], soft: bool = True
) -> Optional[Problem]:
    """Return why the CA at ``server`` will not certify the names, None where nothing is certain.

    ``method`` is how they are validated, ``directory`` what the CA says of itself. A private CA
    may look at another DNS than this machine, so nothing about addresses is certain there; nor is
    it anywhere without ``soft`` checks.
    """
    public = server in PUBLIC
    for name in request.names:
        detail = _of_suffix(name) if public else ""
        try:
            if public and soft and method == "http-01":
                detail = detail or _of_addresses(name)
            detail = detail or _of_caa(name, method, _identities(server, directory))
        except dns_lookup.ResolverUnusable as error:
            return Problem("waiting", str(error)) if soft else None
        except dns_lookup.LookupFailed:
            continue  # the CA may have better luck
        if detail:
            return Problem("blocked", one_line(detail), name=name)
    return None


def _of_suffix(name: str) -> str:
    if _suffixes().privatesuffix(without_wildcard(name)) is None:
        return "is a public suffix, under which others register; name a host of your own"
    return ""


@functools.lru_cache(maxsize=1)
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # its list takes a while to read

    return PublicSuffixList(only_icann=True)


def _of_addresses(name: str) -> str:
    found = dns_lookup.addresses(name)
    if not found:
        return "has no A or AAAA record in the DNS; add one that points to the unit"
    if not any(_is_public(address) for address in found):
        return f"its DNS record {found[0]} is no public address; the CA cannot reach it"
    return ""


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address)
    return parsed.is_global and not parsed.is_multicast


def _identities(server: str, directory: Dict[str, Any]) -> Sequence[str]:
    meta = directory.get("meta")
    stated = meta.get("caaIdentities") if isinstance(meta, dict) else None
    return PUBLIC.get(server, stated if isinstance(stated, list) else ())


def _of_caa(name: str, method: str, identities: Sequence[str]) -> str:
    if not identities:
        return ""  # the CA does not say by which name it goes there
    records = dns_lookup.caa(without_wildcard(name))
    return caa.objection(records, identities, name.startswith("*."), method)


def doubtful_problem(request: Request, expected: Expected, own: Addresses) -> Optional[Problem]:
    """Return why the CA will probably not get its answers on port 80, None where it will.

    ``own`` tells the unit's addresses. It only delays: the machine may be unable to reach
    itself by a name that the world can.
    """
    for name in request.names:
        detail = _doubt(name, expected, own)
        if detail:
            return Problem("unready", one_line(detail), name=name)
    return None


def _doubt(name: str, expected: Expected, own: Addresses) -> str:
    try:
        found = dns_lookup.addresses(name)
    except dns_lookup.LookupFailed as error:
        return str(error)
    if not found:
        return "has no A or AAAA record in the DNS"
    for address in found:
        objection = _objection(name, address, expected)
        if objection:
            return objection + "; " + _remedy(name, address, expected, own)
    return ""


def _objection(name: str, address: str, expected: Expected) -> str:
    said = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        said = selfcheck.objection(name, address, expected)
        if not said or said.startswith("no answer"):
            break
    return said


def _remedy(name: str, address: str, expected: Expected, own: Addresses) -> str:
    if expected.text and selfcheck.objection(name, HERE, expected):
        return "the web server here does not answer challenges: does it include the snippet?"
    ours = list(own())
    if ours and address not in ours:
        return f"that is not this unit ({', '.join(ours)}): check the DNS record"
    return "did you `juju expose` the application?"
