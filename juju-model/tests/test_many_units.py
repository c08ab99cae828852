"""What many units cost: hooks by the formulas of peer relations."""

from __future__ import annotations

import collections

import pytest

from .charm import PEERS, build


def since(juju, before):
    """The hooks that have run since, by name."""
    return collections.Counter(run["hook"] for run in juju.runs()[before:] if run["kind"] == "hook")


FIFTY = pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(1800)])


@pytest.mark.parametrize("units", [3, 10, FIFTY])
def test_hooks_of_a_peer_relation(juju, folder, units):
    juju.timeout = 1200
    each, others = units * (units - 1), units - 1
    charm = build(f"{folder}/web", dispatch="exit 0", **PEERS)
    juju.deploy(charm, units=units, to=["new"] * units)
    hooks = since(juju, 0)
    assert hooks["cluster-relation-joined"] == hooks["cluster-relation-changed"] == each
    before = len(juju.runs())
    juju.exec("web/0", "relation-set --app -r $(relation-ids cluster) ledger=1")
    juju.settle()
    assert since(juju, before) == {"cluster-relation-changed": others}
    before = len(juju.runs())
    juju.add_unit("web", to=["new"])
    hooks = since(juju, before)
    assert hooks["cluster-relation-joined"] == 2 * units
    before = len(juju.runs())
    juju.remove_unit(f"web/{units}")
    assert since(juju, before)["cluster-relation-departed"] == 2 * units
