"""Sites for the integration tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from world.site import Site, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    """The example charm, deployed, with the distribution's certbot."""
    with open_site() as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_site() -> Iterator[Site]:
    """One site for all tests of a module; each leaves it in a state that the next can use."""
    with open_site() as opened:
        yield opened


def repeats(few: int, many: int) -> range:
    """How often a random test is repeated: a fixed subset, or all with WHOLE_MATRIX=1."""
    return range(many if os.environ.get("WHOLE_MATRIX") else few)
