"""Agents that stop, machines without power, controllers out of reach, and who leads then."""

from __future__ import annotations

import os

import pytest
from juju_model.client import JujuError

from .charm import PEERS, build

WAIT = """
[ "$JUJU_HOOK_NAME" = update-status ] || exit 0
touch {folder}/began
while [ ! -e {folder}/go ]; do sleep 0.02; done
"""
SET = "relation-set -r $(relation-ids cluster) key=value"


@pytest.fixture
def three(start, folder):
    """Three units, each on a machine of its own; a lease lasts half a second."""
    juju = start(lease_scale=1 / 120)
    charm = build(f"{folder}/web", dispatch=WAIT.format(folder=folder) + SET, **PEERS)
    juju.deploy(charm, units=3, to=["0", "new", "new"])
    return juju


def leader(juju):
    return juju.model()["applications"]["web"]["leader"]


def begin(juju, unit, folder, until):
    """Run update-status until it waits."""
    juju.hook(unit, "update-status", wait=False)
    until(lambda: os.path.exists(f"{folder}/began"))


def let_go(folder):
    open(f"{folder}/go", "w").close()


def key_of(juju, unit):
    (relation,) = juju.model()["relations"].values()
    return relation["units"][unit]["settings"].get("key")


def test_a_lease_is_kept_by_an_agent_that_lives(three, until):
    three.stop_agent("1")
    until(lambda: three.unit("web/1")["juju-status"]["current"] == "lost")
    three.leader("web", "web/2")
    three.stop_agent("0")
    assert leader(three) == "web/2"
    three.start_agent("0")
    assert leader(three) == "web/2"


@pytest.mark.parametrize("end", ["stop_agent", "kill_machine", "partition"])
def test_the_lease_of_a_lost_agent_expires(three, until, end):
    getattr(three, end)("0")
    assert leader(three) == "web/0"
    assert three.unit("web/0")["juju-status"]["current"] == "lost"
    until(lambda: leader(three) == "web/1")
    three.settle()
    assert three.hooks("web/1")[-1] == "leader-elected"
    three.start_agent("0")
    assert leader(three) == "web/1"
    assert three.exec("web/0", "is-leader")["stdout"] == "False\n"


def test_nobody_leads_if_nobody_can(three, until):
    for machine in ("0", "1", "2"):
        three.kill_machine(machine)
    until(lambda: leader(three) is None)
    three.start_agent("2")
    until(lambda: leader(three) == "web/2")


@pytest.mark.parametrize("end", ["stop_agent", "kill_machine"])
def test_a_hook_whose_agent_ends_has_failed_and_is_retried(three, folder, until, end):
    begin(three, "web/0", folder, until)
    getattr(three, end)("0")
    let_go(folder)
    assert key_of(three, "web/0") is None
    with pytest.raises(JujuError, match='hook failed: "update-status"'):
        three.start_agent("0")
    until(lambda: key_of(three, "web/0") == "value")


def test_a_machine_that_boots_runs_start_again(three):
    before = [len(three.hooks(f"web/{number}")) for number in (0, 1)]
    three.kill_machine("1")
    three.start_agent("1")
    assert three.hooks("web/1")[before[1] :] == ["start"]
    three.stop_agent("0")
    three.start_agent("0")
    assert three.hooks("web/0")[before[0] :] == []


def test_a_hook_that_is_cut_off_goes_on_and_keeps_nothing(three, folder, until):
    begin(three, "web/0", folder, until)
    three.partition("0")
    let_go(folder)
    until(lambda: [run for run in three.runs("web/0") if run["hook"] == "update-status"])
    assert three.runs("web/0")[-1]["rc"] == 1
    said = [entry["message"] for entry in three.log("web/0")]
    assert "ERROR connection is shut down" in said
    with pytest.raises(JujuError, match='hook failed: "update-status"'):
        three.start_agent("0")
    until(lambda: key_of(three, "web/0") == "value")


def test_is_leader_is_false_when_the_controller_is_out_of_reach(start, folder, until):
    juju = start(lease_scale=1000)
    ask = f"is-leader > {folder}/leads"
    charm = build(f"{folder}/web", dispatch=WAIT.format(folder=folder) + ask)
    juju.deploy(charm)
    begin(juju, "web/0", folder, until)
    juju.partition("0")
    let_go(folder)
    until(lambda: juju.hooks("web/0")[-1] == "update-status")
    with open(f"{folder}/leads") as source:
        assert source.read() == "False\n"
    assert leader(juju) == "web/0"


def test_no_command_reaches_a_unit_that_is_lost(three):
    three.stop_agent("1")
    with pytest.raises(JujuError, match='unit "web/1" is out of reach'):
        three.exec("web/1", "true")
    runner = three.paths.of_machine("1").at("/usr/bin/juju-exec")
    assert os.system(f"{runner} web/1 true 2>/dev/null") != 0


def test_a_lost_unit_is_still_a_member_until_it_is_removed_by_force(three, until):
    three.kill_machine("2")
    three.remove_unit("web/2")
    members = "relation-list -r $(relation-ids cluster)"
    assert three.exec("web/0", members)["stdout"] == "web/1\nweb/2\n"
    three.remove_unit("web/2", force=True)
    assert three.exec("web/0", members)["stdout"] == "web/1\n"
    assert three.hooks("web/0")[-1] == "cluster-relation-departed"


def test_a_machine_is_removed_with_its_units(three):
    with pytest.raises(JujuError, match=r"machine 2 has unit\(s\) web/2"):
        three.remove_machine("2")
    three.kill_machine("2")
    three.remove_machine("2", force=True)
    assert sorted(three.model()["units"]) == ["web/0", "web/1"]
    assert sorted(three.status()["machines"]) == ["0", "1"]


def test_what_was_stopped_stays_so_when_the_controller_starts_again(three):
    three.stop_agent("1")
    three.kill9()
    three.start()
    assert three.unit("web/1")["juju-status"]["current"] == "lost"
    assert three.unit("web/0")["juju-status"]["current"] == "idle"
