"""Lay out the root of a world: a throw-away copy of this machine, made to look freshly installed.

Runs inside new mount, network, pid, uts and ipc namespaces (see ``init.py``) and nowhere else:
every path below would otherwise be the machine's own.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

WRITTEN = "layers"  # below the base: for each overlay the folder of what is written
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
DISK_PREFIXES = ("/usr", "/var", "/opt", "/home", "/root", "/srv", "/etc")
EMPTIED = (
    "/etc/letsencrypt",
    "/var/lib/letsencrypt",
    "/var/log/letsencrypt",
    "/var/lib/juju",
    "/var/lib/layer-lets-encrypt",
    "/var/spool/cron/crontabs",
)
KEPT = {"/etc/letsencrypt/cli.ini"}  # part of Debian's certbot package, so part of a fresh machine
REMOVED = (
    "/usr/sbin/policy-rc.d",  # services must start here
    "/etc/nginx/sites-enabled/default",
    "/etc/ld.so.preload",
    "/etc/world-clock",
    "/usr/local/sbin/charm-env",
    "/var/log/nginx/access.log",
    "/var/log/nginx/error.log",
)
OS_RELEASE = """\
PRETTY_NAME="Ubuntu 22.04 LTS"
NAME="Ubuntu"
VERSION_ID="22.04"
VERSION="22.04 LTS (Jammy Jellyfish)"
VERSION_CODENAME=jammy
UBUNTU_CODENAME=jammy
ID=ubuntu
ID_LIKE=debian
"""
LSB_RELEASE = """\
DISTRIB_ID=Ubuntu
DISTRIB_RELEASE=22.04
DISTRIB_CODENAME=jammy
DISTRIB_DESCRIPTION="Ubuntu 22.04 LTS"
"""
CRONTAB = """\
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin
"""


# deletions are devices 0:0, and replaced folders have a trusted attribute
UNPACK = ("tar", "--extract", "--numeric-owner", "--xattrs", "--xattrs-include=trusted.*")


class Refused(RuntimeError):
    """The kernel (or a container around us) did not allow a step; the text says which."""


def call(*command: str, **options: Any) -> None:
    """Run one command; raise Refused with its own words if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        raise Refused(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")


def build_root(base: Path, project: Path, snapshot: int = -1) -> Path:
    """Mount the new root below ``base`` (an empty folder) and return it, ready to be entered.

    ``snapshot``: descriptor of a tar file of what another world had written, see ``snapshot.py``.
    """
    call("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(base))
    root = base / "root"
    (base / WRITTEN).mkdir()
    if snapshot >= 0:
        call(*UNPACK, "-C", str(base / WRITTEN), stdin=snapshot)
    _overlay("/", base, root)
    for point in disk_mounts():
        _overlay(point, base, root / point.lstrip("/"))
    _kernel_filesystems(root)
    _read_only(project, root)
    return root


def _overlay(lower: str, base: Path, target: Path) -> None:
    """Show ``lower`` at ``target``; what is written stays in memory."""
    layer = base / WRITTEN / (lower.strip("/").replace("/", "-") or "root")
    for name in ("upper", "work"):
        (layer / name).mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={lower},upperdir={layer}/upper,workdir={layer}/work"
    call("mount", "-t", "overlay", "overlay", "-o", options, str(target))


def disk_mounts() -> list[str]:
    """Folders such as /usr that are file systems of their own: an overlay of / lacks them."""
    points = []
    for line in Path("/proc/self/mounts").read_text().splitlines():
        source, point, _kind = line.split()[:3]
        wanted = any(point == p or point.startswith(p + "/") for p in DISK_PREFIXES)
        if wanted and source.startswith("/dev/") and Path(point).is_dir() and point not in points:
            points.append(point)
    return points


def _kernel_filesystems(root: Path) -> None:
    """Fresh proc, sys, dev, run and tmp: nothing of the machine's own processes is seen."""
    call("mount", "-t", "proc", "proc", f"{root}/proc")
    call("mount", "-t", "sysfs", "-o", "ro", "sysfs", f"{root}/sys")
    for folder, mode in (("dev", "755"), ("run", "755"), ("tmp", "1777")):
        call("mount", "-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", f"{root}/{folder}")
    for name in DEVICES:
        (root / "dev" / name).touch()
        call("mount", "--bind", f"/dev/{name}", f"{root}/dev/{name}")
    for name in ("shm", "pts"):
        (root / "dev" / name).mkdir()
    call("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", f"{root}/dev/shm")
    call("mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts", f"{root}/dev/pts")
    for name, target in (("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "fd/0")):
        (root / "dev" / name).symlink_to(target)
    for name, number in (("stdout", 1), ("stderr", 2)):
        (root / "dev" / name).symlink_to(f"fd/{number}")
    (root / "run/lock").mkdir(mode=0o1777)


def _read_only(project: Path, root: Path) -> None:
    """Show the project at its own path, as it is now, and writable by nobody inside."""
    target = root / str(project).lstrip("/")
    target.mkdir(parents=True, exist_ok=True)
    call("mount", "--bind", str(project), str(target))
    call("mount", "-o", "remount,bind,ro", str(target))


def wake(hostname: str) -> None:
    """What a kernel keeps: the network and the name; to be called after the switch of root."""
    call("ip", "link", "set", "lo", "up")
    call("hostname", hostname)


def furnish(hostname: str) -> None:
    """Turn the entered root into a fresh machine; what is written here is kept by a snapshot."""
    for path in REMOVED:
        Path(path).unlink(missing_ok=True)
    for path in EMPTIED:
        _empty(Path(path))
    _quiet_cron()
    _name_service(hostname)
    if 'NAME="Ubuntu"' not in Path("/etc/os-release").read_text().splitlines():
        _write("/etc/os-release", OS_RELEASE)
        _write("/etc/lsb-release", LSB_RELEASE)
    Path("/var/log/world").mkdir(parents=True, exist_ok=True)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if str(entry) in KEPT:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _quiet_cron() -> None:
    """Only certbot's own job stays: the machine's other jobs are none of a test's business."""
    for entry in Path("/etc/cron.d").glob("*"):
        if entry.name != "certbot":
            entry.unlink()
    _write("/etc/crontab", CRONTAB)


def _name_service(hostname: str) -> None:
    _write("/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:5 attempts:3\n")
    _write("/etc/hosts", f"127.0.0.1 localhost {hostname}\n::1 localhost\n")
    _write("/etc/hostname", f"{hostname}\n")


def _write(path: str, text: str) -> None:
    """Replace a file, or the symbolic link that stands there."""
    Path(path).unlink(missing_ok=True)
    Path(path).write_text(text)
