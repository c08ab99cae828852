"""Actions: parameters, results, failure."""

from __future__ import annotations

import base64

import pytest

from .charm import build

SCHEMAS = {
    "go": {
        "params": {
            "count": {"type": "integer", "default": 3},
            "name": {"type": "string"},
            "mode": {"type": "string", "enum": ["a", "b"]},
        },
        "required": ["name"],
    },
    "free": {},
    "strict": {"additionalProperties": False},
    "missing": {},
}


def deploy(juju, folder, script):
    actions = {"go": script, "free": script, "strict": script}
    juju.deploy(build(f"{folder}/web", actions=actions, action_schemas=SCHEMAS))
    return juju


def test_parameters_and_results(each, folder):
    script = """
    action-set a.b="$(action-get name)" c=$(action-get count) hook="[$JUJU_HOOK_NAME]"
    action-set name=$JUJU_ACTION_NAME path=$JUJU_DISPATCH_PATH tag=$JUJU_ACTION_TAG
    action-log halfway; echo hello; echo oops >&2
    """
    action = deploy(each, folder, script).run_action("web/0", "go", {"name": "x y"})
    assert action["status"] == "completed"
    assert action["log"] == ["halfway"]
    results = action["results"]
    assert results["a"] == {"b": "x y"}
    assert (results["c"], results["hook"], results["name"]) == ("3", "[]", "go")
    assert (results["path"], results["tag"]) == ("actions/go", f"action-{action['id']}")
    if each.model()["profile"] == "2.9":
        own = {key: results[key] for key in ("Code", "Stdout", "Stderr")}
        assert own == {"Code": "0", "Stdout": "hello\n", "Stderr": "oops\n"}
    else:
        own = {key: results[key] for key in ("return-code", "stdout", "stderr")}
        assert own == {"return-code": 0, "stdout": "hello\n", "stderr": "oops\n"}


@pytest.mark.parametrize(
    "params, reason",
    [
        ({}, "name property is missing and required"),
        ({"name": 3}, "must be of type string"),
        ({"name": "x", "count": True}, "must be of type integer"),
        ({"name": "x", "mode": "c"}, "must match one of the enum values"),
    ],
)
def test_parameters_that_do_not_fit(juju, folder, params, reason):
    action = deploy(juju, folder, "touch ran").run_action("web/0", "go", params)
    assert action["status"] == "failed"
    assert action["message"].startswith('cannot run "go" action: ')
    assert reason in action["message"]
    assert juju.runs("web/0") == []


def test_unknown_parameters(each, folder):
    deploy(each, folder, "true")
    strict = each.model()["profile"] == "4.0"
    free = each.run_action("web/0", "free", {"more": 1})
    assert free["status"] == ("failed" if strict else "completed")
    assert each.run_action("web/0", "strict", {"more": 1})["status"] == "failed"


def test_an_action_that_is_not_defined(juju, folder):
    action = deploy(juju, folder, "true").run_action("web/0", "nosuch")
    assert action["message"] == 'cannot run "nosuch" action: not defined'


def test_an_action_without_a_script(juju, folder):
    action = deploy(juju, folder, "true").run_action("web/0", "missing")
    assert action["message"] == 'action not implemented on unit "web/0"'


def test_failure_by_exit_code_keeps_no_changes(juju, folder):
    action = deploy(juju, folder, "action-set a=1; open-port 80; exit 5").run_action(
        "web/0", "free"
    )
    assert (action["status"], action["message"]) == ("failed", "exit status 5")
    assert action["results"] == {"a": "1", "return-code": 5}
    assert juju.unit("web/0")["open-ports"] == []
    assert juju.unit("web/0")["error"] == ""


def test_action_fail_goes_on_and_keeps_changes(juju, folder):
    script = "action-fail 'the reason'; open-port 80; action-set after=yes"
    action = deploy(juju, folder, script).run_action("web/0", "free")
    assert (action["status"], action["message"]) == ("failed", "the reason")
    assert action["results"]["after"] == "yes"
    assert juju.unit("web/0")["open-ports"] == ["80/tcp"]


def test_changes_that_are_refused(juju, folder):
    action = deploy(juju, folder, "open-port --endpoints nosuch 80").run_action("web/0", "free")
    assert action["message"] == "committing requested changes failed"


def test_output_that_is_not_text(juju, folder):
    action = deploy(juju, folder, "printf '\\377'").run_action("web/0", "free")
    assert base64.b64decode(action["results"]["stdout"]) == b"\xff"
    assert action["results"]["stdout-encoding"] == "base64"


def test_dispatch_gets_actions_too(juju, folder):
    script = "[[ $JUJU_DISPATCH_PATH != actions/* ]] || action-set path=$JUJU_DISPATCH_PATH"
    juju.deploy(build(f"{folder}/web", dispatch=script, action_schemas=SCHEMAS))
    action = juju.run_action("web/0", "free")
    assert action["results"]["path"] == "actions/free"
