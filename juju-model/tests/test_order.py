"""Which hooks run, and in what order."""

from __future__ import annotations

import shutil

from .charm import PEERS, PROXY, WEBSITE, build

ANY = "exit 0"
JOIN = ["website-relation-joined", "website-relation-changed"]


def deploy(juju, folder, name="web", units=1, **more):
    juju.deploy(build(f"{folder}/{name}", name=name, dispatch=ANY, **more), units=units)
    return juju


def since(juju, unit, before):
    return juju.hooks(unit)[before:]


def test_deploy(each, folder):
    deploy(each, folder, units=2, **PEERS)
    first = ["install", "cluster-relation-created", "leader-elected", "config-changed", "start"]
    told = ["leader-settings-changed"] if each.model()["profile"] != "4.0" else []
    second = [*first[:2], *told, *first[3:]]
    assert each.hooks("web/0")[:5] == first
    assert each.hooks("web/1")[: len(second)] == second
    assert each.hooks("web/0")[5:] == ["cluster-relation-joined", "cluster-relation-changed"]


def test_upgrade_keeps_what_the_unit_made(juju, folder):
    script = '[ "$JUJU_HOOK_NAME" != install ] || touch made'
    charm = build(f"{folder}/web", dispatch=script, options={"a": {"type": "string"}})
    open(f"{charm}/old-file", "w").close()
    juju.deploy(charm)
    before = len(juju.hooks("web/0"))
    shutil.rmtree(charm)
    build(charm, dispatch="test -e made && test ! -e old-file")
    juju.refresh("web", charm)
    assert since(juju, "web/0", before) == ["upgrade-charm", "config-changed"]


def test_config_changed_only_if_something_changed(juju, folder):
    deploy(juju, folder, options={"a": {"type": "int", "default": 1}})
    before = len(juju.hooks("web/0"))
    juju.config("web", {"a": "1"})
    assert since(juju, "web/0", before) == []
    juju.config("web", {"a": "2"})
    juju.config("web", reset=["a"])
    assert since(juju, "web/0", before) == ["config-changed"] * 2


def test_new_addresses_are_a_change_of_configuration(juju, folder):
    deploy(juju, folder, units=2, **PEERS)
    before = len(juju.hooks("web/0")), len(juju.hooks("web/1"))
    juju.set_addresses("web/0", private="10.1.2.3")
    assert since(juju, "web/0", before[0]) == ["config-changed"]
    assert since(juju, "web/1", before[1]) == ["cluster-relation-changed"]


def test_leadership_moves(juju, folder):
    deploy(juju, folder, units=2)
    before = len(juju.hooks("web/0")), len(juju.hooks("web/1"))
    juju.leader("web", "web/1")
    assert since(juju, "web/1", before[1]) == ["leader-elected"]
    assert "leader-elected" not in since(juju, "web/0", before[0])
    assert juju.exec("web/0", "is-leader")["stdout"] == "False\n"
    assert juju.exec("web/1", "is-leader")["stdout"] == "True\n"


def test_leader_settings_are_told_to_the_others(juju, folder):
    deploy(juju, folder, units=3)
    before = [len(juju.hooks(f"web/{number}")) for number in range(3)]
    juju.exec("web/0", "leader-set a=1")
    juju.settle()
    told = [since(juju, f"web/{number}", before[number]) for number in range(3)]
    assert told == [[], ["leader-settings-changed"], ["leader-settings-changed"]]
    juju.exec("web/0", "leader-set a=1")
    juju.settle()
    assert len(juju.hooks("web/1")) == before[1] + 1


def test_relation_comes_and_goes(juju, folder):
    deploy(juju, folder, **WEBSITE)
    deploy(juju, folder, "proxy", units=2, **PROXY)
    before = len(juju.hooks("web/0"))
    juju.integrate("web", "proxy")
    assert since(juju, "web/0", before) == ["website-relation-created", *JOIN, *JOIN]
    before = len(juju.hooks("web/0"))
    juju.exec("proxy/0", "relation-set -r $(relation-ids backend) a=1")
    juju.settle()
    assert since(juju, "web/0", before) == ["website-relation-changed"]
    juju.remove_relation("web", "proxy")
    departed = ["website-relation-departed"] * 2
    assert since(juju, "web/0", before)[1:] == [*departed, "website-relation-broken"]
    assert juju.model()["relations"] == {}


def test_application_data_is_a_change_without_a_unit(juju, folder):
    show = '[[ $JUJU_HOOK_NAME != *-changed ]] || juju-log "from [$JUJU_REMOTE_UNIT]"'
    juju.deploy(build(f"{folder}/web", dispatch=show, **WEBSITE))
    deploy(juju, folder, "proxy", **PROXY)
    juju.integrate("web:website", "proxy:backend")
    juju.exec("proxy/0", "relation-set --app -r $(relation-ids backend) a=1")
    juju.settle()
    said = [e["message"] for e in juju.log("web/0") if "from [" in e["message"]]
    assert said[-2:] == ["website:0: from [proxy/0]", "website:0: from []"]


def test_a_unit_goes(juju, folder):
    deploy(juju, folder, units=2, **PEERS)
    before = len(juju.hooks("web/1"))
    gone = len(juju.hooks("web/0"))
    juju.remove_unit("web/0")
    assert since(juju, "web/0", gone) == [
        "cluster-relation-departed",
        "cluster-relation-broken",
        "stop",
        "remove",
    ]
    assert sorted(since(juju, "web/1", before)) == ["cluster-relation-departed", "leader-elected"]
    assert list(juju.model()["units"]) == ["web/1"]


def test_an_application_goes(juju, folder):
    deploy(juju, folder, units=2, **PEERS, **WEBSITE)
    deploy(juju, folder, "proxy", **PROXY)
    juju.integrate("web", "proxy")
    juju.remove_application("web")
    assert juju.hooks("web/0")[-2:] == ["stop", "remove"]
    assert list(juju.model()["applications"]) == ["proxy"]
    assert juju.hooks("proxy/0")[-1] == "backend-relation-broken"
    assert juju.model()["relations"] == {}


def test_storage_is_attached_before_install(juju, folder):
    deploy(juju, folder, storage={"data": {"type": "filesystem"}})
    assert juju.hooks("web/0")[:2] == ["data-storage-attached", "install"]


def test_status_without_the_charm_saying_anything(juju, folder):
    deploy(juju, folder)
    assert juju.unit("web/0")["workload-status"]["current"] == "unknown"


def test_update_status_has_a_timer_if_wanted(start, folder, until):
    juju = start(update_status_interval=0.1)
    deploy(juju, folder)
    until(lambda: juju.hooks("web/0").count("update-status") >= 2)


def test_update_status_has_none_otherwise(juju, folder):
    deploy(juju, folder)
    juju.hook("web/0", "update-status")
    assert juju.hooks("web/0").count("update-status") == 1
