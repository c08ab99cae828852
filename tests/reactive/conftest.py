"""A deployed example charm without any certificate authority: flags, statuses, decisions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world.site import Site, open_site


@pytest.fixture
def site() -> Iterator[Site]:
    """A deployment for each test; the authority is down, so nothing can be ordered.

    Names lead to 127.0.0.1 here, which Let's Encrypt would be known to refuse.
    """
    with open_site() as opened:
        opened.acme.pause()
        opened.config(acme_preflight="false")
        yield opened
