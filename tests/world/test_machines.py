"""One controller, and a world for each machine of an application."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from world.bind import bind
from world.world import PROJECT, World

sys.path.insert(0, str(PROJECT / "juju-model"))

from juju_model.client import Juju  # noqa: E402

AGENT = PROJECT / "juju-model" / "juju-agent"
METADATA = "{name: web, summary: s, description: d, peers: {units: {interface: units}}}"
DISPATCH = """#!/bin/sh
set -e
[ "$JUJU_HOOK_NAME" != install ] || echo "$JUJU_UNIT_NAME" > /etc/who-is-here
[ "$JUJU_HOOK_NAME" != start ] || relation-set -r "$(relation-ids units)" "host=$(hostname)"
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: socket paths are short."""
    with tempfile.TemporaryDirectory(prefix="j-") as path:
        yield Path(path)


@pytest.fixture
def charm(folder: Path) -> Path:
    """A charm that leaves its name on the disk and tells its peers its host."""
    path = folder / "charm"
    path.mkdir()
    (path / "metadata.yaml").write_text(METADATA)
    (path / "dispatch").write_text(DISPATCH)
    (path / "dispatch").chmod(0o755)
    return path


@pytest.fixture
def juju(folder: Path) -> Iterator[Juju]:
    """A controller on this machine, outside all worlds."""
    juju = Juju(str(folder / "controller"), timeout=120)
    juju.bootstrap("3.6", retry_scale=0.01, lease_scale=0.01)
    yield juju
    juju.kill_controller()


def until(question: Callable[[], object]) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + 60
    while not question():
        assert time.monotonic() < end, "still not so after a minute"
        time.sleep(0.02)


def power_on(juju: Juju, world: World, number: str) -> subprocess.Popen[str]:
    """The agent of a machine starts in its world and attaches."""
    bind(world, juju.paths.controller)
    words = ["--machine", number, "--controller", juju.paths.controller]
    agent = world.popen(["/usr/bin/python3", "-B", AGENT, *words])
    until(lambda: juju.status()["machines"][number]["attached"])
    return agent


@pytest.mark.world
def test_units_in_worlds_of_their_own_survive_the_leaders(juju: Juju, charm: Path) -> None:
    with contextlib.ExitStack() as stack:
        names = ("one", "two")
        worlds = [stack.enter_context(World(hostname=name)) for name in names]
        numbers = [juju.add_machine(external=True) for _ in names]
        agents = [power_on(juju, w, number) for w, number in zip(worlds, numbers)]
        juju.deploy(str(charm), units=2, to=numbers)

        assert [w.path("/etc/who-is-here").read_text() for w in worlds] == ["web/0\n", "web/1\n"]
        host = "relation-get -r $(relation-ids units) host web/0"
        assert worlds[1].run(["juju-exec", "web/1", host]).stdout == "one\n"
        worlds[0].end()
        until(lambda: juju.model()["applications"]["web"]["leader"] == "web/1")
        assert juju.unit("web/0")["juju-status"]["current"] == "lost"
        assert worlds[1].run(["juju-exec", "web/1", "is-leader"]).stdout == "True\n"
    for agent in agents:
        agent.communicate()
