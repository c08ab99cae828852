"""Machines with a charm deployed, made once and started many times.

    with snapshot.world(charm, "3.6") as world:      # seconds for the first, less than one after
        world.run([JUJU, "status"])

A snapshot is what a world had written when all in it was stopped: the disk of a machine that was
switched off. It lies below build/snapshots under the digest of all that it depends on; it is made
by the first process that needs it, while others wait, and older ones of its kind are removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from charmbuild import BUILD, charm_python, fingerprint, places

from .furnish import disk_mounts
from .juju_client import JUJU
from .world import World, WorldError

FOLDER = BUILD / "snapshots"
JUJU_MODEL = JUJU.parent
HERE = Path(__file__).resolve().parent
MADE_BY = [HERE / name for name in ("furnish.py", "init.py", "world.py", "snapshot.py")]
MACHINE = [Path("/var/lib/dpkg/status"), Path("/etc/os-release")]  # what lies below a world
NEWEST_CERTBOT = BUILD / "certbot-newest" / "bin" / "certbot"
PACK = ("tar", "--create", "--numeric-owner", "--sparse", "--xattrs", "--xattrs-include=trusted.*")
CHARM = "/var/lib/juju/agents/unit-web-0/charm"
RETRY_SCALE = "0.01"


@contextlib.contextmanager
def world(
    charm: Path, profile: str = "3.6", certbot: str = "apt", python: str | None = None
) -> Iterator[World]:
    """A running world in which this built charm is deployed as ``web``.

    ``certbot`` is "apt" or "newest"; ``python`` such as "3.8" is what the charm was built for and
    runs with (unless it says otherwise, that of charmbuild).
    Raises WorldError if the charm cannot be deployed; nothing is kept then.
    """
    python = charm_python() if python is None else python
    with _disk(charm, profile, certbot, python) as disk, World(snapshot=disk) as started:
        switch_on(started)
        yield started


@contextlib.contextmanager
def _disk(charm: Path, profile: str, certbot: str, python: str) -> Iterator[IO[bytes]]:
    """The snapshot as an open file, made if there is none."""
    kind = "-".join([charm.parent.name, charm.name, profile, certbot])
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        name = digest(charm, profile, certbot, python)
        disk = FOLDER / f"{kind}.{name}.tar"
        if not disk.exists():
            made = make(charm, profile, certbot, python)
            if digest(charm, profile, certbot, python) != name:
                raise WorldError(f"{charm} was built anew while it was deployed; run again")
            made.rename(disk)
            for older in set(FOLDER.glob(f"{kind}.*.tar")) - {disk}:
                older.unlink()
        kept = disk.open("rb")  # from here on it may be removed: the open file stays
    with kept:
        yield kept


def digest(charm: Path, *words: str) -> str:
    """Changes with the charm, with the code that makes machines, and with this machine."""
    parts = [fingerprint([charm, JUJU_MODEL / "juju_model"]), *words, *disk_mounts()]
    parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in [JUJU, *MADE_BY, *MACHINE]]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def make(charm: Path, profile: str, certbot: str, python: str) -> Path:
    """Deploy the charm in a world of its own, switch it off; returns its disk in a file."""
    disk = FOLDER / f"{charm.parent.name}-{charm.name}-{profile}-{certbot}.new"
    with World() as world:
        install(world, certbot, python)
        world.run([JUJU, "bootstrap", "--profile", profile, "--retry-scale", RETRY_SCALE])
        world.run([JUJU, "deploy", charm, "web"])
        # what the first hook that needs it would compile, on each machine again
        world.run(["python3", "-m", "compileall", "-q", CHARM])
        switch_off(world)
        save(world, disk)
    return disk


def install(world: World, certbot: str, python: str) -> None:
    """What the machine has besides its own packages."""
    if certbot == "newest":
        assert NEWEST_CERTBOT.exists(), f"{NEWEST_CERTBOT} is missing; run: make install"
        world.run(["ln", "-s", NEWEST_CERTBOT, "/usr/local/bin/certbot"])
    if python:
        install_python(world, python)


def install_python(world: World, version: str) -> None:
    """Make this the python3 of hooks, with what a cloud image's has: PyYAML."""
    here = places(version)
    world.run(["ln", "-sf", (here.venv / "bin" / "python3").resolve(), "/usr/local/bin/python3"])
    if world.run(["python3", "-c", "import yaml"], check=False).returncode:
        from_wheels = ["--no-index", "--find-links", here.wheels]
        world.run(["python3", "-m", "pip", "install", "--quiet", *from_wheels, "PyYAML"])
    seen = world.run(["python3", "-c", "import sys, yaml; print(sys.version)"]).stdout
    assert seen.startswith(f"{version}."), f"the hooks' python3 is {seen}"


def switch_off(world: World) -> None:
    """Stop all that a deployed charm has running. WorldError if anything is left."""
    world.run(["service", "nginx", "stop"])
    world.run([JUJU, "kill-controller"])
    left = world.run(["ps", "-e", "-o", "pid=,args="]).stdout.splitlines()
    strangers = [line for line in left if "init.py" not in line and "ps -e" not in line]
    if strangers:
        raise WorldError(f"still running after the charm's deployment: {strangers}")


def switch_on(world: World) -> None:
    """What a boot starts: the services, and the unit's agent."""
    world.run(["service", "nginx", "start"])
    world.run([JUJU, "bootstrap", "--retry-scale", RETRY_SCALE])


def save(world: World, target: Path) -> None:
    """Write all that was written in the world into a file; /run, /tmp and /dev are not in it."""
    layers = [f"{layer.name}/upper" for layer in sorted(world.written().iterdir())]
    command = [*PACK, "--file", str(target), "-C", str(world.written()), *layers]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise WorldError(f"{' '.join(command)}: {done.stderr.strip()}")
