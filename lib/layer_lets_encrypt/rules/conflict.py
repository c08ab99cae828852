"""Requests that want one lineage in different ways: pure."""

from __future__ import annotations

from typing import Any, Sequence

from layer_lets_encrypt.rules.request import Request

_CALLED = {"names": "names", "key_type": "key types", "challenge": "challenges",
           "dns": "DNS settings", "profile": "profiles", "reload": "services to reload",
           "restart": "services to restart"}  # fmt: skip
_NO_DIFFERENCE = ("source", "is_extra")


def without_conflicts(
    requests: Sequence[Request], challenge: str
) -> tuple[tuple[Request, ...], list[str]]:
    """Return the first request for each lineage, and what is wrong with the others.

    Requests that are equal in all ways are one. ``challenge`` is what those get that have none of
    their own.
    """
    kept: dict[str, Request] = {}
    texts = []
    for request in requests:
        first = kept.setdefault(request.lineage_name, request)
        if first is request:
            continue
        differs = _differences(_essence(first, challenge), _essence(request, challenge))
        if differs:
            remedy = "make them equal, or give one of them another first name"
            wanted = f"{first.source} and {request.source} want it with different {differs}"
            texts.append(f"{request.lineage_name}: {wanted}; {remedy}")
    return tuple(kept.values()), texts


def _essence(request: Request, challenge: str) -> dict[str, Any]:
    plain = request._replace(
        names=tuple(sorted(request.names)),
        challenge=request.challenge or challenge,
    )
    return {key: value for key, value in plain._asdict().items() if key not in _NO_DIFFERENCE}


def _differences(one: dict[str, Any], other: dict[str, Any]) -> str:
    """Return in which ways they differ, as operators call them; "" for none."""
    return " and ".join(_CALLED.get(key, key) for key in one if one[key] != other[key])
