"""The other units of an application, as a pass knows them."""

from __future__ import annotations

from typing import Collection, Mapping


class Unread(Exception):
    """What another unit has published cannot be read now; str() says why."""


class Siblings:
    """Those of a unit that shares nothing: none."""

    @property
    def is_new_leader(self) -> bool:
        """Whether what others have published last may be in no ledger."""
        return False

    def others(self) -> Collection[str]:
        """Return the names of the other units."""
        return ()

    def silent(self, thumbprint: str) -> list[str]:
        """Return the other units that have not said that they answer for an account."""
        return []

    def content(self, uri: str) -> Mapping[str, str]:
        """Return what a leader has published. Raises Unread."""
        raise Unread("this unit shares nothing")

    def unlisted(self, name: str) -> str:
        """Return where a lineage may be that a leader had no time to list, "" for nowhere."""
        return ""


ALONE = Siblings()
