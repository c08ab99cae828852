"""Forgets that certificates were handed over, so that the next pass does it again: no order."""

from __future__ import annotations

from typing import Sequence

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.delivery.delivered import Delivered
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import deployments
from layer_lets_encrypt.rules.records import FILES, SERVICE
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted


def hand_over(wanted: Wanted, places: Places, chosen: Sequence[Request]) -> list[str]:
    """Have files, services and the command done again; return the lineages that are on disk.

    Raises OSError.
    """
    ledger, reader = Ledger(places.history), Reader(places.facts)
    there = [
        one.lineage_name for one in chosen if reader.inspect(one.lineage_name).holds(one.names)
    ]
    done = Delivered(places.delivered)
    done.forget(there)
    done.save()
    with ledger.deferred():
        deployments.begin(wanted, ledger, reader)
        ledger.undeployed(there)
        ledger.own_unloaded(there)
        loaded = ledger.past.loaded
        ledger.loaded({name: one for name, one in loaded.items() if name not in there})
        ledger.forget(FILES)
        ledger.forget(SERVICE)
    return there
