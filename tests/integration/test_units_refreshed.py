"""Units whose charm gains the peer relation with a refresh, or loses it and gains it again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from charmbuild import build
from world.cluster import EXAMPLE, Cluster, open_cluster

NAME = "www.example.com"
RELATION = "lets-encrypt-units"
pytestmark = pytest.mark.slow


@pytest.fixture
def without_peers(tmp_path: Path) -> Path:
    """The example charm as if it were built with a layer that had no peer relation yet."""
    older = tmp_path / "web"
    shutil.copytree(build(EXAMPLE), older, symlinks=True)
    metadata = yaml.safe_load((older / "metadata.yaml").read_text())
    del metadata["peers"][RELATION]
    (older / "metadata.yaml").write_text(yaml.safe_dump(metadata))
    return older


@contextmanager
def deployed(charm: Path | None, profile: str) -> Iterator[Cluster]:
    """Two units, and a name that is asked for when they run the charm that shares."""
    with open_cluster(2, profile=profile, charm=charm) as cluster:
        yield cluster


def relation_ids(cluster: Cluster, unit: str) -> list[str]:
    said = cluster.juju.exec(unit, f"relation-ids {RELATION}")["stdout"]
    return str(said).split()


def served_by_all(cluster: Cluster) -> set[str]:
    return set(cluster.serials(NAME).values())


def test_a_charm_that_gains_the_relation_shares_from_then_on(without_peers: Path) -> None:
    with deployed(without_peers, "3.6") as cluster:
        cluster.want(NAME, acme_challenge="stateless")
        assert cluster.order_on_leader(NAME)[0] == "waiting"
        cluster.juju.refresh("web", str(build(EXAMPLE)))
        cluster.settle()
        assert len(served_by_all(cluster)) == 1
        assert cluster.acme.counts().orders == 1


def test_two_relations_after_a_refresh_back_and_forth_are_written_alike(
    without_peers: Path,
) -> None:
    with deployed(None, "3.6") as cluster:
        cluster.want(NAME, acme_challenge="stateless")
        old = served_by_all(cluster)
        for charm in (without_peers, build(EXAMPLE)):
            cluster.juju.refresh("web", str(charm))
            cluster.settle()
        assert len(relation_ids(cluster, cluster.leader)) == 2
        assert served_by_all(cluster) == old
        cluster.juju.run_action(cluster.leader, "lets-encrypt-renew", {"force": True})
        cluster.settle()
        new = served_by_all(cluster)
        assert len(new) == 1 and not new & old
        assert cluster.acme.counts().orders == 2


def test_without_a_relation_the_leader_orders_and_the_others_say_what_to_do(
    without_peers: Path,
) -> None:
    """Juju 4.0 makes no relation at a refresh."""
    with deployed(without_peers, "4.0") as cluster:
        cluster.juju.refresh("web", str(build(EXAMPLE)))
        cluster.settle()
        assert relation_ids(cluster, cluster.leader) == []
        cluster.want(NAME, acme_challenge="stateless")
        state, text = cluster.order_on_leader(NAME)
        assert cluster.status(cluster.leader) == ("active", "serving https")
        assert state == "waiting"
        assert "only the leader orders certificates" in text
        assert "no relation lets-encrypt-units; deploy the application again" in text
        assert cluster.acme.counts().orders == 1
