"""Run in a hook: each function of charmhelpers that asks Juju something, once, for real.

Usage: charmhelpers_calls.py PROFILE OUTPUT. Writes what each call returned as JSON; a call that
raises is written as {"raised": class name}.
"""

import json
import sys

from charmhelpers.core import hookenv, unitdata

RESULTS = {}


def call(name, *arguments, **named):
    """Call one function of hookenv and keep what it returns."""
    try:
        RESULTS[name] = getattr(hookenv, name)(*arguments, **named)
    except Exception as error:
        RESULTS[name] = {"raised": type(error).__name__, "text": str(error)}


def identity():
    """Who and where the unit is."""
    for name in [
        "local_unit",
        "application_name",
        "service_name",
        "model_name",
        "model_uuid",
        "principal_unit",
        "hook_name",
        "charm_dir",
        "charm_name",
        "metadata",
        "juju_version",
        "is_subordinate",
        "in_relation_hook",
        "relation_type",
        "relation_id",
        "departing_unit",
        "remote_unit",
        "env_proxy_settings",
        "meter_status",
        "meter_info",
        "execution_environment",
        "unit_public_ip",
        "unit_private_ip",
    ]:
        call(name)
    call("has_juju_version", "2.9")
    call("unit_get", "private-address")
    call("cmd_exists", "config-get")


def settings():
    """Configuration, status, log, ports, version, resource, storage."""
    RESULTS["config"] = dict(hookenv.config())
    RESULTS["config port"] = hookenv.config("port")
    call("log", "a line", level="WARNING")
    call("function_log", "not in a function")
    call("status_set", "active", "all is well")
    hookenv.flush("status-get")
    call("status_get")
    call("open_port", 8080)
    call("open_ports", 8081, 8083, "UDP")
    call("close_port", 8080)
    call("close_ports", 1, 2)
    call("opened_ports")
    call("application_version_set", "1.2")
    call("resource_get", "tool")
    call("storage_list")
    call("storage_get", storage_id="data/0")


def relations():
    """Relations: listing, reading, writing."""
    for name in [
        "relation_types",
        "relations",
        "relation_ids",
        "expected_peer_units",
        "peer_relation_id",
    ]:
        arguments = ["website"] if name == "relation_ids" else []
        call(name, *arguments)
    RESULTS["expected_peer_units"] = sorted(hookenv.expected_peer_units())
    RESULTS["expected_related_units"] = sorted(hookenv.expected_related_units("website"))
    (rid,) = hookenv.relation_ids("website")
    call("related_units", rid)
    call("relation_set", rid, {"a": "1", "b": "two words"})
    RESULTS["own settings"] = hookenv.relation_get(rid=rid, unit=hookenv.local_unit())
    call("relation_set", rid, app=True, relation_settings={"shared": "yes"})
    call("relation_get", "seen", "proxy/0", rid)
    call("relation_for_unit", "proxy/0", rid)
    call("relations_for_id", rid)
    call("relations_of_type", "website")
    call("relation_to_interface", "website")
    call("relation_to_role_and_interface", "website")
    call("role_and_interface_to_relations", "provides", "http")
    call("interface_to_relations", "http")
    call("is_relation_made", "website", "seen")
    call("remote_service_name", rid)
    call("network_get", "website", rid)
    call("network_get_primary_address", "website")
    call("ingress_address", rid, hookenv.local_unit())
    call("egress_subnets", rid, hookenv.local_unit())
    RESULTS["iter_units_for_relation_name"] = [
        [unit.rid, unit.unit] for unit in hookenv.iter_units_for_relation_name("website")
    ]
    call("unit_doomed", "web/1")
    call("goal_state")
    call("relation_clear", rid)
    RESULTS["cleared settings"] = hookenv.relation_get(rid=rid, unit=hookenv.local_unit())


def leadership():
    """Leadership, and what is not there outside an action."""
    call("is_leader")
    call("leader_set", {"key": "value"}, gone=None)
    call("leader_get")
    RESULTS["leader_get key"] = RESULTS["leader_get"]
    call("leader_get", "key")
    call("action_name")
    call("action_get")
    call("add_metric", "a=1")


def unit_data():
    """The unit's own database, its history and its transactions."""
    database = unitdata.kv()
    with unitdata.HookData()():
        database.set("seen", {"a": 1})
        database.update({"one": 1}, prefix="many.")
        database.flush()
    RESULTS["unitdata"] = [database.get("seen"), database.getrange("many.", strip=True)]
    RESULTS["unitdata env"] = unitdata.HookData().kv.get("env")["JUJU_UNIT_NAME"]
    database.unset("seen")
    RESULTS["unitdata unset"] = database.get("seen")
    database.flush()


def in_action():
    """The functions that work in an action alone."""
    for name in (
        "action_get",
        "action_name",
        "action_uuid",
        "action_tag",
        "function_get",
        "function_name",
        "function_id",
        "function_tag",
    ):
        call(name)
    call("action_set", {"result": "1"})
    call("function_set", {"other.deep": "2"})
    call("function_log", "progress")
    call("action_fail", "on purpose")
    call("function_fail", "on purpose again")


def main(kind, output):
    """All of it."""
    if kind == "action":
        in_action()
    else:
        for part in (identity, settings, relations, leadership, unit_data):
            part()
        hooks = hookenv.Hooks()
        hooks.hook("update-status")(lambda: RESULTS.update({"Hooks": True}))
        hooks.execute(["hooks/update-status"])
    with open(output, "w") as target:
        json.dump(RESULTS, target, default=str)


main(*sys.argv[1:])
