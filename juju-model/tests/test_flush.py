"""What takes effect at once, what only at the end of a good hook, and what is seen in between."""

from __future__ import annotations

import os

import pytest
from juju_model.client import JujuError

from .charm import PEERS, build

FAIL = {"fail": {"type": "boolean", "default": False}}
ASK = """
open-port 8080
state-set a=1 b=
relation-set -r $(relation-ids cluster) key=value
relation-set --app -r $(relation-ids cluster) app=value
secret-add --owner unit token=abc > secret
status-set active "from the hook"
leader-set seen=yes
application-version-set 9.9
[ "$(config-get fail)" = False ]
"""


def deploy(juju, folder, script, **more):
    charm = build(f"{folder}/web", hooks={"update-status": script}, options=FAIL, **PEERS, **more)
    juju.deploy(charm)
    return juju


def bag(juju):
    (relation,) = juju.model()["relations"].values()
    return relation


def test_a_good_hook_keeps_all(juju, folder):
    deploy(juju, folder, ASK).hook("web/0", "update-status")
    unit = juju.model()["units"]["web/0"]
    assert unit["charm-state"] == {"a": "1", "b": ""}
    assert juju.unit("web/0")["open-ports"] == ["8080/tcp"]
    assert bag(juju)["units"]["web/0"]["settings"]["key"] == "value"
    assert bag(juju)["apps"]["web"]["settings"] == {"app": "value"}
    assert len(juju.model()["secrets"]) == 1


def test_a_failed_hook_keeps_nothing_but_what_is_immediate(juju, folder):
    deploy(juju, folder, ASK)
    juju.model_config({"automatically-retry-hooks": "false"})
    juju.config("web", {"fail": "true"})
    with pytest.raises(JujuError, match='hook failed: "update-status"'):
        juju.hook("web/0", "update-status")
    unit = juju.model()["units"]["web/0"]
    assert unit["charm-state"] == {}
    assert unit["ports"] == []
    assert "key" not in bag(juju)["units"]["web/0"]["settings"]
    assert bag(juju)["apps"] == {}
    assert juju.model()["secrets"] == {}
    assert unit["workload"]["message"] == "from the hook"
    application = juju.model()["applications"]["web"]
    assert application["leader-settings"] == {"seen": "yes"}
    assert application["version"] == "9.9"


def test_pending_changes_are_seen_within_the_hook(juju, folder):
    script = """
    rid=$(relation-ids cluster)
    open-port 81; [ "$(opened-ports)" = 81/tcp ]
    close-port 81; [ -z "$(opened-ports)" ]
    state-set a=1; [ "$(state-get a)" = 1 ]
    state-delete a; [ "$(state-get --format=json)" = null ]
    relation-set -r $rid k=v; [ "$(relation-get -r $rid k $JUJU_UNIT_NAME)" = v ]
    relation-set -r $rid k=; [ "$(relation-get -r $rid --format=json k $JUJU_UNIT_NAME)" = null ]
    id=$(secret-add --label l token=abc); [ "$(secret-get $id token)" = abc ]
    secret-set $id token=def; [ "$(secret-get --label l)" = "token: def" ]
    [ "secret:$(secret-ids)" = "$id" ]
    secret-remove $id; [ -z "$(secret-ids)" ]
    """
    deploy(juju, folder, script).hook("web/0", "update-status")


def test_configuration_is_the_same_for_the_whole_hook(juju, folder, until):
    script = "config-get fail; touch begun; while [ ! -e go ]; do sleep 0.02; done; config-get fail"
    deploy(juju, folder, script).hook("web/0", "update-status", wait=False)
    charm = juju.paths.charm("web/0")
    until(lambda: os.path.exists(f"{charm}/begun"))
    juju.config("web", {"fail": "true"}, wait=False)
    open(f"{charm}/go", "w").close()
    juju.settle()
    shown = [e["message"] for e in juju.log("web/0") if e["logger"].endswith(".update-status")]
    assert shown == ["False", "False"]


@pytest.mark.parametrize(
    "script, reason",
    [
        ("open-port --endpoints nosuch 80", 'endpoint "nosuch" not found'),
        (
            "for i in $(seq 40); do head -c 60000 /dev/zero | tr '\\0' x | "
            'sed "s/^/k$i: /" | state-set --file -; done',
            "max allowed state size exceeded",
        ),
    ],
)
def test_what_the_controller_refuses_fails_the_hook(juju, folder, script, reason):
    deploy(juju, folder, script)
    with pytest.raises(JujuError) as error:
        juju.hook("web/0", "update-status")
    assert reason in str(error.value)
    assert juju.model()["units"]["web/0"]["charm-state"] == {}


def test_a_tool_can_write_to_a_file(juju, folder):
    script = "config-get -o out.txt --format=json; cat out.txt"
    deploy(juju, folder, script).hook("web/0", "update-status")
    assert '{"fail":false}' in [entry["message"] for entry in juju.log("web/0")]


def test_the_same_settings_again_trigger_nothing(juju, folder):
    script = "relation-set -r $(relation-ids cluster) key=value"
    charm = build(
        f"{folder}/web", dispatch=f'[ "$JUJU_HOOK_NAME" != update-status ] || {script}', **PEERS
    )
    juju.deploy(charm, units=2)
    juju.hook("web/0", "update-status")
    assert juju.hooks("web/1")[-1] == "cluster-relation-changed"
    before = len(juju.hooks("web/1"))
    juju.hook("web/0", "update-status")
    assert len(juju.hooks("web/1")) == before
