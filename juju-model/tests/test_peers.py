"""Peer relations when charms gain and lose them, and when units go."""

from __future__ import annotations

import shutil

import pytest
from juju_model.client import JujuError

from .charm import PEERS, build

ANY = "exit 0"


def deploy(juju, folder, units=2, **more):
    juju.deploy(build(f"{folder}/web", dispatch=ANY, **more), units=units)
    return juju


def refresh(juju, folder, **more):
    shutil.rmtree(f"{folder}/web")
    juju.refresh("web", build(f"{folder}/web", dispatch=ANY, **more))


def ask(juju, script, unit="web/0"):
    done = juju.exec(unit, script)
    juju.settle()
    assert done["stderr"] == "", done
    return done["stdout"].split()


@pytest.mark.parametrize("profile", ["2.9", "3.1", "3.6"])
def test_a_refresh_can_add_a_peer_relation(start, folder, profile):
    juju = deploy(start(profile), folder)
    refresh(juju, folder, **PEERS)
    assert ask(juju, "relation-ids cluster") == ["cluster:0"]
    assert juju.hooks("web/1")[-2:] == ["cluster-relation-joined", "cluster-relation-changed"]


def test_a_refresh_of_4_0_adds_none(start, folder):
    juju = deploy(start("4.0"), folder)
    refresh(juju, folder, **PEERS)
    assert ask(juju, "relation-ids cluster") == []


@pytest.mark.parametrize("profile", ["2.9", "3.1"])
def test_a_refresh_can_break_a_peer_relation(start, folder, profile):
    juju = deploy(start(profile), folder, **PEERS)
    refresh(juju, folder)
    assert juju.model()["relations"] == {}
    assert "cluster-relation-broken" in juju.hooks("web/0")
    refresh(juju, folder, **PEERS)
    assert ask(juju, "relation-ids cluster") == ["cluster:1"]


def test_refresh_back_refresh_of_3_6_leaves_two_relations(start, folder):
    juju = deploy(start("3.6"), folder, **PEERS)
    refresh(juju, folder)
    refresh(juju, folder, **PEERS)
    assert ask(juju, "relation-ids cluster") == ["cluster:0", "cluster:1"]
    for number in (0, 1):
        ask(juju, f"relation-set -r cluster:{number} key=value")
        assert ask(juju, f"relation-get -r cluster:{number} key web/0", "web/1") == ["value"]


def test_4_0_refuses_a_refresh_that_drops_a_peer_relation(start, folder):
    juju = deploy(start("4.0"), folder, **PEERS)
    words = 'no corresponding peer relation "cluster". Please scale down to 0 units to refresh'
    with pytest.raises(JujuError, match=words):
        refresh(juju, folder)
    assert ask(juju, "relation-ids cluster") == ["cluster:0"]
    for unit in ("web/0", "web/1"):
        juju.remove_unit(unit)
    refresh(juju, folder)
    assert juju.model()["relations"] == {}


def test_a_unit_that_is_removed_departs(start, folder):
    juju = deploy(start("3.6"), folder, **PEERS)
    juju.remove_unit("web/1")
    assert juju.hooks("web/0")[-1] == "cluster-relation-departed"
    assert ask(juju, "relation-list -r cluster:0") == []


def test_a_unit_that_is_removed_in_4_0_stays_in_the_list(start, folder):
    juju = deploy(start("4.0"), folder, **PEERS)
    ask(juju, "relation-set -r cluster:0 key=value", "web/1")
    juju.remove_unit("web/1")
    assert "cluster-relation-departed" not in juju.hooks("web/0")
    assert ask(juju, "relation-list -r cluster:0") == ["web/1"]
    assert ask(juju, "relation-get -r cluster:0 key web/1") == ["value"]
    assert "web/1" not in ask(juju, "goal-state")
    juju.remove_application("web")
    assert juju.model()["relations"] == {}
