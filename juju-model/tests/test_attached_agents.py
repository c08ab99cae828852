"""Machines whose agents are processes of their own, as in worlds of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from juju_model.client import JujuError

from .charm import PEERS, build

AGENT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "juju-agent")


class Process:
    """An agent that can be killed and started again."""

    def __init__(self, juju, machine, root):
        self.juju, self.machine, self.root = juju, machine, root
        self.process = None

    def start(self):
        words = ["--machine", self.machine, "--root", self.root]
        words += ["--controller", self.juju.paths.controller]
        self.process = subprocess.Popen([sys.executable, "-B", AGENT, *words])

    def end(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()


@pytest.fixture
def attached(request, start, folder, until):
    """A unit on the first machine, and one on a machine with an agent of its own."""
    juju = start(lease_scale=1 / 120)
    agent = Process(juju, juju.add_machine(private="10.0.0.2", external=True), f"{folder}/disk")
    request.addfinalizer(agent.end)
    agent.start()
    until(lambda: juju.status()["machines"]["1"]["attached"])
    script = f"""
    [ "$JUJU_HOOK_NAME" = update-status ] || exit 0
    touch {folder}/began; while [ ! -e {folder}/go ]; do sleep 0.02; done
    open-port 80; state-set a=1; relation-set -r $(relation-ids cluster) key=value
    secret-add --owner unit token=abc; status-set active ready
    """
    juju.deploy(build(f"{folder}/web", dispatch=script, **PEERS))
    juju.add_unit("web", to=["1"])
    return agent


def ask(juju, unit, script):
    done = juju.exec(unit, script)
    assert done["stderr"] == "", done
    return done["stdout"].strip()


def let_go(folder):
    open(f"{folder}/go", "w").close()


def key(juju):
    (relation,) = juju.model()["relations"].values()
    return relation["units"]["web/1"]["settings"].get("key")


def test_its_hooks_run_on_its_own_disk_and_all_that_they_ask_for_is_kept(attached, folder):
    juju = attached.juju
    let_go(folder)
    assert os.path.isdir(f"{folder}/disk/var/lib/juju/agents/unit-web-1/charm")
    assert juju.hooks("web/1")[:3] == [
        "install",
        "cluster-relation-created",
        "leader-settings-changed",
    ]
    juju.hook("web/1", "update-status")
    unit = juju.model()["units"]["web/1"]
    assert (unit["ports"], unit["charm-state"]) == ([["tcp", 80, 80, ""]], {"a": "1"})
    assert key(juju) == "value"
    assert len(juju.model()["secrets"]) == 1
    assert juju.unit("web/1")["workload-status"]["message"] == "ready"
    assert ask(juju, "web/1", "unit-get private-address; echo $JUJU_MACHINE_ID") == "10.0.0.2\n1"
    assert juju.hooks("web/0")[-1] == "cluster-relation-changed"


def test_what_runs_is_in_the_status(attached, folder, until):
    juju = attached.juju
    juju.hook("web/1", "update-status", wait=False)
    running = until(lambda: juju.unit("web/1")["running"])
    assert running["hook"] == "update-status" and os.path.exists(f"/proc/{running['pid']}")
    let_go(folder)
    juju.settle()
    assert juju.unit("web/1")["running"] is None


def test_a_program_of_its_machine_reaches_the_unit(attached, folder):
    runner = f"{folder}/disk/usr/bin/juju-exec"
    assert os.system(f"{runner} web/1 'state-set b=2'") == 0
    assert ask(attached.juju, "web/1", "state-get b") == "2"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_agent_that_dies_is_lost_until_another_one_attaches(attached, folder, until, number):
    juju = attached.juju
    juju.leader("web", "web/1")
    juju.hook("web/1", "update-status", wait=False)
    until(lambda: os.path.exists(f"{folder}/began"))
    attached.end(number)
    let_go(folder)
    until(lambda: juju.unit("web/1")["juju-status"]["current"] == "lost")
    until(lambda: juju.model()["applications"]["web"]["leader"] == "web/0")
    assert key(juju) is None
    attached.start()
    until(lambda: key(juju) == "value")
    juju.settle()


def test_a_partition_cuts_it_off_and_ends(attached, folder, until):
    juju = attached.juju
    juju.hook("web/1", "update-status", wait=False)
    until(lambda: os.path.exists(f"{folder}/began"))
    juju.partition("1")
    let_go(folder)
    with pytest.raises(JujuError, match='unit "web/1" is out of reach'):
        juju.exec("web/1", "true")
    assert key(juju) is None
    juju.start_agent("1", wait=False)
    until(lambda: key(juju) == "value")
    juju.settle()


def test_it_attaches_again_to_a_controller_that_starts_again(attached, until):
    juju = attached.juju
    juju.kill9()
    juju.start()
    until(lambda: juju.status()["machines"]["1"]["attached"])
    juju.settle()
    assert ask(juju, "web/1", "echo $JUJU_MACHINE_ID") == "1"


def test_its_machine_can_die_in_a_flush(attached, folder, until):
    juju = attached.juju
    let_go(folder)
    juju.plant_fault("web/1", "flush:after-secrets", then="kill")
    juju.hook("web/1", "update-status")
    assert (key(juju), len(juju.model()["secrets"])) == (None, 1)
    assert juju.unit("web/1")["juju-status"]["current"] == "lost"
    juju.start_agent("1", wait=False)
    until(lambda: key(juju) == "value")
    juju.settle()
    assert juju.hooks("web/1")[-1] == "start"
