"""The demo says what the CA did in words."""

from __future__ import annotations

from world.counts import Counts


def test_counts_are_told_in_words() -> None:
    assert Counts(orders=2, issued=1, accounts_created=1).told() == (
        "2 orders, 1 certificate issued, 0 failed validations, 1 account"
    )
