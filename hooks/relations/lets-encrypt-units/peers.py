"""The layer reads and writes this relation itself; charms.reactive is to leave it alone.

Without an implementation it would log an error in each hook of each unit, and an Endpoint would
read what every unit has said in each hook of the relation.
"""

from __future__ import annotations

from typing import Any

from charms.reactive.relations import RelationFactory


class Units(RelationFactory):
    """Neither an endpoint nor a conversation."""

    @classmethod
    def load(cls) -> None:
        """Nothing to load."""

    @classmethod
    def from_name(cls, relation_name: str) -> Any:
        """No instance for handlers."""
