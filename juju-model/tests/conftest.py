"""A controller for each test, below a directory of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
import time

import pytest
from juju_model.client import Juju, JujuError

PROFILES = ("2.9", "3.6", "4.0")


@pytest.fixture
def folder():
    """A directory with a short name: socket paths are short."""
    path = tempfile.mkdtemp(prefix="j-")
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def waiting():
    """Controllers that a test is done with, each with an empty model: (options) -> Juju."""
    controllers: dict = {}
    yield controllers
    for juju in controllers.values():
        juju.kill_controller()
        shutil.rmtree(os.path.dirname(juju.paths.root))


@pytest.fixture
def start(waiting):
    """Get a controller with an empty model: `start(profile="3.6", ...)` as `Juju.bootstrap` does.

    One that another test had is used again if it still runs and its units are at rest.
    """
    started = []

    def bootstrap(profile="3.6", **options):
        key = (profile, *sorted(options.items()))
        juju = waiting.pop(key, None)
        if juju is None:
            juju = Juju(os.path.join(tempfile.mkdtemp(prefix="j-"), "m"), timeout=60)
            juju.bootstrap(profile, **{"retry_scale": 0.02, **options})
        started.append((key, juju))
        return juju

    yield bootstrap
    for key, juju in started:
        give_back(waiting, key, juju)


def give_back(waiting, key, juju):
    """Keep a controller for the next test, or end it."""
    if key not in waiting and juju.is_running() and is_at_rest(juju, key[0]):
        juju.forget()
        waiting[key] = juju
        return
    if juju.is_running():
        juju.kill_controller()
    shutil.rmtree(os.path.dirname(juju.paths.root))


def is_at_rest(juju, profile):
    """True if nothing of the test is still at work."""
    try:
        return juju.settle(timeout=0.2) == [] and juju.model()["profile"] == profile
    except JujuError:
        return False


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

    def wait(function, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = function()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"still not so after {seconds} s: {function!r}")

    return wait
