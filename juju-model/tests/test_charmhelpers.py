"""charmhelpers, unchanged, against the hook tools of each profile."""

from __future__ import annotations

import json
import os
import sys

import pytest
from juju_model.state.profiles import PROFILES

from .charm import PEERS, PROXY, WEBSITE, build

HERE = os.path.dirname(os.path.abspath(__file__))
CALLS = os.path.join(HERE, "charmhelpers_calls.py")
# charmhelpers 1.2.1 refuses to be imported on Debian: the hook sees another os-release, in a
# mount namespace of its own, and the files of this machine's agent in their usual place
WRAPPER = """
printf 'NAME="Ubuntu"\\nID=ubuntu\\nVERSION_ID="22.04"\\n' > os-release
exec unshare --mount sh -c \
    'mount --bind os-release /etc/os-release && mount --bind {lib} /var/lib && exec "$0" "$@"' \
    {python} -W ignore {calls} {kind} {kind}.json
"""


def charm(folder, lib):
    """A charm whose update-status and action call charmhelpers."""
    words = {"python": sys.executable, "calls": CALLS, "lib": lib}
    path = build(
        f"{folder}/web",
        hooks={"update-status": WRAPPER.format(kind="hook", **words)},
        actions={"try": WRAPPER.format(kind="action", **words)},
        action_schemas={"try": {"params": {"a": {"type": "string", "default": "x"}}}},
        options={"port": {"type": "int", "default": 80}, "unset": {"type": "string"}},
        resources={"tool": {"type": "file", "filename": "tool"}},
        storage={"data": {"type": "filesystem", "location": "/srv/data"}},
        **WEBSITE,
        **PEERS,
    )
    with open(f"{path}/tool", "w") as target:
        target.write("a resource\n")
    return path


def results(juju, kind):
    with open(os.path.join(juju.paths.charm("web/0"), f"{kind}.json")) as source:
        return json.load(source)


@pytest.mark.world
@pytest.mark.slow
def test_all_of_hookenv_unitdata_and_leadership(each, folder):
    path = charm(folder, each.paths.at("/var/lib"))
    each.deploy(path, units=2, resources={"tool": f"{path}/tool"})
    each.deploy(build(f"{folder}/proxy", name="proxy", **PROXY))
    each.integrate("web", "proxy")
    each.exec("proxy/0", "relation-set -r $(relation-ids backend) seen=yes")
    each.settle()
    each.hook("web/0", "update-status")
    check_hook(each, results(each, "hook"))
    action = each.run_action("web/0", "try")
    check_action(action, results(each, "action"))


def check_hook(juju, got):
    profile = juju.model()["profile"]
    expected = {
        "local_unit": "web/0", "application_name": "web", "service_name": "web",
        "hook_name": "update-status", "charm_name": "web", "model_name": "default",
        "juju_version": f"{PROFILES[profile].version}-ubuntu-amd64", "has_juju_version": True,
        "in_relation_hook": False, "remote_unit": None, "is_subordinate": False,
        "unit_public_ip": "127.0.0.1", "unit_private_ip": "127.0.0.1", "unit_get": "127.0.0.1",
        "config": {"port": 80, "unset": None}, "config port": 80,
        "status_get": ["active", "all is well"], "storage_list": ["data/0"],
        "storage_get": {"kind": "filesystem", "location": "/srv/data"},
        "opened_ports": [] if profile == "2.9" else ["8081-8083/udp"],
        "relation_ids": ["website:1"], "peer_relation_id": "cluster:0",
        "expected_peer_units": ["web/1"], "expected_related_units": ["proxy/0"],
        "related_units": ["proxy/0"], "relation_get": "yes", "is_relation_made": True,
        "relation_to_interface": "http", "remote_service_name": "proxy",
        "relation_to_role_and_interface": ["provides", "http"],
        "role_and_interface_to_relations": ["website"], "interface_to_relations": ["website"],
        "network_get_primary_address": "127.0.0.1", "ingress_address": "127.0.0.1",
        "egress_subnets": ["127.0.0.1/32"], "unit_doomed": False,
        "iter_units_for_relation_name": [["website:1", "proxy/0"]],
        "is_leader": True, "unitdata": [{"a": 1}, {"one": 1}], "unitdata env": "web/0",
        "unitdata unset": None, "Hooks": True,
        "resource_get": os.path.join(juju.paths.agent("web/0"), "resources/tool/tool"),
    }  # fmt: skip
    assert {key: got[key] for key in expected} == expected
    assert got["own settings"]["b"] == "two words"
    assert not {"a", "b"} & set(got["cleared settings"])
    assert got["network_get"]["ingress-addresses"] == ["127.0.0.1"]
    assert got["goal_state"]["relations"]["website"]["proxy"]["status"] == "joined"
    check_leadership(juju, profile, got)
    assert "a line" in [entry["message"] for entry in juju.log("web/0", level="WARNING")]
    assert juju.unit("web/0")["open-ports"] == ["8081-8083/udp"]
    assert juju.status()["applications"]["web"]["version"] == "1.2"


def check_leadership(juju, profile, got):
    """leader-get and -set are gone from 4.0, and charmhelpers says so."""
    if profile == "4.0":
        assert {got[name]["raised"] for name in ("leader_set", "leader_get")} == {
            "NotImplementedError",
            "FileNotFoundError",
        } or got["leader_get"]["raised"] in ("NotImplementedError", "FileNotFoundError")
        return
    assert got["leader_get"] == "value"
    assert got["leader_get key"] == {"key": "value"}
    assert juju.hooks("web/1") == []


def check_action(action, got):
    assert got["action_get"] == got["function_get"] == {"a": "x"}
    assert got["action_name"] == got["function_name"] == "try"
    assert got["action_uuid"] == got["function_id"] == action["id"]
    assert action["results"]["result"] == "1"
    assert action["results"]["other"] == {"deep": "2"}
    assert got["function_log"] is None  # Juju has no function-log: charmhelpers writes to stderr
    assert (action["status"], action["message"]) == ("failed", "on purpose again")
