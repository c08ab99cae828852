"""The model outlives its controller."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from juju_model.client import JujuError

from .charm import PEERS, build


def filled(juju, folder):
    juju.deploy(build(f"{folder}/web", options={"a": {"type": "int"}}, **PEERS), units=2)
    juju.config("web", {"a": "5"})
    juju.exec("web/0", "open-port 80; state-set a=1; leader-set b=2; status-set active up")
    juju.settle()
    return juju.model()


@pytest.mark.parametrize("end", ["kill_controller", "kill9"])
def test_nothing_is_lost_and_no_hook_is_run_again(each, folder, end):
    before = filled(each, folder) if "4.0" not in each.model()["profile"] else None
    if before is None:
        each.deploy(build(f"{folder}/web", **PEERS), units=2)
        before = each.model()
    runs = each.runs()
    getattr(each, end)()
    assert not each.is_running()
    each.bootstrap()
    each.settle()
    assert each.model() == before
    assert each.runs() == runs


def test_a_failed_hook_is_still_failed(juju, folder):
    juju.model_config({"automatically-retry-hooks": "false"})
    with pytest.raises(JujuError, match="hook failed"):
        juju.deploy(build(f"{folder}/web", hooks={"start": "[ -e fixed ]"}))
    juju.kill9()
    juju.start()
    assert juju.settle(check=False) == ["web/0"]
    open(juju.paths.charm("web/0") + "/fixed", "w").close()
    juju.resolved("web/0")


def test_work_that_waited_is_done(juju, folder, until):
    begun = f"{folder}/begun"
    script = f"touch {begun}; [ -e {folder}/quick ] || sleep 60"
    juju.deploy(build(f"{folder}/web", hooks={"start": script}), wait=False)
    until(lambda: os.path.exists(begun))
    pid = juju.unit("web/0")["running"]["pid"]
    juju.hook("web/0", "update-status", wait=False)
    juju.kill9()
    os.killpg(pid, signal.SIGKILL)
    open(f"{folder}/quick", "w").close()
    juju.start()
    until(lambda: juju.model()["units"]["web/0"]["uniter"]["queue"] == [])
    juju.settle()


def test_the_profile_stays(start):
    juju = start("2.9")
    juju.kill_controller()
    with pytest.raises(JujuError, match="has profile 2.9, not 4.0"):
        juju.bootstrap("4.0")


def test_one_controller_at_a_time(juju):
    with pytest.raises(JujuError, match="is running already"):
        juju.bootstrap()


def test_no_controller(juju):
    juju.kill_controller()
    with pytest.raises(JujuError, match="run `juju bootstrap` first"):
        juju.status()


def test_the_model_on_disk_is_always_whole(juju, folder):
    """A reader never sees half a model, however often it is written."""
    juju.deploy(build(f"{folder}/web"), wait=False)
    code = "import json, sys\nfor _ in range(2000): json.load(open(sys.argv[1]))"
    script = "for i in 1 2 3 4 5 6 7 8 9; do status-set active $i; done"
    with subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, juju.paths.state]) as reader:
        while reader.poll() is None:
            juju.exec("web/0", script)
    assert reader.returncode == 0
    with open(juju.paths.state) as source:
        assert json.load(source)["units"]["web/0"]["workload"]["message"] == "9"
