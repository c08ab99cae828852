"""What consumers are told: flags that say no more than what lies on disk."""

import os
from typing import Dict

from charmhelpers.core import unitdata
from charms.reactive import set_flag

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.juju import flags, hook
from layer_lets_encrypt.juju.configuration import Configuration
from layer_lets_encrypt.machine.paths import DHPARAM

SERIALS = "layer.lets-encrypt.serials"  # in the unit's database: what consumers know of


def is_as_announced(configuration: Configuration, reader: Reader) -> bool:
    """Whether ``lets-encrypt.registered``, as consumers know it, is still true."""
    if {request.lineage for request in configuration.requests} != set(announced()):
        return False
    return _all_on_disk(configuration, serials(configuration, reader))


def _all_on_disk(configuration: Configuration, seen: Dict[str, str]) -> bool:
    on_disk = set(seen) == {request.lineage for request in configuration.requests}
    there = bool(configuration.requests) and not configuration.invalid and on_disk
    return there and os.path.isfile(str(DHPARAM))


def serials(configuration: Configuration, reader: Reader) -> Dict[str, str]:
    """Return the serials, by lineage, of the wanted certificates that are on disk."""
    found = {}
    for request in configuration.requests:
        seen = reader.inspect(request.lineage)
        if seen.holds(request.names) and seen.found is not None:
            found[request.lineage] = seen.found.serial
    return found


def announced() -> Dict[str, str]:
    return unitdata.kv().get(SERIALS) or {}


def announce(configuration: Configuration) -> None:
    """Set the flags that consumers watch, in one transaction with what they have been told."""
    reader = Reader(hook.places().facts)
    known, seen = announced(), serials(configuration, reader)
    if any(known.get(name, serial) != serial for name, serial in seen.items()):
        set_flag(flags.RENEWED)
    if seen != known:
        unitdata.kv().set(SERIALS, seen)
    flags.put(flags.REGISTERED, _all_on_disk(configuration, seen))
