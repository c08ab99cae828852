"""juju-exec, the machine lock, and what cron can do."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from juju_model.client import JujuError

from .charm import build

CRON = {"HOME": "/root", "LOGNAME": "root", "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}


def runner(juju):
    name = "juju-run" if juju.model()["profile"] == "2.9" else "juju-exec"
    return juju.paths.at(f"/usr/bin/{name}")


def call(juju, *words, **environment):
    return subprocess.run(
        [runner(juju), *words],
        env={**CRON, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def deploy(juju, folder, units=1, **hooks):
    scripts = {name.replace("_", "-"): text for name, text in hooks.items()}
    juju.deploy(build(f"{folder}/web", hooks=scripts), units=units)
    return juju


def test_output_and_exit_code_come_back(each, folder):
    done = call(deploy(each, folder), "web/0", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, "out\n", "err\n")


def test_changes_are_kept_whatever_the_exit_code(juju, folder):
    assert call(deploy(juju, folder), "web/0", "open-port 80; exit 7").returncode == 7
    assert juju.unit("web/0")["open-ports"] == ["80/tcp"]


def test_changes_that_are_refused_are_an_error(juju, folder):
    done = call(deploy(juju, folder), "web/0", "open-port --endpoints nosuch 80")
    assert done.returncode == 1
    assert 'endpoint "nosuch" not found' in done.stderr


def test_environment(juju, folder):
    done = call(deploy(juju, folder), "web/0", "env; pwd", LEAK="yes")
    lines = done.stdout.splitlines()
    names = {line.partition("=")[0] for line in lines}
    assert "JUJU_HOOK_NAME=" in lines
    assert lines[-1] == juju.paths.charm("web/0")
    assert not names & {"HOME", "LOGNAME", "LEAK", "JUJU_DISPATCH_PATH", "JUJU_RELATION"}


@pytest.mark.parametrize(
    "words",
    [
        ["unit-web-0", "echo $JUJU_UNIT_NAME"],
        ["-u", "web/0", "echo $JUJU_UNIT_NAME"],
        ["-u", "web/0", "--", "echo $JUJU_UNIT_NAME"],
        ["web/0", "--", "sh", "-c", "echo $JUJU_UNIT_NAME"],
    ],
)
def test_ways_to_name_the_unit(juju, folder, words):
    assert call(deploy(juju, folder), *words).stdout == "web/0\n"


def test_refused_within_a_hook(juju, folder):
    deploy(juju, folder, start=f"{runner(juju)} web/0 true 2> said || echo $? >> said; cat said")
    said = [e["message"] for e in juju.log("web/0") if e["logger"] == "unit.web/0.start"]
    assert said[0].startswith(
        'ERROR juju-exec cannot be called from within a hook, have context "web/0-start-'
    )
    assert said[1] == "2"


def test_no_such_unit(juju, folder):
    done = call(deploy(juju, folder), "web/9", "true")
    assert done.returncode == 1
    assert 'unit "web/9" not found on this machine' in done.stderr


def test_no_agent(juju, folder):
    deploy(juju, folder)
    path = runner(juju)
    juju.kill9()
    done = subprocess.run([path, "web/0", "true"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("ERROR dialing juju run socket: ")


def test_hook_tools_do_not_work_from_cron(juju, folder):
    tool = os.path.join(deploy(juju, folder).paths.tools("web/0"), "config-get")
    done = subprocess.run([tool], env=CRON, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "ERROR JUJU_CONTEXT_ID not set\n")


def test_the_socket_is_there_only_while_something_runs(juju, folder):
    deploy(juju, folder)
    assert not os.path.exists(juju.paths.socket("web/0"))
    assert "agent.socket" in call(juju, "web/0", "ls -l $JUJU_AGENT_SOCKET_ADDRESS").stdout


def test_one_thing_at_a_time_on_the_machine(juju, folder):
    deploy(juju, folder, units=3, config_changed="sleep 0.1", start="sleep 0.1")
    commands = [subprocess.Popen([runner(juju), f"web/{n}", "sleep 0.1"]) for n in range(3)]
    for number in range(3):
        juju.hook(f"web/{number}", "start", wait=False)
    assert [command.wait() for command in commands] == [0, 0, 0]
    juju.settle()
    runs = sorted(juju.runs(), key=lambda run: run["start"])
    assert len(runs) == 3 * 2 + 3 + 3
    for run, following in zip(runs, runs[1:]):
        assert run["start"] + run["duration"] <= following["start"] + 0.005


def test_another_holder_of_the_lock_is_waited_for(juju, folder):
    deploy(juju, folder)
    hold = ["flock", juju.paths.lock, "sh", "-c", "echo held; read word"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(hold, **pipes) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        holder.stdout.readline()
        with subprocess.Popen([runner(juju), "web/0", "true"]) as command:
            time.sleep(0.5)
            assert command.poll() is None
            holder.communicate(b"\n")
            assert command.wait() == 0


def test_no_context_has_no_tools(juju, folder):
    deploy(juju, folder)
    assert call(juju, "--no-context", "echo [$JUJU_CONTEXT_ID]; exit 3").stdout == "[]\n"


def test_relation_context(juju, folder):
    ends = {"provides": {"website": {"interface": "http"}}}
    juju.deploy(build(f"{folder}/web", **ends))
    juju.deploy(build(f"{folder}/proxy", name="proxy", requires={"up": {"interface": "http"}}))
    juju.integrate("web", "proxy")
    done = call(juju, "-r", "website:0", "web/0", "echo $JUJU_REMOTE_UNIT; relation-list")
    assert done.stdout == "proxy/0\nproxy/0\n"
    assert call(juju, "-r", "website:7", "web/0", "true").returncode == 1


def test_the_client_reports_refusals(juju, folder):
    with pytest.raises(JujuError, match='unit "web/0" not found'):
        juju.exec("web/0", "true")
