"""The flags of this layer. docs/authors.md says who sets and clears each."""

from __future__ import annotations

from charms.reactive import is_flag_set, toggle_flag

# For charms
REGISTERED = "lets-encrypt.registered"
RENEWED = "lets-encrypt.renewed"
CERTIFICATE_REQUESTED = "lets-encrypt.certificate-requested"
DISABLED = "lets-encrypt.disable"
RENEW_DISABLED = "lets-encrypt.renew.disable"
RENEW_REQUESTED = "lets-encrypt.renew.requested"

# The layer's own
INSTALLED = "layer.lets-encrypt.installed"
PENDING = "layer.lets-encrypt.pending"
PORTS_OPENED = "layer.lets-encrypt.ports-opened"


def put(flag: str, wanted: bool) -> None:
    """Set or clear a flag if that changes it: a cleared flag makes handlers be tested again."""
    if is_flag_set(flag) != wanted:
        toggle_flag(flag, wanted)
