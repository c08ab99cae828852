"""Tools that are there for the sake of a few charms: payloads, pods, metrics."""

from __future__ import annotations

import pytest
from juju_model.client import JujuError
from juju_model.state.profiles import METRIC_TOOLS, PROFILES, WORKLOAD_TOOLS

from .charm import build, write_yaml

PAYLOADS = {"payloads": {"monitor": {"type": "docker"}}}
CALL = {"k8s-spec-set": "k8s-spec-set --file /dev/null", "pod-spec-set": "pod-spec-set </dev/null"}


@pytest.fixture(params=["2.9", "3.6"])
def old(request, start, folder):
    juju = start(request.param)
    juju.deploy(build(f"{folder}/web", **PAYLOADS))
    return juju


def ask(juju, script):
    done = juju.exec("web/0", script)
    return done["rc"], done["stdout"], done["stderr"]


def payloads(juju):
    return juju.model()["units"]["web/0"].get("payloads", {})


def test_which_release_has_them():
    assert PROFILES["2.9"].tools & PROFILES["3.6"].tools >= WORKLOAD_TOOLS
    assert not WORKLOAD_TOOLS & PROFILES["4.0"].tools
    assert [p for p in PROFILES if PROFILES[p].tools >= METRIC_TOOLS] == ["2.9"]


def test_a_payload_comes_changes_and_goes(old):
    assert ask(old, "payload-register docker monitor 0fcgaba label; exit 3") == (3, "", "")
    running = {"type": "docker", "labels": ["label"], "status": "running"}
    assert payloads(old) == {"monitor/0fcgaba": running}
    assert ask(old, "payload-status-set monitor 0fcgaba stopped") == (0, "", "")
    assert payloads(old)["monitor/0fcgaba"]["status"] == "stopped"
    assert ask(old, "payload-unregister monitor 0fcgaba") == (0, "", "")
    assert payloads(old) == {}


@pytest.mark.parametrize(
    "script, rc, reason",
    [
        ("payload-register docker monitor", 2, "missing required arguments"),
        ("payload-unregister monitor", 2, "missing required arguments"),
        ("payload-status-set monitor a", 2, "missing required arguments"),
        ("payload-register docker other a", 1, 'payload "other" not found in metadata.yaml'),
        ("payload-register kvm monitor a", 1, 'incorrect type "kvm" for payload "monitor"'),
        ("payload-status-set monitor a odd", 2, 'status "odd" not supported'),
        ("payload-status-set monitor a running", 1, "not found"),
    ],
)
def test_payloads_that_are_refused(old, script, rc, reason):
    got, out, err = ask(old, script)
    assert (got, out) == (rc, "")
    assert err.startswith("ERROR ") and reason in err


@pytest.mark.parametrize("name", sorted(n for n in WORKLOAD_TOOLS if "payload" not in n))
def test_a_machine_has_no_pods(old, name):
    rc, out, err = ask(old, CALL.get(name, name))
    assert (rc, out) == (1, "")
    assert err.startswith("ERROR ") and err.endswith("not supported\n")


@pytest.fixture
def metered(start, folder):
    """A charm that counts pings, with what its collect-metrics hook does in a file of its own."""
    juju = start("2.9")
    script = ". $CHARM_DIR/../collect"
    path = build(f"{folder}/web", hooks={"collect-metrics": script, "meter-status-changed": script})
    write_yaml(path, "metrics.yaml", {"metrics": {"pings": {"type": "gauge"}}})
    juju.model_config({"automatically-retry-hooks": "false"})
    juju.deploy(path)
    return juju


def collect(juju, script, hook="collect-metrics"):
    with open(juju.paths.agent("web/0") + "/collect", "w") as target:
        target.write(script)
    juju.hook("web/0", hook)


def said(juju):
    return [entry["message"] for entry in juju.log("web/0", level="WARNING")]


def test_metrics_are_kept_if_the_hook_ends_well(metered):
    collect(metered, "add-metric pings=5; add-metric pings=6.5")
    assert metered.model()["units"]["web/0"]["metrics"] == [{"pings": "5"}, {"pings": "6.5"}]
    with pytest.raises(JujuError, match="collect-metrics"):
        collect(metered, "add-metric pings=7; exit 1")
    assert len(metered.model()["units"]["web/0"]["metrics"]) == 2


@pytest.mark.parametrize(
    "words, reason",
    [
        ("", "no metrics specified"),
        ("pings", 'invalid metrics: expected "key=value", got "pings"'),
        ("other=1", 'metric "other" not defined'),
        ("pings=many", 'expected float, got "many"'),
    ],
)
def test_metrics_that_are_refused(metered, words, reason):
    collect(metered, f"add-metric {words} || true")
    assert any(reason in line for line in said(metered))


@pytest.mark.parametrize("hook", ["collect-metrics", "meter-status-changed"])
def test_these_hooks_may_call_next_to_nothing(metered, hook):
    collect(metered, "juju-log -l WARNING here; config-get || open-port 80 || true", hook)
    assert said(metered) == [
        "here",
        *["ERROR not implemented for restricted context not implemented"] * 2,
    ]
    assert metered.unit("web/0")["open-ports"] == []


def test_metrics_are_refused_elsewhere(metered):
    rc, _, err = ask(metered, "add-metric pings=1")
    assert rc == 1 and "metrics not allowed in this context" in err
    collect(metered, "add-metric pings=1 || true", "meter-status-changed")
    assert any("restricted context" in line for line in said(metered))
