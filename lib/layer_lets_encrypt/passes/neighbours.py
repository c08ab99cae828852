"""What the units of one machine owe one another: they share certbot and its files."""

from __future__ import annotations

from typing import Sequence

from layer_lets_encrypt.certificates import claims
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules.dns_rounds import PROOF
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.request import Request


def claim(requests: Sequence[Request], places: Places, ledger: Ledger) -> None:
    """Tell the machine's other units which lineages are ours; first come, first served."""
    others = claims.claims(places)
    free = [one for one in requests if claims.conflict(one, others) is None]
    ledger.claims({request.lineage_name: sorted(request.names) for request in free})


def keep_package_timer(places: Places, past: History) -> None:
    """Leave renewing to this layer alone, if nobody else keeps certificates here."""
    from layer_lets_encrypt.machine import package_timer

    kept = {*past.claims, *past.lineages, *claims.kept(places)}
    kept |= {name + PROOF for name in kept}
    package_timer.keep(kept, places.scheduler)
