"""Whether a profile can be ordered: the CA must list it and certbot must understand it. Pure."""

from __future__ import annotations

import re
from typing import Any, Mapping

from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import Request

OLDEST = (4, 0)  # the first certbot that can ask for a profile
MAX_LISTED = 40  # characters of the CA's own names

_VERSION = re.compile(r"certbot (([0-9]+)\.([0-9]+)[0-9.]*)")


def unknown(request: Request, directory: Mapping[str, Any]) -> Problem | None:
    """Return what to do if the CA's directory does not list the profile, None if it does."""
    meta = directory.get("meta")
    listed = meta.get("profiles") if isinstance(meta, dict) else None
    names = sorted(map(str, listed)) if isinstance(listed, dict) else []
    if not request.profile or request.profile in names:
        return None
    has = f"has only {one_line(', '.join(names), MAX_LISTED)}" if names else "has no profiles"
    detail = f"the CA does not know the profile {request.profile!r}: it {has}"
    return Problem("blocked", detail, remedy=f"correct or remove {_source(request)}")


def too_old(request: Request, said: str) -> Problem | None:
    """Return what to do if certbot, which ``said`` its version, cannot ask for profiles."""
    found = _VERSION.search(said)
    if not request.profile or found is None:  # certbot itself will say what it lacks
        return None
    if (int(found.group(2)), int(found.group(3))) >= OLDEST:
        return None
    needed = ".".join(map(str, OLDEST))
    detail = f"a profile needs certbot {needed} or newer, and the unit has {found.group(1)}"
    remedy = f"install a newer certbot, or remove {_source(request)}"
    return Problem("blocked", detail, remedy=remedy)


def _source(request: Request) -> str:
    return f"acme-profile or profile= in {request.source}" if request.is_extra else "acme-profile"
