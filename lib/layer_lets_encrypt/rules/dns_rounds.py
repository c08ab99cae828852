"""Names whose proofs cannot be in the DNS at the same time: which may be proven together."""

from __future__ import annotations

from typing import Sequence

from layer_lets_encrypt.rules.request import without_wildcard

PROOF = "-proof"  # ends the name of a lineage that is made for its proofs alone


def groups(names: Sequence[str]) -> list[list[str]]:
    """Spread the names so that no group needs two values for one name; pure.

    A name and its wildcard are proven at the same place. One group means that nothing
    has to be spread.
    """
    found: list[list[str]] = []
    seen: dict[str, int] = {}
    for name in names:
        place = without_wildcard(name)
        index = seen.get(place, 0)
        seen[place] = index + 1
        if index == len(found):
            found.append([])
        found[index].append(name)
    return found
