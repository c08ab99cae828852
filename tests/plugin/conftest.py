"""One small internet for the tests of each module."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "certbot-plugin")]

from net import CERTBOTS, Net  # noqa: E402
from world.world import World  # noqa: E402

ADVICE = {
    "1.21": "build/certbot-1.21 is not there; make it with a Python 3.8 to 3.10: "
    "python3.10 -m venv build/certbot-1.21 && "
    "build/certbot-1.21/bin/pip install -r tests/plugin/certbot-1.21.txt",
    "newest": "build/certbot-newest is not there; run: make install",
}


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    with World() as world:
        started = Net(world)
        try:
            yield started.start()
        finally:
            started.stop()


@pytest.fixture
def clean(net: Net) -> Iterator[Net]:
    """The zones hold no TXT record before the test, and none after it."""
    assert net.txt() == []
    yield net
    assert net.txt() == []


@pytest.fixture(params=["apt", "newest", "1.21"])
def certbot(request: pytest.FixtureRequest) -> str:
    if not Path(CERTBOTS[request.param]).exists():
        pytest.skip(ADVICE[request.param])
    return request.param
