"""Problems of a tenant's DNS settings, in the words of whoever writes them: pure."""

from __future__ import annotations

from dataclasses import replace

from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import Request

# The plugin names the operator's options; a request has keys of its own for them.
_KEYS = ("provider", "options", "credentials", "propagation")


def told(problem: Problem | None, request: Request) -> Problem | None:
    """Return a problem of certbot's plugin with the keys of the request's own settings, if it has
    any, in the place of the operator's options."""
    if problem is None or not request.dns:
        return problem
    return replace(problem, detail=_own(problem.detail), remedy=_own(problem.remedy))


def _own(text: str) -> str:
    for key in _KEYS:
        text = text.replace(f"acme-dns-{key}", f"the request's {key}")
    return text
