"""The operator's juju in this process says what the program in the world says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from world import juju_client
from world.juju_client import JUJU
from world.world import World, WorldError


@pytest.fixture(scope="module")
def machine() -> Iterator[World]:
    with World() as world:
        juju_client.run(world, ["bootstrap"])
        yield world


@pytest.mark.parametrize("words", [["status"], ["status", "--format", "json"], ["model-config"]])
def test_the_same_is_printed(machine: World, words: list[str]) -> None:
    said = juju_client.run(machine, words)
    assert said and said == machine.run([JUJU, *words]).stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [(["config", "nothing"], "nothing"), (["no-such-command"], "no-such-command")],
)
def test_a_failure_ends_as_the_program_would(machine: World, words: list[str], reason: str) -> None:
    with pytest.raises(WorldError, match=reason) as here:
        juju_client.run(machine, words)
    with pytest.raises(WorldError) as there:
        machine.run([JUJU, *words])
    assert str(here.value).splitlines()[1:] == str(there.value).splitlines()[1:]
    assert juju_client.run(machine, words, check=False) == ""


def test_a_file_is_read_in_the_world(machine: World) -> None:
    """It is not on this machine: the command fails if it is searched there."""
    machine.write("/root/only-in-the-world", "a value")
    assert juju_client.run(machine, ["add-secret", "one", "value=@/root/only-in-the-world"])
