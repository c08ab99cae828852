"""Where secrets surprise a charm: half a flush, lost hooks, pinned owners, labels, lost leaders."""

from __future__ import annotations

import os

import pytest
from juju_model.client import JujuError

from .charm import PEERS, PROXY, WEBSITE, build

PUBLISH = """
[ "$JUJU_HOOK_NAME" = update-status ] || exit 0
secret-info-get --label tls || secret-add --label tls token=abc
relation-set --app -r $(relation-ids cluster) ledger=new
"""


def deploy(juju, folder, script="exit 0", units=2, **more):
    juju.deploy(build(f"{folder}/web", dispatch=script, **PEERS, **WEBSITE), units=units, **more)
    return juju


def ask(juju, script, unit="web/0"):
    done = juju.exec(unit, script)
    juju.settle()
    assert done["stderr"] == "", done
    return done["stdout"].strip()


def refusal(juju, script, unit="web/0"):
    done = juju.exec(unit, script)
    assert done["rc"] == 1, done
    return done["stderr"].strip().removeprefix("ERROR ")


def ledger(juju):
    relations = juju.model()["relations"].values()
    (peers,) = (relation for relation in relations if list(relation["endpoints"]) == ["web"])
    return peers["apps"].get("web", {"settings": {}})["settings"].get("ledger")


def labels(juju):
    return [secret["label"] for secret in juju.model()["secrets"].values()]


@pytest.fixture(params=["3.1", "3.6"])
def three(request, start, folder):
    """A release whose flush is two transactions."""
    return deploy(start(request.param), folder, PUBLISH)


def test_half_a_flush_keeps_the_secrets_alone(three):
    three.plant_fault("web/0", "flush:after-secrets")
    three.model_config({"automatically-retry-hooks": "false"})
    with pytest.raises(JujuError, match="planted fault flush:after-secrets"):
        three.hook("web/0", "update-status")
    assert (labels(three), ledger(three)) == (["tls"], None)
    three.resolved("web/0")
    assert (labels(three), ledger(three)) == (["tls"], "new")


@pytest.mark.parametrize("point, kept", [("before", []), ("after-secrets", ["tls"])])
def test_a_leader_whose_machine_dies_in_a_flush(start, folder, until, point, kept):
    juju = start("3.6", lease_scale=1 / 120)
    deploy(juju, folder, PUBLISH, to=["0", "new"])
    juju.plant_fault("web/0", f"flush:{point}", then="kill")
    juju.hook("web/0", "update-status")
    until(lambda: juju.model()["applications"]["web"]["leader"] == "web/1")
    assert (labels(juju), ledger(juju)) == (kept, None)
    juju.hook("web/1", "update-status")
    assert (labels(juju), ledger(juju)) == (["tls"], "new")


def test_a_leader_whose_machine_dies_after_the_flush_has_lost_nothing(start, folder):
    juju = deploy(start("3.6"), folder, PUBLISH, to=["0", "new"])
    juju.plant_fault("web/0", "flush:after", then="kill")
    juju.hook("web/0", "update-status")
    assert (labels(juju), ledger(juju)) == (["tls"], "new")
    before = len(juju.hooks("web/0"))
    juju.start_agent("0")
    assert juju.hooks("web/0")[before:] == ["start"]


def test_the_flush_of_4_0_is_one_transaction(start, folder):
    juju = deploy(start("4.0"), folder, PUBLISH)
    juju.plant_fault("web/0", "flush:after-secrets")
    juju.hook("web/0", "update-status")
    assert (labels(juju), ledger(juju)) == (["tls"], "new")


@pytest.mark.parametrize("profile", ["3.1", "3.6", "4.0"])
def test_secrets_of_a_leader_that_is_deposed_in_its_hook_are_refused(
    start, folder, until, profile
):
    wait = f"\ntouch {folder}/began; while [ ! -e {folder}/go ]; do sleep 0.02; done"
    juju = deploy(start(profile), folder, PUBLISH + wait, to=["0", "new"])
    juju.model_config({"automatically-retry-hooks": "false"})
    juju.hook("web/0", "update-status", wait=False)
    until(lambda: os.path.exists(f"{folder}/began"))
    juju.leader("web", "web/1", wait=False)
    open(f"{folder}/go", "w").close()
    with pytest.raises(JujuError, match="this unit is not the leader"):
        juju.settle()
    assert (labels(juju), ledger(juju)) == ([], None)


