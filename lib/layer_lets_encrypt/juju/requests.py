"""The certificates that a charm requests: kept for the pass, told by flags."""

from __future__ import annotations

import json
from typing import Any, Sequence

from charmhelpers.core import unitdata
from charms.reactive import clear_flag, is_flag_set, set_flag
from charms.reactive.helpers import data_changed

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.juju import configuration, flags, hook, tell
from layer_lets_encrypt.juju.announce import is_as_announced
from layer_lets_encrypt.rules.entry import (
    EntryError,
    check_keys,
    check_plain,
    ignored_keys,
    parse_entry,
)

IGNORED = "layer.lets-encrypt.ignored-keys"  # what data_changed remembers them by


def replace(requests: Any) -> None:
    """Keep ``requests`` instead of the earlier ones; charm authors find the rules where they
    call this. Raises EntryError, and changes nothing then."""
    requests = requests or []
    if not isinstance(requests, (list, tuple)):
        kind = type(requests).__name__
        raise EntryError(f"certificates are requested with a list, not with a {kind}")
    for index, plain in enumerate(requests):
        parse_entry(index, plain)
        check_keys(index, plain)
        check_plain(index, plain)
    _tell_of_ignored(requests)
    unchanged = _canonical(requests) == _canonical(configuration.requested())
    unitdata.kv().set(configuration.REQUESTS, list(requests))
    if unchanged and _is_granted():
        return
    clear_flag(flags.REGISTERED)
    clear_flag(flags.CERTIFICATE_REQUESTED)  # so that handlers run again
    if requests:
        set_flag(flags.CERTIFICATE_REQUESTED)


def _tell_of_ignored(requests: Sequence[dict[str, Any]]) -> None:
    """Log the keys of the charm's own, once for each set of them."""
    ignored = ignored_keys(requests)
    if data_changed(IGNORED, ignored) and ignored:
        tell.log(f"keys of certificate requests that say nothing here: {', '.join(ignored)}")


def _canonical(requests: Any) -> list[str]:
    """Return what two lists of the same entries have in common."""
    entries = requests if isinstance(requests, (list, tuple)) else ()
    return sorted(json.dumps(entry, sort_keys=True, default=str) for entry in entries)


def _is_granted() -> bool:
    """Whether all that is wanted lies on disk just now, and consumers know it."""
    if not is_flag_set(flags.REGISTERED):
        return False
    reader = Reader(hook.places().facts)  # the charm may have deleted one in this hook
    return is_as_announced(configuration.read_configuration(), reader)
