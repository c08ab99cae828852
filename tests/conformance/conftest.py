"""A controller for each test, below a directory of its own."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from agent.client import Juju  # noqa: E402

PROFILES = ("2.9", "3.6", "4.0")


@pytest.fixture
def folder():
    """A directory with a short name: socket paths are short."""
    path = tempfile.mkdtemp(prefix="j-")
    yield path
    shutil.rmtree(path)


@pytest.fixture
def start(folder):
    """Start a controller: `start(profile="3.6", ...)` as `Juju.bootstrap` takes it."""
    started = []

    def bootstrap(profile="3.6", **options):
        juju = Juju(os.path.join(folder, f"m{len(started)}"), timeout=60)
        juju.bootstrap(profile, **{"retry_scale": 0.02, **options})
        started.append(juju)
        return juju

    yield bootstrap
    for juju in started:
        if juju.is_running():
            juju.kill_controller()


@pytest.fixture
def juju(start):
    """A controller of profile 3.6."""
    return start()


@pytest.fixture(params=PROFILES)
def each(request, start):
    """A controller of each profile in turn."""
    return start(request.param)


@pytest.fixture
def until():
    """Wait for something to become true, and fail if it does not."""

    def wait(function, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = function()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"still not so after {seconds} s: {function!r}")

    return wait