@pytest.mark.parametrize("profile", ["3.6", "4.0"])
def test_a_revision_that_comes_while_the_agent_is_down_is_not_told(start, folder, profile):
    juju = deploy(start(profile), folder, to=["0", "new"])
    uri = ask(juju, "secret-add token=v1")
    ask(juju, f"secret-get {uri}", "web/1")

    def told():
        return juju.hooks("web/1").count("secret-changed")

    def change_while_down(number):
        juju.stop_agent("1")
        ask(juju, f"secret-set {uri} token=v{number}")
        juju.start_agent("1")

    change_while_down(2)
    assert told() == 1, "the first change is told: the agent knew nothing of the secret yet"
    ask(juju, f"secret-get {uri} --refresh", "web/1")
    change_while_down(3)
    assert told() == 1
    assert ask(juju, f"secret-get {uri} token", "web/1") == "v2"
    assert ask(juju, f"secret-get {uri} token --refresh", "web/1") == "v3"
    ask(juju, f"secret-set {uri} token=v4")
    assert told() == 2


def test_before_3_1_7_owners_and_peers_read_the_newest(start, folder):
    juju = deploy(start("3.1"), folder)
    uri = ask(juju, "secret-add token=v1")
    for unit in ("web/0", "web/1"):
        assert ask(juju, f"secret-get {uri} token", unit) == "v1"
    ask(juju, f"secret-set {uri} token=v2")
    for unit in ("web/0", "web/1"):
        assert ask(juju, f"secret-get {uri} token", unit) == "v2"
        assert ask(juju, f"secret-get {uri} token --peek", unit) == "v2"
        assert refusal(juju, f"secret-get {uri} --refresh", unit) == (
            "secret owner cannot use --refresh"
        )
    assert "secret-changed" not in juju.hooks("web/1")


@pytest.mark.parametrize("profile", ["3.6", "4.0"])
def test_owners_and_peers_are_pinned(start, folder, profile):
    juju = deploy(start(profile), folder)
    uri = ask(juju, "secret-add token=v1")
    for unit in ("web/0", "web/1"):
        ask(juju, f"secret-get {uri}", unit)
    ask(juju, f"secret-set {uri} token=v2")
    for unit in ("web/0", "web/1"):
        assert ask(juju, f"secret-get {uri} token", unit) == "v1"
        assert ask(juju, f"secret-get {uri} token --refresh", unit) == "v2"


def test_a_readers_label_takes_the_name_from_its_leader(start, folder):
    juju = deploy(start("3.6"), folder)
    one, two = ask(juju, "secret-add token=v1; secret-add token=v2").split()
    ask(juju, f"secret-get {one} --label mine", "web/1")
    taken = 'secret with label "mine" already exists'
    assert refusal(juju, "secret-add --label mine token=v3") == taken
    assert taken in refusal(juju, f"secret-set {two} --label mine")
    assert refusal(juju, f"secret-get {two} --label mine", "web/1") == taken


def test_a_leaders_label_is_taken_for_its_readers(start, folder):
    juju = deploy(start("3.6"), folder)
    uri = ask(juju, "secret-add --label mine token=v1")
    taken = 'secret with label "mine" already exists'
    assert refusal(juju, f"secret-get {uri} --label mine", "web/1") == taken
    assert ask(juju, f"secret-get {uri} token", "web/1") == "v1"
    assert ask(juju, f"secret-get {uri} --label mine token") == "v1"


def test_other_applications_have_labels_of_their_own(start, folder):
    juju = deploy(start("3.6"), folder, units=1)
    juju.deploy(build(f"{folder}/proxy", name="proxy", **PROXY))
    juju.integrate("web", "proxy")
    uri = ask(juju, "secret-add --label mine token=v1")
    ask(juju, f"secret-grant {uri} -r $(relation-ids website)")
    assert ask(juju, f"secret-get {uri} --label mine token", "proxy/0") == "v1"


def test_before_3_3_readers_and_owners_have_labels_of_their_own(start, folder):
    juju = deploy(start("3.1"), folder)
    uri = ask(juju, "secret-add --label mine token=v1")
    assert ask(juju, f"secret-get {uri} --label mine token", "web/1") == "v1"
