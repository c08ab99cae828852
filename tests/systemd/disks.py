"""Disks of machines, made once: a Debian root, and the same with the example charm deployed.

    with booted.Booted(disks.deployed(charm)) as machine: ...

They lie below build/systemd, each under the digest of all that it depends on; an older one of its
kind is removed when a new one is made.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from booted import Booted
from charmbuild import BUILD, fingerprint
from world import snapshot
from world.world import PROJECT, WorldError

FOLDER = BUILD / "systemd"
HERE = Path(__file__).resolve().parent
ROOT_MAKER = HERE / "root.sh"
FURNISH = PROJECT / "tests" / "world" / "furnish.py"
DEPLOYED_BY = [HERE / "disks.py", FURNISH]
JUJU = snapshot.JUJU
AGENT = "jujud-machine-0.service"
# As Juju's own: whatever a hook has started is in its control group.
AGENT_UNIT = f"""\
[Unit]
Description=a model of juju's machine agent
[Service]
Type=forking
PIDFile=/var/lib/juju/controller/pid
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Environment=HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
ExecStart={JUJU} bootstrap --retry-scale {snapshot.RETRY_SCALE}
# with control groups v1, systemd does not hear from within nspawn that a group is empty
TimeoutStopSec=30
"""
NEEDED = {"systemd-nspawn": "systemd-container", "debootstrap": "debootstrap"}


def why_impossible() -> str:
    """What is lacking here for a machine to be booted, "" for nothing."""
    if os.geteuid():
        return "needs root; use sudo"
    missing = [package for name, package in NEEDED.items() if not shutil.which(name)]
    if missing:
        return f"{' and '.join(missing)} not installed; run: tests/build/packages.sh systemd"
    return ""


def deployed(charm: Path) -> list[Path]:
    """A machine on which this built charm was deployed, switched off in good order.

    Raises WorldError where it cannot be made.
    """
    below = _root(charm)
    parts = [below.name, fingerprint([charm, snapshot.AGENT])]
    name = _digest(*parts, *(path.read_text() for path in DEPLOYED_BY))
    disk = _kept(f"deployed-{charm.name}", name, lambda target: _deploy(charm, below, target))
    return [disk, below]


def _root(charm: Path) -> Path:
    """A root with the packages of this built charm: it has no network to install them later."""
    options = yaml.safe_load((charm / "layer.yaml").read_text())["options"]
    packages = sorted(set(options["basic"]["packages"]))
    name = _digest(ROOT_MAKER.read_text(), Path("/etc/os-release").read_text(), *packages)
    return _kept("root", name, lambda target: _make_root(target, packages))


def _make_root(target: Path, packages: list[str]) -> None:
    log = FOLDER / "root.log"
    with log.open("wb") as stream:
        done = subprocess.run(
            [ROOT_MAKER, target, *packages], stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
        )
    if done.returncode:
        raise WorldError(f"no root could be made:\n{log.read_text(errors='replace')[-2000:]}")


def _deploy(charm: Path, below: Path, target: Path) -> None:
    furnish = f"import sys; sys.path.insert(0, {str(FURNISH.parent)!r}); import furnish; "
    with Booted([below]) as machine:
        machine.run(["/usr/bin/python3", "-B", "-c", furnish + "furnish.furnish('world')"])
        machine.write(f"/etc/systemd/system/{AGENT}", AGENT_UNIT)
        machine.run(["systemctl", "daemon-reload"])
        machine.run(["systemctl", "start", AGENT])
        machine.run([JUJU, "deploy", charm, "web"])
        machine.shut_down()
        subprocess.run(["cp", "--archive", machine.disk(), target], check=True)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:20]


def _kept(kind: str, name: str, make: Callable[[Path], None]) -> Path:
    """The folder build/systemd/KIND.NAME, made if there is none; others of its kind go."""
    target = FOLDER / f"{kind}.{name}"
    with _lock(kind):
        if not target.exists():
            fresh = FOLDER / f"{kind}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            make(fresh)
            for older in FOLDER.glob(f"{kind}.*/"):
                if older.is_dir() and older != fresh:
                    shutil.rmtree(older)
            fresh.rename(target)
    return target


@contextlib.contextmanager
def _lock(kind: str) -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{kind}.lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
