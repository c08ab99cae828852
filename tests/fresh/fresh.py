"""What somebody meets who has a bare machine: git, make, a clone of this project.

    fresh.py RELEASE [--user root|sudo] [--keep]      such as bookworm, trixie, testing, noble

Lays out a minimal system of that release with debootstrap, from where this machine gets its own
packages (or MIRROR), and in it runs `make demo` twice and `make lint unit reactive` once: as root,
and again on another such machine as a user with sudo. Prints a table, keeps it in build/fresh.json;
what was said is in build/fresh/*.log. Exits 1 if a step failed. Needs root and a network.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / "build" / "fresh"
RESULTS = PROJECT / "build" / "fresh.json"
SCRIPTS = Path("/usr/share/debootstrap/scripts")
ENTER = Path(__file__).resolve().parent / "enter.sh"
STEPS = (("make demo", "demo"), ("again", "demo"), ("lint unit reactive", "lint unit reactive"))
USERS = ("root", "sudo")
PERSON = "person"
LONGEST = 5400  # seconds for one step
# of this machine's settings: how packages are reached
SETTINGS = ("/etc/apt/apt.conf", "/etc/apt/apt.conf.d", "/etc/apt/auth.conf.d", "/etc/resolv.conf",
            "/etc/hosts", "/usr/local/share/ca-certificates")  # fmt: skip


class NotLaidOut(RuntimeError):
    """There can be no such machine; the text says why."""


class Step(NamedTuple):
    """One row of the table."""

    name: str
    passed: bool
    seconds: float
    remark: str


def mirror(release: str) -> str:
    """Where packages of this release come from, by this machine's own settings."""
    script = SCRIPTS / release
    if not script.exists():
        raise NotLaidOut(f"debootstrap does not know {release}; a newer debootstrap may")
    if os.environ.get("MIRROR"):
        return os.environ["MIRROR"]
    origin = "Ubuntu" if script.resolve().name == "gutsy" else "Debian"
    listed = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)", f"Origin: {origin}"]
    for line in subprocess.run(listed, capture_output=True, text=True).stdout.splitlines():
        address, _, label = line.partition(" ")
        if label == origin:
            return address
    raise NotLaidOut(f"this machine's apt has no archive of {origin}; give one as MIRROR=...")


def lay_out(release: str, user: str, root: Path, log: Path) -> None:
    """A minimal system with git and make, the way to packages, and a clone of this project."""
    shutil.rmtree(root, ignore_errors=True)
    programs = "ca-certificates,git,make" + (",sudo" if user == "sudo" else "")
    parts = "main,universe" if "ubuntu" in mirror(release) else "main"
    command = ["debootstrap", "--variant=minbase", f"--include={programs}", f"--components={parts}"]
    _say(log, [*command, release, str(root), mirror(release)])
    for path in [Path(name) for name in SETTINGS] + list(_files_of_pip()):
        target = root / str(path).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True)
        elif path.exists():
            target.unlink(missing_ok=True)
            shutil.copyfile(path, target)
    home = _home(user)
    if user == "sudo":
        _say(log, ["chroot", str(root), "useradd", "--create-home", "--groups", "sudo", PERSON])
        (root / "etc/sudoers.d/person").write_text(f"{PERSON} ALL=(ALL) NOPASSWD: ALL\n")
    clone = ["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT), f"{root}{home}/layer"]
    _say(log, clone)
    if user == "sudo":
        _say(log, ["chroot", str(root), "chown", "-R", PERSON, f"{home}/layer"])


def _home(user: str) -> str:
    return "/root" if user == "root" else f"/home/{PERSON}"


def _pip_settings() -> Iterator[tuple[str, str]]:
    """This machine's settings of pip, as (variable, value): pip reads them from there, too."""
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True
    )
    for line in asked.stdout.splitlines():
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        words = [word for word in value.strip("'\"").replace("\\n", " ").split()]
        yield "PIP_" + option.upper().replace("-", "_"), " ".join(words)


def _files_of_pip() -> Iterator[Path]:
    for _, value in _pip_settings():
        if value.startswith("/") and Path(value).is_file():
            yield Path(value)


def make(root: Path, user: str, goals: str, log: Path) -> int:
    """Run make with these goals as this user in the root; returns the exit status."""
    settings = [f"{name}={value}" for name, value in _pip_settings()]
    proxies = [f"{k}={v}" for k, v in os.environ.items() if k.lower().endswith("_proxy")]
    home = _home(user)
    line = ["env", "-i", "-C", f"{home}/layer", f"HOME={home}", "LANG=C.UTF-8", *settings, *proxies]
    line.append("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    if user == "sudo":
        line = ["setpriv", f"--reuid={PERSON}", "--regid=" + PERSON, "--init-groups", *line]
    inside = [str(ENTER), str(root), *line, "make", *goals.split()]
    words = ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", *inside]
    with log.open("a") as stream:
        stream.write(f"\n== make {goals} as {user}\n")
        stream.flush()
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                              timeout=LONGEST).returncode  # fmt: skip


def try_as(release: str, user: str, keep: bool) -> Iterator[Step]:
    """All steps as one user, on a machine of its own; after a failure the others are left out."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    root, log = FOLDER / f"{release}-{user}", FOLDER / f"{release}-{user}.log"
    log.write_text("")
    try:
        lay_out(release, user, root, log)
        for name, goals in STEPS:
            began = time.monotonic()
            status = make(root, user, goals, log)
            seconds = time.monotonic() - began
            yield Step(name, status == 0, seconds, "" if status == 0 else _last_words(log))
            if status:
                return
    except (NotLaidOut, subprocess.SubprocessError) as error:
        yield Step("lay out", False, 0, str(error))
    finally:
        if not keep:
            shutil.rmtree(root, ignore_errors=True)


def _say(log: Path, command: list[str]) -> None:
    with log.open("a") as stream:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
    if done.returncode:
        raise NotLaidOut(f"{command[0]} ended with {done.returncode}: {_last_words(log)}")


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(lines[-12:])


def main() -> int:
    """0 = all steps passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("release")
    parser.add_argument("--user", choices=USERS, help="one of them alone")
    parser.add_argument("--keep", action="store_true", help="leave the folders in build/fresh")
    args = parser.parse_args()
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    print(f"{'release':12}{'user':8}{'step':22}{'':8}{'seconds':>8}", flush=True)
    passed = []
    for user in [args.user] if args.user else USERS:
        rows = []
        for step in try_as(args.release, user, args.keep):
            rows.append(step._asdict())
            passed.append(step.passed)
            word = "ok" if step.passed else "FAILED"
            print(f"{args.release:12}{user:8}{step.name:22}{word:8}{step.seconds:8.0f}", flush=True)
            if step.remark:
                print(
                    "".join(f"    {line}\n" for line in step.remark.splitlines()),
                    end="",
                    flush=True,
                )
        known[f"{args.release} {user}"] = rows
        RESULTS.write_text(json.dumps(known, indent=1) + "\n")
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
