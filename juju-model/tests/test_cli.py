"""The command line, as an executable from any directory."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from .charm import WEBSITE, build

JUJU = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "juju")
OPTIONS = {"port": {"type": "int", "default": 80}, "on": {"type": "boolean", "default": False}}


@pytest.fixture
def run(juju, folder):
    """Run one command: (exit code, stdout, stderr)."""

    def command(*words):
        done = subprocess.run(
            [JUJU, "--root", juju.paths.root, *words],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        return done.returncode, done.stdout, done.stderr

    charm = build(
        f"{folder}/web",
        hooks={
            "config-changed": 'open-port $(config-get port); [ "$(config-get on)" = False ]',
            "start": "status-set active ready",
        },
        actions={"go": 'action-set got="$(action-get a)"'},
        action_schemas={"go": {}},
        options=OPTIONS,
        resources={"tool": {"type": "file", "filename": "tool"}},
        **WEBSITE,
    )
    command.charm = charm
    return command


def test_deploy_and_status(run):
    run("model-config", "automatically-retry-hooks=false")
    with open(f"{run.charm}/tool", "w") as target:
        target.write("x")
    code, out, _ = run(
        "deploy",
        run.charm,
        "site",
        "-n",
        "2",
        "--config",
        "port=81",
        "--resource",
        f"tool={run.charm}/tool",
        "--config",
        "on=false",
    )
    assert (code, out) == (1, "")  # both units want port 81 of the one machine
    code, out, _ = run("status")
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.strip()}
    first, second = sorted((lines["site/0*"][1:], lines["site/1"][1:]))  # whoever came first
    assert first == ["active", "idle", "0", "127.0.0.1", "81/tcp", "ready"]
    assert second[0] == "error"
    assert run("exec", "--unit", "site/0", "--", "cat $(resource-get tool)")[:2] == (0, "x")


def test_status_as_json_names_the_running_hook(run, juju, until):
    os.makedirs(f"{run.charm}/hooks", exist_ok=True)
    with open(f"{run.charm}/hooks/start", "w") as target:
        target.write("#!/bin/sh\nwhile [ ! -e go ]; do sleep 0.02; done\n")
    assert run("deploy", run.charm, "--no-wait")[0] == 0

    def unit():
        return json.loads(run("status", "--format", "json")[1])["applications"]["web"]["units"][
            "web/0"
        ]

    running = until(lambda: (unit()["running"] or {}).get("hook") == "start" and unit()["running"])
    assert running["pid"] > 1
    open(juju.paths.charm("web/0") + "/go", "w").close()
    assert run("settle")[0] == 0
    assert unit()["running"] is None and unit()["open-ports"] == ["80/tcp"]


def test_config(run):
    assert run("deploy", run.charm)[0] == 0
    assert run("config", "web", "port")[1] == "80\n"
    assert run("config", "web", "port=90")[0] == 0
    assert run("config", "web", "port")[1] == "90\n"
    assert run("config", "web", "--reset", "port")[0] == 0
    assert run("config", "web", "port")[1] == "80\n"
    code, _, err = run("config", "web", "nosuch=1")
    assert (code, err) == (1, 'ERROR unknown option "nosuch"\n')
    assert run("config", "web", "port=many")[0] == 1
    with open(f"{run.charm}/values.yaml", "w") as target:
        target.write("web:\n  port: 91\n")
    assert run("config", "web", "--file", f"{run.charm}/values.yaml")[0] == 0
    details = json.loads(run("config", "web", "--format", "json")[1])
    assert details["port"] == {"value": 91, "default": 80, "type": "int", "source": "user"}


def test_a_failed_hook_is_exit_code_1_with_the_log(run):
    assert run("model-config", "automatically-retry-hooks=false")[0] == 0
    assert run("deploy", run.charm)[0] == 0
    code, _, err = run("config", "web", "on=true")
    assert code == 1
    assert 'hook "config-changed" failed: exit status 1' in err
    assert err.endswith('unit web/0 is in error: hook failed: "config-changed"\n')
    assert run("config", "web", "on=false", "--no-wait")[0] == 0
    assert run("resolved", "web/0")[0] == 0


def test_actions_and_commands(run):
    run("deploy", run.charm)
    code, out, _ = run("run", "web/0", "go", "a=1 2")
    assert code == 0 and "got: 1 2\n" in out
    assert run("run", "web/leader", "go", "a=true")[0] == 0
    assert run("run", "web/0", "nosuch")[0] == 1
    assert run("exec", "--unit", "web/0", "--", "echo hi; exit 9")[:2] == (9, "hi\n")


def test_refresh_relations_units_log_and_runs(run, folder):
    proxy = build(f"{folder}/proxy", name="proxy", requires={"up": {"interface": "http"}})
    assert run("deploy", run.charm)[0] == 0
    assert run("deploy", proxy)[0] == 0
    assert run("integrate", "web", "proxy")[0] == 0
    assert run("remove-relation", "web", "proxy")[0] == 0
    assert run("refresh", "web", "--path", run.charm)[0] == 0
    assert run("hook", "web/0", "update-status")[0] == 0
    assert run("expose", "web")[0] == 0 and " yes " in run("status")[1]
    assert run("add-unit", "proxy")[1] == "proxy/1\n"
    assert run("leader", "proxy", "proxy/1")[0] == 0
    assert run("remove-unit", "proxy/0")[0] == 0
    assert run("remove-application", "proxy")[0] == 0
    assert "proxy" not in run("status")[1]
    log = run("debug-log", "--unit", "web/0", "-n", "2", "--level", "INFO")[1].splitlines()
    assert len(log) == 2 and all(line.startswith("unit-web-0: ") for line in log)
    assert run("debug-log", "--include", "web/0", "-n", "2", "-l", "INFO")[1].splitlines() == log
    assert run("exec", "--unit", "web/leader", "--", "echo here")[1] == "here\n"
    table = run("runs")[1].splitlines()
    runs = json.loads(run("runs", "--format", "json")[1])
    assert len(table) == 1 + len(runs)
    assert {"unit", "hook", "start", "duration", "rc", "pid"} <= set(runs[0])


def test_secrets(run):
    run("deploy", run.charm)
    code, out, _ = run("add-secret", "mine", "token=abc")
    assert code == 0
    assert run("grant-secret", "mine", "web")[0] == 0
    assert run("exec", "-u", "web/0", f"secret-get {out.strip()} token")[1] == "abc\n"
    assert run("update-secret", "mine", "token=def")[0] == 0


def test_stopping_takes_the_runner_away(run, juju):
    assert os.path.exists(juju.paths.at("/usr/bin/juju-exec"))
    assert run("kill-controller")[0] == 0
    assert not os.path.exists(juju.paths.at("/usr/bin/juju-exec"))
    code, _, err = run("status")
    assert code == 1 and "run `juju bootstrap` first" in err
    code, out, _ = run("bootstrap", "--profile", "3.6")
    assert code == 0 and "juju kill-controller" in out


def test_a_secret_takes_the_text_of_files(run):
    assert run("deploy", run.charm)[0] == 0
    with open(f"{run.charm}/pass", "w") as target:
        target.write("a = b\n")
    code, out, _ = run("add-secret", "one", f"passphrase#file={run.charm}/pass", "kid=k")
    assert code == 0
    assert run("grant-secret", "one", "web")[0] == 0
    command = f"secret-get {out.strip()} --format=json"
    said = run("exec", "--unit", "web/0", "--", command)[1]
    assert json.loads(said) == {"passphrase": "a = b\n", "kid": "k"}
    code, _, err = run("update-secret", "one", "kid#file=/no/such/file")
    assert (code, err) == (1, "ERROR cannot read /no/such/file: No such file or directory\n")
