"""What somebody sees whose machine cannot run this, and who interrupts what is being installed."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from charmbuild import PROJECT

CAN_START = "tests/build/can-start.sh"
STEP = "tests/build/step.sh"
FIRST_SECOND = ("unshare", "--mount", "--net", "--fork", "sh", "-e", "-c")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with what says whether a start is possible, at a path that is fit."""
    return checkout(tmp_path / "layer")


def checkout(folder: Path) -> Path:
    (folder / "tests" / "build").mkdir(parents=True)
    for name in (CAN_START, STEP):
        shutil.copy2(PROJECT / name, folder / name)
    return folder


def obstacle(
    folder: Path, before: str = "", *stamps: str, user: str = "", megabytes: int = 1
) -> str:
    """What can-start.sh prints, after ``before`` was done in a mount and network of its own."""
    asked = f"{CAN_START} {megabytes} {' '.join(stamps)}"
    if user:
        asked = f"setpriv --reuid={user} --clear-groups env PATH=/nowhere:$PWD/bin {asked}"
    began = time.monotonic()
    done = subprocess.run(
        [*FIRST_SECOND, f"{before}\n{asked}"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert len(done.stdout.splitlines()) <= 1 and time.monotonic() - began < 20
    return done.stdout.strip()


def test_a_machine_on_which_all_is_installed_starts_without_a_network(copy: Path) -> None:
    (copy / "here").touch()
    assert obstacle(copy, "", "here") == ""


@pytest.mark.parametrize("name", ["a blank", "a:colon", "an'apostrophe", "a$dollar"])
def test_a_path_that_tools_cannot_bear_is_refused(name: str, tmp_path: Path) -> None:
    said = obstacle(checkout(tmp_path / name))
    assert str(tmp_path / name) in said and "move the folder" in said


def test_a_machine_without_a_network_is_told_before_anything_is_downloaded(copy: Path) -> None:
    assert "no network" in obstacle(copy, "", "missing")


def test_a_proxy_is_a_network(copy: Path) -> None:
    assert obstacle(copy, "export https_proxy=http://127.0.0.1:3128", "missing") == ""


def test_too_small_a_disk_is_told(copy: Path) -> None:
    small = "mkdir -p build && mount -t tmpfs -o size=9m tmpfs build && ip link set lo up"
    said = obstacle(copy, small + " && export http_proxy=x", "missing", megabytes=10**9)
    assert "MB are free" in said and "takes 1000000000 MB" in said


def test_a_folder_that_cannot_be_written_is_told(copy: Path) -> None:
    said = obstacle(copy, "mount --bind . . && mount -o remount,bind,ro . && cd .")
    assert "nothing can be written" in said


def test_a_python_that_is_too_old_is_told(copy: Path) -> None:
    old = copy / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.7.3\nexit 1\n')
    old.chmod(0o755)
    said = obstacle(copy, "mount --bind python3 /usr/bin/python3")
    assert said.startswith("Python 3.7.3 is too old")


def test_a_user_without_sudo_is_told(copy: Path) -> None:
    (copy / "bin").mkdir()
    for program in ("sh", "mkdir", "id", "dirname", "tr", "cut"):
        (copy / "bin" / program).symlink_to(shutil.which(program) or "")
    (copy / "build" / "stamps").mkdir(parents=True)
    for folder in (copy / "build" / "stamps", copy, *copy.parents[:3]):
        folder.chmod(0o777)
    assert "there is no sudo here" in obstacle(copy, user="65534")


def run_step(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([STEP, *words], cwd=folder, capture_output=True, text=True)


def test_a_step_says_what_it_does_and_keeps_the_noise_in_a_log(copy: Path) -> None:
    done = run_step(
        copy, "build/stamps/x", "a step", "no time", "sh", "-c", "echo noise; echo more >&2"
    )
    assert done.returncode == 0 and "noise" not in done.stdout + done.stderr
    assert done.stdout.startswith("== a step (no time)\n")
    assert re.search(r"done in \d+ s; its output is in build/install.log$", done.stdout, re.M)
    assert (copy / "build/stamps/x").exists()
    assert "noise\nmore\n" in (copy / "build/install.log").read_text()


def test_a_step_that_failed_shows_the_end_of_the_log_and_is_not_done(copy: Path) -> None:
    done = run_step(copy, "build/stamps/x", "a step", "no time", "sh", "-c", "echo why; exit 3")
    assert done.returncode == 3 and not (copy / "build/stamps/x").exists()
    assert str(copy / "build/install.log") in done.stdout and "| why" in done.stdout


def test_an_interrupted_step_ends_with_one_line_and_is_done_again(copy: Path) -> None:
    (copy / "Makefile").write_text(
        "SHELL := /bin/bash\ndone:\n\t@tests/build/step.sh done waiting 'a minute' "
        "sh -c 'test -e again || { touch began; exec sleep 60; }'\n"
    )
    said = interrupted(["make", "done"], copy, copy / "began")
    after = said.split("^C")[-1].split()
    assert " ".join(after) == "interrupted; the next make goes on from here"
    assert not (copy / "done").exists()
    (copy / "again").touch()
    assert subprocess.run(["make", "done"], cwd=copy, capture_output=True).returncode == 0
    assert (copy / "done").exists()


PATIENT = """
import pathlib, signal, sys, time
pathlib.Path(sys.argv[1]).touch()
try:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_an_interrupted_demo_ends_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "demo.py").write_text(PATIENT)
    begun = tmp_path / "begun"
    program = f"{os.path.relpath(tmp_path, PROJECT / 'tests' / 'world')}/demo.py {begun}"
    (tmp_path / "Makefile").write_text(
        f"include {PROJECT}/Makefile\nstory:\n\t$(call IN_WORLD,{program})\n"
    )
    said = interrupted(["make", "-f", str(tmp_path / "Makefile"), "story"], PROJECT, begun)
    after = said.split("^C")[-1].split()
    assert " ".join(after) == "interrupted; the world is gone, and nothing of it is left"


@pytest.mark.parametrize("program", ["demo.py", "try_charm.py"])
def test_ctrl_c_in_the_first_moment_shows_no_traceback(program: str) -> None:
    signals = ["env", "--default-signal=INT", "--block-signal=INT"]  # a parent may ignore it
    command = [*signals, sys.executable, "-B", f"tests/world/{program}"]
    with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE) as started:
        while not blocks(started.pid, signal.SIGINT):
            time.sleep(0.001)
        started.send_signal(signal.SIGINT)  # Python has hardly begun, and imports for a while
        assert started.stderr is not None and started.stderr.read() == b""
    assert started.returncode == 130


def blocks(pid: int, number: int) -> bool:
    """Whether the process has the signal blocked."""
    status = Path(f"/proc/{pid}/status").read_text()
    mask = re.search(r"^SigBlk:\s*([0-9a-f]+)", status, re.M)
    return mask is not None and bool(int(mask[1], 16) >> (number - 1) & 1)


def interrupted(command: list[str], folder: Path, begun: Path) -> str:
    """Run a command on a terminal and press Ctrl-C once ``begun`` is there; what it printed."""
    pid, terminal = pty.fork()
    if not pid:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests may ignore it
        os.chdir(folder)
        os.execvp(command[0], command)
    until = time.monotonic() + 60
    while not begun.exists() and time.monotonic() < until:
        time.sleep(0.05)
    os.write(terminal, b"\x03")
    said = b""
    while piece := _read(terminal):
        said += piece
    os.waitpid(pid, 0)
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other side is closed
        return b""
