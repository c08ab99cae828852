"""`make try`: what it prints works as it stands, and what cannot be tried is told in one line."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from charmbuild import PROJECT, build

from world.playground import NEXT_STEPS
from world.world import World

TRY = PROJECT / "tests" / "world" / "try_charm.py"


class Opened(NamedTuple):
    """A world that `make try` has left open, and what was printed."""

    world: World
    printed: str


def attempt(path: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", TRY, str(path)]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=280)


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    done = attempt(build(PROJECT / "examples" / "web"))
    assert done.returncode == 0, done.stderr
    pid = re.search(r"enter (\d+)$", done.stdout, re.M)
    assert pid is not None
    world = World.attach(int(pid[1]))
    yield Opened(world, done.stdout)
    world.end()


def test_each_of_the_five_commands_works(opened: Opened) -> None:
    enter, *commands = re.findall(r"(?m)^  (.*)$", opened.printed.split("End it")[0])
    assert len(commands) == 4
    assert subprocess.run([*enter.split(), "true"], cwd=PROJECT).returncode == 0
    for command in commands:
        opened.world.run(["sh", "-c", command])
    told = opened.world.run(["sh", "-c", commands[-1]]).stdout
    assert "www.example.com" in told and "on-disk: 'True'" in told


def test_cron_obeys_the_units_file(opened: Opened) -> None:
    running = opened.world.run(["sh", "-c", "cat /proc/[0-9]*/comm"]).stdout.split()
    assert "cron" in running
    assert opened.world.path("/etc/cron.d/layer-lets-encrypt-web-0").exists()


def test_what_the_demo_proposes_next_is_there() -> None:
    for target in re.findall(r"(?m)^  make (\w+)", NEXT_STEPS):
        asked = ["make", "--question", "--dry-run", target]
        done = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True)
        assert "No rule" not in done.stderr, done.stderr
    named = re.findall(r"(?:docs|examples)/[\w.]*\w", NEXT_STEPS)
    assert len(named) == 3
    for path in named:
        assert (PROJECT / path).exists(), path


@pytest.mark.parametrize(
    ("path", "said"),
    [("", "say which charm"), ("nowhere", "no metadata.yaml"), ("juju-model", "is no charm")],
)
def test_what_is_no_charm_is_told_in_one_line(path: str, said: str) -> None:
    done = attempt(path)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1


def test_packages_that_this_machine_lacks_are_named(tmp_path: Path) -> None:
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "install").touch()
    (tmp_path / "metadata.yaml").write_text("name: needy\n")
    wanted = "options: {basic: {packages: [certbot, no-such-package]}}\n"
    (tmp_path / "layer.yaml").write_text(wanted)
    done = attempt(tmp_path)
    assert done.returncode == 1 and done.stderr.endswith("run: apt-get install no-such-package\n")
