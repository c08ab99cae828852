"""Every hook tool, by name."""

from __future__ import annotations

from . import (  # noqa: F401  imported for what they declare
    tools_action,
    tools_config,
    tools_leader,
    tools_metric,
    tools_network,
    tools_ports,
    tools_relation,
    tools_secret,
    tools_secret_get,
    tools_status,
    tools_workload,
)
from .command import TOOLS

__all__ = ["TOOLS"]
