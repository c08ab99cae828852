"""The recorded calls, as they are and under other names."""

from __future__ import annotations

import pytest

from . import replay
from .divergences import LISTED
from .rename import FIXED, TOKENS, renaming


@pytest.mark.parametrize("seed", [None, "first", pytest.param("second", marks=pytest.mark.slow)])
def test_only_listed_divergences(seed):
    calls, found, unexpected = replay.run(seed)
    assert calls == 400
    assert unexpected == 0
    assert found == set(LISTED)
    assert len(found) <= replay.MOST


def test_renaming_renames_all_and_keeps_the_order():
    names = renaming("any")
    assert all(old != new for old, new in names.items())
    assert [names[token] for token in TOKENS] == sorted(names.values())
    assert not set(names.values()) & {*TOKENS, *FIXED}


def test_a_wrong_answer_is_noticed(monkeypatch):
    """The replay is not blind: with one recorded answer changed it reports just that."""
    changed = replay.wanted

    def wanted(call):
        answer = changed(call)
        if call["argv"] == ["is-leader"]:
            return {**answer, "stdout": "Maybe\n"}
        return answer

    monkeypatch.setattr(replay, "wanted", wanted)
    _, found, unexpected = replay.run(only=1)
    assert unexpected == 1
    assert (1, ("is-leader",)) in found
