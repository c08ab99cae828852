"""Forgets that certificates were handed over, so that the next pass does it again: no order."""

from __future__ import annotations

from typing import Sequence

from layer_lets_encrypt.certificates import ledger
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
    past, reader = ledger.load(places.history), Reader(places.facts)
    there = [one.lineage for one in chosen if reader.inspect(one.lineage).holds(one.names)]
    deployments.begin(wanted, places, past, reader)
    done = Delivered(places.delivered)
    done.forget(there)
    done.save()
    for name in there:
        past.loaded.pop(name, None)
        past.deployments.pop(name, None)
        if past.deployed is not None:
            past.deployed.pop(name, None)
    for name in (FILES, SERVICE):
        past.records.pop(name, None)
    ledger.save(past, places.history)
    return there
