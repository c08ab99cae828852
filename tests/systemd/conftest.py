"""Sites on machines that a real systemd has booted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from booted import LEGACY, UNIFIED, Booted, Refused
from charmbuild import build
from disks import deployed, why_impossible
from steps import start_agent
from world.acme import Acme
from world.site import EXAMPLE, Site


@pytest.fixture(scope="session")
def disk() -> list[Path]:
    """The disk of a machine with the example charm; skips where no machine can be booted."""
    why = why_impossible()
    if why:
        pytest.skip(why)
    try:
        return deployed(build(EXAMPLE))
    except Refused as refused:
        pytest.skip(str(refused))


@pytest.fixture(params=[UNIFIED], ids=["cgroups-v2"])
def machine(disk: list[Path], request: pytest.FixtureRequest) -> Iterator[Booted]:
    """A machine just booted; Juju's agent has not been started yet."""
    with Booted(disk, request.param) as booted:
        yield booted


@pytest.fixture
def site(machine: Booted) -> Iterator[Site]:
    """The example charm on it, with Juju's agent and a CA that is not on the machine."""
    with Acme(machine.outside) as acme:
        site = Site(machine, acme, build(EXAMPLE))
        start_agent(machine)
        site.trust_the_ca()
        site.config(acme_challenge="standalone")
        yield site


each_kind_of_cgroups = pytest.mark.parametrize(
    "machine", [UNIFIED, LEGACY], indirect=True, ids=["cgroups-v2", "cgroups-v1"]
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of it takes long; the first that needs a disk makes it, with packages from afar."""
    for item in items:
        item.add_marker(pytest.mark.slow)
        item.add_marker(pytest.mark.world)
        item.add_marker(pytest.mark.timeout(900))
