"""What consumers are told: flags that say no more than what lies on disk."""

from __future__ import annotations

import os

from charmhelpers.core import unitdata
from charms.reactive import set_flag

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.juju import flags, hook
from layer_lets_encrypt.juju.configuration import Configuration
from layer_lets_encrypt.machine.paths import DHPARAM
from layer_lets_encrypt.rules.sharing import NONE

# In the unit's database: what consumers know of, and the certificates of the operator's lines in
# addition, which no consumer waits for
SERIALS = "layer.lets-encrypt.serials"
OF_LINES = "layer.lets-encrypt.serials-of-lines"


def is_as_announced(configuration: Configuration, reader: Reader) -> bool:
    """Whether ``lets-encrypt.registered``, as consumers know it, is still true."""
    if _waited_for(configuration) != set(unitdata.kv().get(SERIALS) or {}):
        return False
    return _all_on_disk(configuration, serials(configuration, reader))


def _waited_for(configuration: Configuration) -> set[str]:
    return {request.lineage_name for request in configuration.for_charm}


def _all_on_disk(configuration: Configuration, seen: dict[str, str]) -> bool:
    on_disk = _waited_for(configuration) <= set(seen)
    there = bool(configuration.requests) and not configuration.invalid and on_disk
    return there and os.path.isfile(str(DHPARAM))


def serials(configuration: Configuration, reader: Reader) -> dict[str, str]:
    """Return the serials, by lineage, of the wanted certificates that are on disk.

    What another unit orders counts while it is for other names, too: it comes in a later hook.
    """
    found = {}
    shared = configuration.wanted.shared if configuration.wanted else NONE
    for request in configuration.requests:
        seen = reader.inspect(request.lineage_name)
        waits = shared.orders_elsewhere(request.is_of_unit) and seen.usable
        if seen.certificate is not None and (seen.holds(request.names) or waits):
            found[request.lineage_name] = seen.certificate.serial
    return found


def announced() -> dict[str, str]:
    """Return the serials of all certificates on disk, as the last pass has left them."""
    return {**(unitdata.kv().get(OF_LINES) or {}), **(unitdata.kv().get(SERIALS) or {})}


def announce(configuration: Configuration) -> None:
    """Set the flags that consumers watch, in one transaction with what they have been told."""
    known, seen = announced(), serials(configuration, hook.reader())
    if any(known.get(name, serial) != serial for name, serial in seen.items()):
        set_flag(flags.RENEWED)
    waited_for = _waited_for(configuration)
    for key, is_waited_for in ((SERIALS, True), (OF_LINES, False)):
        part = {name: seen[name] for name in seen if (name in waited_for) == is_waited_for}
        if part != (unitdata.kv().get(key) or {}):
            unitdata.kv().set(key, part)
    flags.put(flags.REGISTERED, _all_on_disk(configuration, seen))
