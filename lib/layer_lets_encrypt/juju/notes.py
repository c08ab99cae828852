"""What a unit remembers, from hook to hook, of the application's other units."""

from __future__ import annotations

from typing import Any

from charmhelpers.core import unitdata

KEY = "layer.lets-encrypt.sharing"  # in the unit's database: what Notes has


class Notes:
    """What a unit remembers of sharing, so that most hooks ask Juju nothing.

    ``relations`` are the ids of the peer relation; ``leads`` tells that the ledger names this unit;
    ``published`` holds the serial of each certificate that this unit has kept published; ``said``
    is the thumbprint of the account for which it has said that it answers, ``heard`` has those of
    the other units; ``again`` lists what an operator wants published again; ``old`` has the
    revision of each secret that is to be removed, because there is a newer one.
    """

    def __init__(self) -> None:
        kept: dict[str, Any] = unitdata.kv().get(KEY) or {}
        self.relations: list[str] | None = kept.get("relations")
        self.leads: bool = kept.get("leads", False)
        self.published: dict[str, str] = kept.get("published", {})
        self.said: str = kept.get("said", "")
        self.heard: dict[str, str] = dict(kept.get("heard", {}))
        self.again: list[str] = kept.get("again", [])
        self.old: dict[str, int] = dict(kept.get("old", {}))
        self._kept = kept

    def keep(self) -> None:
        """Have them in the unit's database if the hook ends well."""
        plain = {name: value for name, value in vars(self).items() if name != "_kept"}
        if plain != self._kept:
            unitdata.kv().set(KEY, plain)
            self._kept = plain


def publish_again(names: list[str]) -> None:
    """Have the leader publish certificates in its next hook, as if they were new."""
    notes = Notes()
    if notes.leads:
        notes.again = names
        notes.keep()
