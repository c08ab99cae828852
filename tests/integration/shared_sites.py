"""Sites that several modules share: a deployment costs more than most tests.

Each test uses names of its own; afterwards the site's clock shows real time again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from consumers import open_consumer
from world.clock import Clock
from world.site import Site, open_site


@pytest.fixture(scope="session")
def deployed_web() -> Iterator[Site]:
    with open_site() as site:
        yield site


@pytest.fixture(scope="session")
def deployed_chat() -> Iterator[Site]:
    with open_consumer("chat") as site:
        yield site


@pytest.fixture(scope="session")
def deployed_review() -> Iterator[Site]:
    with open_consumer("review") as site:
        yield site


@pytest.fixture(scope="session")
def deployed_gateway() -> Iterator[Site]:
    with open_consumer("gateway") as site:
        yield site


@pytest.fixture
def web(deployed_web: Site) -> Iterator[Site]:
    """The example charm."""
    yield deployed_web
    Clock(deployed_web.world).back()


@pytest.fixture
def chat(deployed_chat: Site) -> Iterator[Site]:
    """A charm that clears the flag itself and closes its ports while it has no database."""
    yield deployed_chat
    Clock(deployed_chat.world).back()


@pytest.fixture
def review(deployed_review: Site) -> Iterator[Site]:
    """A charm with handlers in every hook, which never imports the layer's module."""
    yield deployed_review
    Clock(deployed_review.world).back()


@pytest.fixture
def gateway(deployed_gateway: Site) -> Iterator[Site]:
    """A charm that requests one certificate for each tenant, and deletes lineages by path."""
    yield deployed_gateway
    Clock(deployed_gateway.world).back()
