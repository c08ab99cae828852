"""What actions are asked for, and the keys of what they tell. Pure.

Juju takes lower-case letters, digits and hyphens in a key, and makes a tree of keys with dots.
"""

from __future__ import annotations

from typing import Any, Sequence

from layer_lets_encrypt.rules.printable import few
from layer_lets_encrypt.rules.request import InvalidRequest, Request, normalise_name, split_names

FEW, MAX_SHOWN = 5, 60  # names in a remedy, and characters of each
NOTHING = "no certificate is wanted; set the option fqdn or acme-certificates"


def chosen(requests: Sequence[Request], text: str) -> list[Request]:
    """Return the requests that hold any of the names in ``text``; all if it is empty.

    Raises InvalidRequest for what is not a name, and for a name that no certificate is wanted
    for.
    """
    names = {normalise_name(name, wildcards=True): name for name in split_names(text)}
    for name, written in names.items():
        if not any(name in _names(request) for request in requests):
            raise InvalidRequest(written, "is in no wanted certificate", _remedy(requests))
    return [one for one in requests if not names or names.keys() & _names(one)]


def key(lineage: str) -> str:
    """Return a lineage's name as a key: www.example.com is www-example-com.

    A hyphen of the name is written twice, so that a-b.com and a.b.com have keys of their own.
    """
    return lineage.replace("-", "--").replace(".", "-")


def of_steps(lineage: str, steps: Sequence[str]) -> dict[str, str]:
    """Return steps as results, with keys that Juju lists in this order."""
    width = len(str(len(steps)))
    return {f"{key(lineage)}.step-{n:0{width}}": step for n, step in enumerate(steps, 1)}


def of_certificates(certificates: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the state of certificates, as certificates() of charm authors has it, as results."""
    return {
        f"{key(state['name'])}.{name.replace('_', '-')}": _text(value)
        for state in certificates
        for name, value in state.items()
        if value is not None
    }


def _names(request: Request) -> set[str]:
    return {*request.names, request.lineage_name}


def _remedy(requests: Sequence[Request]) -> str:
    if not requests:
        return NOTHING
    return f"wanted are {few((request.names[0] for request in requests), FEW, MAX_SHOWN)}"


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
