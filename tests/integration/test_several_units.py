"""Units of one application, each on a machine of its own: one order, and all of them serve it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from world.cluster import Cluster, open_cluster
from world.deaths import AFTERMATHS, die

NAME = "www.example.com"


@pytest.fixture(scope="module")
def pair() -> Iterator[Cluster]:
    """Two units with a certificate."""
    with open_cluster(2) as cluster:
        cluster.want(NAME, acme_challenge="stateless")
        yield cluster


def keys_of(cluster: Cluster) -> set[str]:
    """Parts of the private keys on all machines, as they would be seen anywhere."""
    found = set()
    for machine in cluster.machines.values():
        text = machine.world.run(["cat", f"/etc/letsencrypt/live/{NAME}/privkey.pem"]).stdout
        found |= {line for line in text.splitlines() if len(line) > 40}
    return found


def test_one_order_serves_all_units(pair: Cluster) -> None:
    assert pair.acme.counts().orders == 1
    assert len(set(pair.serials(NAME).values())) == 1
    assert [pair.status(unit) for unit in pair.machines] == [("active", "serving https")] * 2


def test_an_idle_hook_of_a_follower_asks_once_and_that_of_the_leader_nothing(pair: Cluster) -> None:
    own = [pair.tool_calls(unit) for unit in (pair.leader, pair.followers()[0])]
    print(own)
    asking = ("relation-get", "relation-ids", "goal-state", "is-leader", "secret-get")
    assert [[tool for tool in calls if tool in asking] for calls in own] == [[], ["relation-get"]]


def test_keys_are_in_secrets_and_files_for_root_alone(pair: Cluster) -> None:
    parts = keys_of(pair)
    model = pair.juju.model()
    seen = json.dumps([model["relations"], model["units"]]) + json.dumps(pair.juju.log())
    assert parts and not [part for part in parts if part in seen]
    for machine in pair.machines.values():
        words = ["find", "/var/lib/layer-lets-encrypt", "-path", "*shared/*"]
        assert machine.world.run(words).stdout == ""
        path = f"/etc/letsencrypt/live/{NAME}/privkey.pem"
        assert machine.world.run(["stat", "-L", "-c", "%a", path]).stdout == "600\n"


def test_a_follower_has_a_lineage_that_certbot_accepts(pair: Cluster) -> None:
    world = pair.machines[pair.followers()[0]].world
    said = world.run(["certbot", "certificates"]).stdout
    assert f"Certificate Name: {NAME}" in said and "INVALID" not in said


@pytest.mark.parametrize("damage", ["rm renewal/{}.conf", ": > live/{}/privkey.pem"])
def test_a_damaged_lineage_of_a_follower_comes_back_without_an_order(
    pair: Cluster, damage: str
) -> None:
    follower, before = pair.followers()[0], pair.acme.counts()
    world, serial = pair.machines[follower].world, pair.served(pair.leader, NAME).serial
    world.run(["sh", "-c", "cd /etc/letsencrypt && " + damage.format(NAME)])
    pair.juju.hook(follower, "update-status")
    said = world.run(["certbot", "certificates"]).stdout
    assert f"Certificate Name: {NAME}" in said and "INVALID" not in said
    assert pair.status(follower) == ("active", "serving https")
    assert pair.served(follower, NAME).serial == serial
    assert (pair.acme.counts() - before).orders == 0


def test_a_check_names_what_only_the_leader_could_answer(pair: Cluster) -> None:
    pair.juju.config("web", {"acme-challenge": "standalone"})
    done = pair.juju.run_action(pair.leader, "lets-encrypt-check")
    assert "standalone needs a name that leads to this unit alone" in done["message"]
    pair.juju.config("web", {"acme-challenge": "stateless"})


def test_a_renewal_reaches_all_units_in_two_hooks_each(pair: Cluster) -> None:
    before, hooks = pair.acme.counts(), pair.hooks()
    old = pair.serials(NAME)
    pair.juju.run_action(pair.leader, "lets-encrypt-renew", {"force": True})
    pair.settle()
    new = pair.serials(NAME)
    assert (pair.acme.counts() - before).orders == 1
    assert len(set(new.values())) == 1 and not set(new.values()) & set(old.values())
    ran = pair.hooks() - hooks
    print(dict(ran))
    # In the model secret-remove is counted, too: no program is there to be run for it.
    assert sum(ran.values()) <= 4


def test_a_followers_cron_orders_nothing(pair: Cluster) -> None:
    before, follower = pair.acme.counts(), pair.followers()[0]
    done = pair.juju.run_action(follower, "lets-encrypt-renew", {"force": True})
    assert (pair.acme.counts() - before).orders == 0
    assert done["status"] == "failed"
    assert done["message"] == f"{pair.leader} orders; run juju run web/leader lets-encrypt-renew"
    state = f"/var/lib/layer-lets-encrypt/{follower.replace('/', '-')}"
    assert (
        pair.machines[follower]
        .world.run(["test", "-e", f"{state}/renew-requested"], check=False)
        .returncode
    )


def test_the_action_tells_who_orders_and_who_answers(pair: Cluster) -> None:
    seen = {unit: pair.juju.run_action(unit, "lets-encrypt-certificates", {"format": "json"})
            for unit in (pair.leader, pair.followers()[0])}  # fmt: skip
    states = [json.loads(one["results"]["certificates"])[0] for one in seen.values()]
    assert [one["source"] for one in states] == ["this unit", f"the leader {pair.leader}"]
    assert [one["term"] for one in states] == [1, 1]
    assert [one["answers"] for one in states] == ["2/2", None]


def test_the_account_travels_with_the_leadership(pair: Cluster) -> None:
    before, heir = pair.acme.counts(), pair.followers()[0]
    pair.juju.leader("web", heir)
    pair.juju.hook(heir, "update-status")
    pair.juju.run_action(heir, "lets-encrypt-renew", {"force": True})
    pair.settle()
    spent = pair.acme.counts() - before
    assert (spent.orders, spent.accounts_created) == (1, 0)
    assert len(set(pair.serials(NAME).values())) == 1


def test_a_secret_that_somebody_removed_is_published_again(pair: Cluster) -> None:
    secrets = pair.juju.model()["secrets"]
    (gone,) = [uri for uri, one in secrets.items() if one["label"] == f"lets-encrypt:{NAME}"]
    pair.juju.exec(pair.leader, f"secret-remove secret:{gone}")
    before = pair.acme.counts()
    pair.juju.run_action(pair.leader, "lets-encrypt-renew")
    pair.settle()
    assert (pair.acme.counts() - before).orders == 0
    labels = [one["label"] for one in pair.juju.model()["secrets"].values()]
    assert f"lets-encrypt:{NAME}" in labels


def test_the_only_unit_is_replaced_without_an_order() -> None:
    with open_cluster(1) as cluster:
        cluster.want(NAME, acme_challenge="stateless")
        (first,) = cluster.machines
        old = cluster.served(first, NAME).serial
        hooks = cluster.hooks()
        cluster.juju.run_action(first, "lets-encrypt-renew", {"force": True})
        cluster.settle()
        assert not cluster.hooks() - hooks, "a unit that is alone has no hooks for this"
        renewed = cluster.served(first, NAME).serial
        assert renewed != old
        cluster.juju.remove_unit(first)
        cluster.kill(first)
        second = cluster.add_unit()
        cluster.juju.hook(second, "update-status")
        assert cluster.served(second, NAME).serial == renewed
        assert cluster.acme.counts().orders == 2


@pytest.mark.slow
@pytest.mark.parametrize("aftermath", AFTERMATHS)
@pytest.mark.parametrize(
    "moment", ["the CA has issued", "the secret is flushed, the ledger is not"]
)
def test_a_leader_that_dies_in_a_renewal_costs_one_order_at_most(
    pair: Cluster, moment: str, aftermath: str
) -> None:
    """Two moments of all those that `make bench SUBJECT=kills` has."""
    pair.settle()
    seen = die(pair, moment, aftermath)
    assert not seen.wrong, seen


@pytest.mark.slow
def test_a_juju_without_secrets_shares_only_if_the_operator_says_so() -> None:
    with open_cluster(2, profile="2.9") as cluster:
        cluster.want(NAME, acme_challenge="stateless")
        state, text = cluster.order_on_leader(NAME)
        assert cluster.status(cluster.leader) == ("active", "serving https")
        assert state == "waiting"
        assert "only the leader orders certificates" in text
        assert "has no secrets for private keys; set acme-units=share-plain" in text

        cluster.juju.config("web", {"acme-units": "share-plain"})
        cluster.settle()
        assert len(set(cluster.serials(NAME).values())) == 1
        assert cluster.acme.counts().orders == 1
        told = json.dumps(cluster.juju.log())
        assert (
            "is put into relation data, which everybody with access to the model can read" in told
        )

        cluster.juju.config("web", {"acme-units": "leader"})
        cluster.settle()
        assert "PRIVATE KEY" not in json.dumps(cluster.juju.model()["relations"])


@pytest.mark.slow
def test_each_unit_orders_its_own() -> None:
    with open_cluster(2) as cluster:
        names = {"web/0": "node0.example.com", "web/1": "node1.example.com"}
        for unit, name in names.items():
            cluster.point(name, unit)
        cluster.want(NAME, acme_challenge="stateless", acme_units="each")
        assert {cluster.status(unit)[0] for unit in names} == {"blocked"}
        text = cluster.status("web/1")[1]
        assert "2 units would each order the same certificate" in text
        cluster.juju.config("web", {"fqdn": "node{unit}.example.com"})
        assert {unit: cluster.served(unit, name).names for unit, name in names.items()} == {
            unit: (name,) for unit, name in names.items()
        }
        assert cluster.acme.counts().orders == 2
        assert not cluster.juju.model()["secrets"]


@pytest.mark.slow
def test_a_challenge_that_only_one_unit_can_answer_is_blocked_with_the_remedy() -> None:
    with open_cluster(2) as cluster:
        cluster.want(NAME, acme_challenge="standalone")
        leader, follower = cluster.leader, cluster.followers()[0]
        state, text = cluster.status(leader)
        address = cluster.machines[follower].address
        assert state == "blocked"
        assert f"it leads to {address}; set acme-challenge=stateless or acme-challenge=dns" in text
        assert cluster.status(follower)[0] == "waiting"
        assert cluster.acme.counts().orders == 0
        cluster.point(NAME, leader)
        cluster.juju.hook(leader, "update-status")
        cluster.settle()
        assert len(set(cluster.serials(NAME).values())) == 1
        assert cluster.acme.counts().orders == 1


@pytest.mark.slow
def test_what_cannot_be_used_is_told_and_replaces_nothing(pair: Cluster) -> None:
    """A secret with a foreign key, an unreadable ledger, and the end of sharing."""
    pair.settle()
    follower, before = pair.followers()[0], pair.acme.counts()
    served = pair.served(follower, NAME).serial
    secrets = pair.juju.model()["secrets"]
    (uri,) = [uri for uri, one in secrets.items() if one["label"] == f"lets-encrypt:{NAME}"]
    words = f"secret-set secret:{uri} private-key=foreign certificate=none chain=none"
    pair.juju.exec(pair.leader, words)
    pair.settle()
    state, text = pair.status(follower)
    assert state == "blocked" and "the shared certificate: " in text
    assert "run lets-encrypt-deploy on the leader" in text
    assert pair.served(follower, NAME).serial == served

    pair.juju.run_action(pair.leader, "lets-encrypt-deploy")
    pair.settle()
    pair.juju.hook(follower, "update-status")
    assert pair.status(follower) == ("active", "serving https")

    rid = "$(relation-ids lets-encrypt-units)"
    pair.juju.exec(pair.leader, f"relation-set -r {rid} --app ledger='{{garbage'")
    pair.settle()
    pair.juju.run_action(pair.leader, "lets-encrypt-renew")
    pair.settle()
    assert pair.status(follower) == ("active", "serving https")
    assert len(set(pair.serials(NAME).values())) == 1
    assert (pair.acme.counts() - before).orders == 0
