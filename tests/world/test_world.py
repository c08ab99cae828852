"""A world is private, complete, and ends with its maker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from world.world import PROJECT, World, WorldError

ENTER = PROJECT / "tests" / "world" / "enter"
KEEPER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from world.world import World
with World() as world:
    world.popen(["sleep", "1000"])
    print(world.pid, flush=True)
    {then}
"""


def maker(then: str) -> tuple[subprocess.Popen[str], int]:
    """Another process that makes a world; returns it and the world's id."""
    code = KEEPER.format(then=then)
    process = subprocess.Popen(
        [sys.executable, "-B", "-c", code, str(PROJECT / "tests")],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    with process.stdout:
        return process, int(process.stdout.readline())


def soon(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether something comes to hold; the time is a bound, not a wait."""
    until = time.monotonic() + seconds
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return holds()


def gone(pid: int) -> bool:
    return soon(lambda: not Path(f"/proc/{pid}").exists())


def arguments(world: World) -> str:
    """The command lines of all processes of a world."""
    return str(world.run(["ps", "-e", "-o", "args"]).stdout)


def test_what_is_written_inside_stays_inside(world: World):
    name = f"/etc/only-inside-{os.getpid()}"
    world.run(["touch", name])
    assert world.path(name).exists()
    assert not Path(name).exists()


def test_the_network_is_its_own(world: World):
    links = world.run(["ip", "-o", "link"]).stdout.splitlines()
    assert len(links) == 1
    assert "lo:" in links[0] and "UP" in links[0]


def test_the_project_is_visible_and_read_only(world: World):
    inside = world.run(["cat", PROJECT / "layer.yaml"]).stdout
    assert inside == (PROJECT / "layer.yaml").read_text()
    with pytest.raises(WorldError, match="Read-only file system"):
        world.run(["touch", PROJECT / "layer.yaml"])


def test_it_looks_like_a_fresh_ubuntu_without_systemd(world: World):
    assert 'NAME="Ubuntu"' in world.path("/etc/os-release").read_text().splitlines()
    assert "DISTRIB_ID=Ubuntu" in world.path("/etc/lsb-release").read_text()
    assert not world.path("/run/systemd/system").exists()
    assert not world.path("/etc/letsencrypt/live").exists()


def test_only_its_own_processes_are_seen(world: World):
    seen = world.run(["ps", "-e", "-o", "pid,args"]).stdout
    assert "init.py" in seen.splitlines()[1]
    assert "pytest" not in seen


def test_orphans_are_reaped(world: World):
    world.run(["sh", "-c", "sleep 0.2 & echo $! >/tmp/orphan"])
    orphan = world.path("/tmp/orphan").read_text().strip()
    assert soon(lambda: not world.path(f"/proc/{orphan}").exists())


def test_killing_the_waiter_kills_the_command(world: World):
    process = world.popen(["sleep", "987"])
    assert soon(lambda: "sleep 987" in arguments(world))
    process.kill()
    process.wait()
    assert soon(lambda: "sleep 987" not in arguments(world))


def test_a_stopped_command_is_gone_when_the_call_returns(world: World):
    for seconds in range(1000, 1008):
        process = world.popen(["sleep", str(seconds)])
        assert soon(lambda n=seconds: f"sleep {n}" in arguments(world))
        world.stop(process)
        assert f"sleep {seconds}" not in arguments(world)
    world.stop(world.popen(["sleep", "1000"]))  # whether it has begun or not


def test_a_signal_reaches_the_command(world: World):
    process = world.popen(["sh", "-c", "trap 'exit 7' TERM; touch /tmp/ready; sleep 60 & wait"])
    assert soon(world.path("/tmp/ready").exists)
    assert world.signal(process, signal.SIGTERM)
    assert process.wait(timeout=60) == 7


def test_what_still_runs_ends_with_the_world():
    with World() as world:
        process = world.popen(["sleep", "1000"])
    assert process.returncode is not None, "Python would complain wherever it collects it"


def test_a_failed_command_says_what_it_said(world: World):
    with pytest.raises(WorldError, match="no-such-file"):
        world.run(["cat", "/no-such-file"])


def test_it_ends_when_its_maker_is_killed():
    process, pid = maker("time.sleep(1000)")
    assert Path(f"/proc/{pid}").exists()
    process.kill()
    process.wait()
    assert gone(pid)


def test_it_ends_with_the_block():
    process, pid = maker("pass")
    process.wait()
    assert gone(pid)


def test_a_kept_world_is_entered_and_ended_by_its_id():
    process, pid = maker("world.keep()")
    process.wait()
    try:
        assert str(pid) in subprocess.check_output([ENTER, "--list"], text=True).split()
        assert subprocess.check_output([ENTER, str(pid), "hostname"], text=True) == "world\n"
    finally:
        subprocess.check_call([ENTER, "--end", str(pid)])
    assert gone(pid)
    refused = subprocess.run([ENTER, str(pid), "true"], capture_output=True, text=True)
    assert refused.returncode == 1 and "is no world" in refused.stderr
