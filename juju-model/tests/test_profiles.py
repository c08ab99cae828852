"""What differs between Juju 2.9, 3.6 and 4.0."""

from __future__ import annotations

import json
import os
import shutil
import tempfile

import pytest
from juju_model.client import Juju
from juju_model.state.profiles import PROFILES

from .charm import PEERS, PROXY, WEBSITE, build

ALWAYS = {
    "APT_LISTCHANGES_FRONTEND", "CHARM_DIR", "CLOUD_API_VERSION", "DEBIAN_FRONTEND",
    "JUJU_AGENT_SOCKET_ADDRESS", "JUJU_AGENT_SOCKET_NETWORK", "JUJU_API_ADDRESSES",
    "JUJU_AVAILABILITY_ZONE", "JUJU_CHARM_DIR", "JUJU_CHARM_FTP_PROXY", "JUJU_CHARM_HTTPS_PROXY",
    "JUJU_CHARM_HTTP_PROXY", "JUJU_CHARM_NO_PROXY", "JUJU_CONTEXT_ID", "JUJU_DISPATCH_PATH",
    "JUJU_HOOK_NAME", "JUJU_MACHINE_ID", "JUJU_MODEL_NAME", "JUJU_MODEL_UUID",
    "JUJU_PRINCIPAL_UNIT", "JUJU_UNIT_NAME", "JUJU_VERSION", "LANG", "NO_PROXY", "PATH", "TERM",
    "no_proxy",
}  # fmt: skip
OWN = {
    "2.9": {"JUJU_SLA", "JUJU_METER_STATUS", "JUJU_METER_INFO"},
    "3.6": {"JUJU_SLA"},
    "4.0": {f"JUJU_CHARM_TRACE_CONFIG_{name}" for name in ("HTTP", "GRPC", "CA_CERT")},
}


def profile(juju):
    return juju.model()["profile"]


def ask(juju, script, unit="web/0"):
    done = juju.exec(unit, script)
    return done["rc"], done["stdout"], done["stderr"]


def test_hook_environment(each, folder):
    charm = build(f"{folder}/web")
    with open(f"{charm}/dispatch", "w") as target:
        target.write(
            "#!/usr/bin/python3\nimport json, os\n"
            "json.dump(dict(os.environ), open('env.json', 'w'))\n"
        )
    os.chmod(f"{charm}/dispatch", 0o755)
    each.deploy(charm)
    with open(os.path.join(each.paths.charm("web/0"), "env.json")) as source:
        environment = json.load(source)
    environment.pop("LC_CTYPE", None)
    assert set(environment) == ALWAYS | OWN[profile(each)]
    assert environment["JUJU_VERSION"] == PROFILES[profile(each)].version
    assert environment["JUJU_DISPATCH_PATH"] == "hooks/start"
    assert environment["PATH"].split(":")[0] == each.paths.tools("web/0")
    assert environment["TERM"] == "tmux-256color"


def test_proxies(juju, folder):
    juju.model_config({"juju-http-proxy": "http://j", "https-proxy": "http://l"})
    juju.deploy(build(f"{folder}/web"))
    _, out, _ = ask(juju, "env")
    lines = out.splitlines()
    assert "JUJU_CHARM_HTTP_PROXY=http://j" in lines
    assert "https_proxy=http://l" in lines and "HTTPS_PROXY=http://l" in lines
    assert not [line for line in lines if line.startswith("http_proxy=")]


def test_tools_present(each, folder):
    each.deploy(build(f"{folder}/web"))
    present = set(os.listdir(each.paths.tools("web/0")))
    assert present == PROFILES[profile(each)].tools
    assert ("leader-get" in present) == (profile(each) != "4.0")
    assert ("secret-get" in present) == (profile(each) != "2.9")


def test_a_tool_of_another_release(start, folder):
    juju = start("4.0")
    juju.deploy(build(f"{folder}/web"))
    client = os.path.join(juju.paths.tools("web/0"), "config-get")
    rc, _, err = ask(juju, f"ln -s {client} leader-get; ./leader-get")
    assert (rc, err) == (1, "ERROR bad request: unknown command: leader-get\n")


def test_pending_ports(each, folder):
    each.deploy(build(f"{folder}/web"))
    _, out, _ = ask(each, "open-port 80; opened-ports")
    assert out == ("" if profile(each) == "2.9" else "80/tcp\n")
    assert ask(each, "opened-ports")[1] == "80/tcp\n"


def test_no_endpoint_named(each, folder):
    each.deploy(build(f"{folder}/web"))
    word = "relation" if profile(each) == "2.9" else "endpoint"
    assert ask(each, "relation-ids")[2] == f"ERROR no {word} name specified\n"


def related(juju, folder):
    juju.deploy(build(f"{folder}/web", **WEBSITE, **PEERS), units=2)
    juju.deploy(build(f"{folder}/proxy", name="proxy", **PROXY))
    juju.integrate("web", "proxy")
    return juju


