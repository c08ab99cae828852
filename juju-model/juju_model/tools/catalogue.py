"""Every hook tool, by name."""

from __future__ import annotations

from . import (  # noqa: F401  imported for what they declare
    action,
    config,
    leader,
    metric,
    network,
    ports,
    relation,
    secret,
    secret_get,
    status,
    workload,
)
from .command import TOOLS

__all__ = ["TOOLS"]
