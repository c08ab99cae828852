"""Hooks that fail, are killed, hang on to their pipes, or lose their agent."""

from __future__ import annotations

import os
import signal
import time

import pytest
from juju_model.client import JujuError

from .charm import build

BROKEN = "[ -e fixed ]"


def deploy(juju, folder, **hooks):
    scripts = {name.replace("_", "-"): text for name, text in hooks.items()}
    actions = {"look": 'action-set seen="$(opened-ports)"'}
    charm = build(f"{folder}/web", hooks=scripts, actions=actions, action_schemas={"look": {}})
    juju.deploy(charm, wait=False)
    return juju


def fix(juju):
    open(os.path.join(juju.paths.charm("web/0"), "fixed"), "w").close()


def test_the_same_hook_is_retried_and_nothing_else_runs(juju, folder, until):
    deploy(juju, folder, config_changed=BROKEN, start="open-port 80")
    with pytest.raises(JujuError, match='hook failed: "config-changed"'):
        juju.settle()
    until(lambda: juju.hooks("web/0").count("config-changed") > 2)
    assert set(juju.hooks("web/0")) == {"config-changed"}
    fix(juju)
    until(
        lambda: (
            juju.unit("web/0")["juju-status"]["current"] == "idle"
            and not juju.unit("web/0")["error"]
        )
    )
    juju.settle()
    assert juju.hooks("web/0")[-1] == "start"
    assert juju.unit("web/0")["open-ports"] == ["80/tcp"]


def test_each_wait_is_about_twice_as_long(start, folder, until):
    juju = start(retry_scale=0.02)
    deploy(juju, folder, install="exit 1")
    runs = until(lambda: len(juju.runs("web/0")) >= 5 and juju.runs("web/0"))
    ends = [run["start"] + run["duration"] for run in runs]
    waits = [later["start"] - end for end, later in zip(ends, runs[1:])]
    for number, wait in enumerate(waits[:4]):
        meant = 0.02 * 5 * 2**number
        assert meant * 0.85 <= wait <= meant * 1.15 + 5, "a busy machine adds to it"


def test_no_retry_if_the_model_says_so(juju, folder):
    juju.model_config({"automatically-retry-hooks": "false"})
    deploy(juju, folder, install="exit 4")
    assert juju.settle(check=False) == ["web/0"]

    time.sleep(0.5)
    (run,) = juju.runs("web/0")
    assert run["rc"] == 4
    assert juju.unit("web/0")["workload-status"]["message"] == 'hook failed: "install"'


def test_resolved_retries_or_skips(juju, folder):
    juju.model_config({"automatically-retry-hooks": "false"})
    deploy(juju, folder, install=BROKEN, start=BROKEN)
    juju.settle(check=False)
    with pytest.raises(JujuError, match='hook failed: "install"'):
        juju.resolved("web/0")
    fix(juju)
    juju.resolved("web/0")
    assert juju.hooks("web/0") == ["install", "install", "install", "start"]
    with pytest.raises(JujuError, match="not in an error state"):
        juju.resolved("web/0")


def test_no_retry_goes_on_as_if_done(juju, folder):
    juju.model_config({"automatically-retry-hooks": "false"})
    deploy(juju, folder, install="open-port 1; exit 1", start="true")
    juju.settle(check=False)
    juju.resolved("web/0", retry=False)
    assert juju.hooks("web/0") == ["install", "start"]
    assert juju.unit("web/0")["open-ports"] == []


def test_actions_and_commands_run_while_in_error(juju, folder):
    juju.model_config({"automatically-retry-hooks": "false"})
    deploy(juju, folder, start="exit 1")
    juju.settle(check=False)
    assert juju.run_action("web/0", "look")["status"] == "completed"
    assert juju.exec("web/0", "open-port 99")["rc"] == 0
    assert juju.unit("web/0")["open-ports"] == ["99/tcp"]
    assert juju.unit("web/0")["error"] == 'hook failed: "start"'


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_hook_is_run_again_without_an_error(juju, folder, until, number):
    once = "open-port 80; [ -e begun ] || { touch begun; exec sleep 60; }"
    deploy(juju, folder, start=once)
    running = until(lambda: exists(juju, "begun") and juju.unit("web/0")["running"])
    assert running["hook"] == "start"
    os.kill(running["pid"], number)
    juju.settle()
    assert [run["rc"] for run in juju.runs("web/0")] == [-number, 0]
    assert juju.unit("web/0")["open-ports"] == ["80/tcp"]


def test_another_signal_is_an_error(juju, folder, until):
    juju.model_config({"automatically-retry-hooks": "false"})
    deploy(juju, folder, start="touch begun; exec sleep 60")
    running = until(lambda: exists(juju, "begun") and juju.unit("web/0")["running"])
    os.kill(running["pid"], signal.SIGUSR1)
    assert juju.settle(check=False) == ["web/0"]


def test_an_agent_that_dies_finds_the_hook_failed_and_retries_it(juju, folder, until):
    once = "[ -e begun ] || { touch begun; sleep 60; }"
    deploy(juju, folder, start=once + "; open-port 80")
    running = until(lambda: exists(juju, "begun") and juju.unit("web/0")["running"])
    juju.kill9()
    os.killpg(running["pid"], signal.SIGKILL)
    juju.start()
    until(lambda: juju.unit("web/0")["open-ports"] == ["80/tcp"])
    juju.settle()
    (run,) = juju.runs("web/0")
    assert run["rc"] == 0


def test_a_process_left_behind_does_not_hold_the_hook(juju, folder):
    deploy(juju, folder, start="sleep 600 & echo $! > left; echo done")
    juju.settle()
    (run,) = juju.runs("web/0")
    assert run["duration"] < 60
    assert "done" in [entry["message"] for entry in juju.log("web/0")]
    with open(os.path.join(juju.paths.charm("web/0"), "left")) as source:
        os.kill(int(source.read()), signal.SIGKILL)


def test_a_hook_that_is_not_executable_is_an_error(juju, folder):
    juju.model_config({"automatically-retry-hooks": "false"})
    charm = build(f"{folder}/web", hooks={"start": "true"})
    os.chmod(f"{charm}/hooks/start", 0o644)
    with pytest.raises(JujuError, match='hook failed: "start"'):
        juju.deploy(charm)


def test_output_goes_to_the_log_by_level(juju, folder):
    deploy(juju, folder, start="echo out; echo err >&2; head -c 5000 /dev/zero | tr '\\0' x")
    juju.settle()
    entries = [e for e in juju.log("web/0") if e["logger"] == "unit.web/0.start"]
    found = sorted((entry["level"], len(entry["message"])) for entry in entries)
    assert found == [("DEBUG", 3), ("DEBUG", 904), ("DEBUG", 4096), ("WARNING", 3)]


def exists(juju, name):
    return os.path.exists(os.path.join(juju.paths.charm("web/0"), name))