def test_application_where_a_unit_is_expected(each, folder):
    related(each, folder)
    ask(each, "relation-set --app -r $(relation-ids backend) k=v", "proxy/0")
    rc, out, err = ask(each, "relation-get -r $(relation-ids website) k proxy")
    if profile(each) == "2.9":
        assert (rc, out) == (0, "v\n")
    else:
        assert (rc, err) == (2, 'ERROR expected unit name, got application name "proxy"\n')


def test_what_juju_writes_into_relation_data(each, folder):
    related(each, folder)
    keys = {"ingress-address", "egress-subnets"}
    keys |= {"private-address"} if profile(each) != "4.0" else set()
    settings = next(r["units"]["web/0"]["settings"] for r in each.model()["relations"].values())
    assert set(settings) == keys


def test_network_without_addresses(each, folder):
    each.deploy(build(f"{folder}/web", **WEBSITE))
    each.set_addresses("web/0", private="")
    _, _, err = ask(each, "network-get website --ingress-address")
    kind = "ingress address" if profile(each) == "4.0" else "addresses"
    assert err == f'ERROR no {kind} attached to space for binding "website"\n'


def test_relation_data_of_others(juju, folder):
    related(juju, folder)
    rid = "$(relation-ids website)"
    peer = "$(relation-ids cluster)"
    unknown = (
        'ERROR cannot read settings for unit "proxy/9" in relation "proxy:backend '
        'web:website": unit "proxy/9": settings not found\n'
    )
    assert ask(juju, f"relation-get -r {rid} - proxy/9")[2] == unknown
    assert ask(juju, f"relation-get -r {rid} - other/0")[2] == "ERROR permission denied\n"
    assert ask(juju, f"relation-get -r {rid} --app - web", "web/1")[0] == 1
    assert ask(juju, f"relation-get -r {peer} --app - web", "web/1")[:2] == (0, "{}\n")
    assert ask(juju, f"relation-set -r {peer} --app a=1", "web/1")[2] == (
        "ERROR cannot write relation settings\n"
    )
    _, out, _ = ask(juju, f"relation-list -r {peer}; relation-list -r {peer} --app")
    assert out == "web/1\nweb\n"


def test_a_relation_that_is_breaking_is_not_listed(juju, folder):
    script = '[[ $JUJU_HOOK_NAME != *-broken ]] || juju-log "ids [$(relation-ids website)]"'
    juju.deploy(build(f"{folder}/web", dispatch=script, **WEBSITE))
    juju.deploy(build(f"{folder}/proxy", name="proxy", **PROXY))
    juju.integrate("web", "proxy")
    juju.remove_relation("web", "proxy")
    assert "website:0: ids []" in [entry["message"] for entry in juju.log("web/0")]


def test_application_status_is_what_the_leader_has_set(juju, folder):
    juju.deploy(build(f"{folder}/web"))
    ask(juju, "status-set waiting; status-set --application active 'all ok'")
    _, out, _ = ask(juju, "status-get --application --include-data --format=json")
    assert json.loads(out)["application-status"] == {
        "status": "active",
        "message": "all ok",
        "status-data": {},
        "units": {"web/0": {"status": "waiting", "message": "", "status-data": {}}},
    }
    assert ask(juju, "status-get --application")[1] == "active\n"


def test_goal_state(juju, folder):
    related(juju, folder)
    rc, out, _ = ask(juju, "goal-state --format=json")
    goal = json.loads(out)
    assert set(goal["units"]) == {"web/0", "web/1"}
    assert goal["relations"]["website"]["proxy"]["status"] == "joined"
    assert set(goal["relations"]["website"]) == {"proxy", "proxy/0"}


@pytest.mark.parametrize("name", sorted(PROFILES["3.6"].tools))
def test_help(help_of, name):
    rc, out, err = help_of(name)
    assert rc == 0 and err == ""
    assert out.startswith(f"Usage: {name}")
    assert "\n\nSummary:\n" in out
    if name == "relation-set":
        assert "--file" in out


@pytest.fixture(scope="module")
def help_of():
    root = tempfile.mkdtemp(prefix="j-")
    juju = Juju(root, timeout=60)
    juju.bootstrap()
    juju.deploy(build(f"{root}/web"))
    yield lambda name: ask(juju, f"{name} --help")
    juju.kill_controller()
    shutil.rmtree(root)


def test_ports_of_other_units_are_in_the_way(juju, folder):
    juju.deploy(build(f"{folder}/web"), units=2)
    ask(juju, "open-port 80-90")
    assert ask(juju, "open-port 85", "web/1")[2] == (
        'ERROR cannot open 85/tcp (unit "web/1"): port range conflicts with 80-90/tcp '
        '(unit "web/0")\n'
    )
    _, _, err = ask(juju, "open-port 100-110; open-port 105", "web/1")
    assert err.endswith('with 100-110/tcp (unit "web/1") requested earlier\n')
