"""What consumers are told: flags that say no more than what lies on disk."""

import os
from typing import Dict

from charmhelpers.core import hookenv, unitdata
from charms.reactive import is_flag_set, set_flag, toggle_flag

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.juju.configuration import Wishes
from layer_lets_encrypt.machine.paths import DHPARAM, Places

REGISTERED = "lets-encrypt.registered"
RENEWED = "lets-encrypt.renewed"
SERIALS = "layer.lets-encrypt.serials"  # in the unit's database: what consumers know of


def put(flag: str, wanted: bool) -> None:
    """Set or clear a flag where that changes it: a cleared flag makes handlers be tested again."""
    if is_flag_set(flag) != wanted:
        toggle_flag(flag, wanted)


def is_as_announced(wishes: Wishes, reader: Reader) -> bool:
    """Whether ``lets-encrypt.registered``, as consumers know it, is still true."""
    lineages = {wish.lineage for wish in wishes.requests}
    return _all_on_disk(wishes, serials(wishes, reader)) and lineages == set(announced())


def _all_on_disk(wishes: Wishes, seen: Dict[str, str]) -> bool:
    on_disk = set(seen) == {wish.lineage for wish in wishes.requests}
    there = bool(wishes.requests) and not wishes.invalid and on_disk
    return there and os.path.isfile(str(DHPARAM))


def serials(wishes: Wishes, reader: Reader) -> Dict[str, str]:
    """Return the serials, by lineage, of the wanted certificates that are on disk."""
    found = {}
    for wish in wishes.requests:
        seen = reader.inspect(wish.lineage)
        if seen.holds(wish.names) and seen.found is not None:
            found[wish.lineage] = seen.found.serial
    return found


def announced() -> Dict[str, str]:
    return unitdata.kv().get(SERIALS) or {}


def announce(wishes: Wishes) -> None:
    """Set the flags that consumers watch, in one transaction with what they have been told."""
    reader = Reader(Places.of(hookenv.local_unit()).facts)
    known, seen = announced(), serials(wishes, reader)
    if any(known.get(name, serial) != serial for name, serial in seen.items()):
        set_flag(RENEWED)
    if seen != known:
        unitdata.kv().set(SERIALS, seen)
    put(REGISTERED, _all_on_disk(wishes, seen))
