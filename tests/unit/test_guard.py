"""The guard's journal and process, where there is no service to bring back.

With a service, and with systemd, it is tested in worlds and on booted machines.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT
from layer_lets_encrypt.machine import cron
from layer_lets_encrypt.web import guard, processes, systemd, watch
from layer_lets_encrypt.web.guard import Guard

OTHER_BOOT = "0b5b8a4e-0000-0000-0000-000000000000-7"


@pytest.fixture(autouse=True)
def no_systemd(monkeypatch) -> None:
    """This machine's own systemd, where it has one, is left alone."""
    monkeypatch.setattr(systemd, "present", lambda: False)


def wait_until(condition, what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def guards(path: Path) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-f", f"{guard.MODULE} {path}"], capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


def test_the_journal_is_there_only_while_the_guard_watches(tmp_path) -> None:
    path = tmp_path / "state" / "journal.json"
    with Guard(path, "attempt", ""):
        assert guard.read(path) == guard.Journal("attempt", boot=guard.this_boot())
        assert len(guards(path)) == 1
    assert not path.exists()
    assert not guards(path)


def test_a_guard_that_dies_is_replaced(tmp_path) -> None:
    path = tmp_path / "journal.json"
    with Guard(path, "attempt", "") as watching:
        (first,) = guards(path)
        watching.ensure_alive()
        assert guards(path) == [first]
        os.kill(first, signal.SIGKILL)
        wait_until(watching._watch.has_ended, "its end is noticed")
        watching.ensure_alive()
        (second,) = guards(path)
        assert second != first
    assert not guards(path)


def test_a_guard_outlives_a_terminated_process_group_but_not_its_hook(tmp_path) -> None:
    path = tmp_path / "journal.json"
    words = (
        "import sys; from pathlib import Path; from layer_lets_encrypt.web import guard, systemd;"
        "systemd.present = lambda: False;"
        "guard.Guard(Path(sys.argv[1]), 'attempt', '').__enter__();"
        "print('watched', flush=True); sys.stdin.read()"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "lib"), processes.ATTEMPT: "attempt"}
    command = [sys.executable, "-c", words, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=env, **pipes) as hook:
        assert hook.stdout is not None and hook.stdout.readline() == b"watched\n"
        (pid,) = guards(path)
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
        assert guards(path) == [pid]
        assert path.exists()
        hook.kill()
    wait_until(lambda: not path.exists(), "the guard undoes")
    wait_until(lambda: not guards(path), "the guard ends")


def test_what_another_attempt_left_is_undone_with_this_one(tmp_path) -> None:
    path = tmp_path / "journal.json"
    move = (str(tmp_path / "a"), str(tmp_path / "b"))
    left = {"attempt": "old", "service": "", "moves": [move], "companions": ["x.socket"]}
    path.write_text(json.dumps(left))
    (tmp_path / "b").write_text("moved")
    with Guard(path, "new", ""):
        assert guard.read(path) == guard.Journal(
            "new", moves=[move], companions=["x.socket"], boot=guard.this_boot()
        )
    assert (tmp_path / "a").read_text() == "moved"


def test_a_process_that_cannot_start_is_told_and_leaves_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(guard, "MODULE", "layer_lets_encrypt.no_such_module")
    path = tmp_path / "journal.json"
    with pytest.raises(OSError, match="journal.log"), Guard(path, "attempt", ""):
        pass
    assert not path.exists()
    assert "no_such_module" in path.with_suffix(".log").read_text()


@pytest.fixture
def undo_script(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(cron, "CRON_DIR", tmp_path / "cron.d")
    state = tmp_path / "it's a state"
    cron.install("web/0", state / "renew", state / "journal.json", ROOT / "templates/lets-encrypt")
    return state / "undo"


def run_at_boot(script: Path) -> None:
    """As cron does; whatever it says would be mailed or lost."""
    env = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run([script], env=env, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("content", [None, "", "{", "[]"])
def test_a_boot_without_a_journal_is_no_matter(undo_script, content) -> None:
    journal = undo_script.with_name("journal.json")
    if content is not None:
        journal.write_text(content)
    run_at_boot(undo_script)


@pytest.mark.parametrize("boot", [OTHER_BOOT, ""], ids=["another boot", "none was written"])
def test_after_a_boot_what_is_left_is_undone(undo_script, boot) -> None:
    journal, folder = undo_script.with_name("journal.json"), undo_script.parent
    moves = [(str(folder / "a"), str(folder / "b"))]
    (folder / "b").write_text("moved")
    journal.write_text(json.dumps({"attempt": "x", "service": "", "moves": moves, "boot": boot}))
    run_at_boot(undo_script)
    assert not journal.exists()
    assert (folder / "a").read_text() == "moved"
    run_at_boot(undo_script)


def test_after_a_boot_a_hook_at_work_is_left_alone(undo_script) -> None:
    path = undo_script.with_name("journal.json")
    with Guard(path, "attempt", ""):
        run_at_boot(undo_script)
        assert path.exists()


def test_a_late_guard_that_was_given_up_undoes_nothing(tmp_path, monkeypatch) -> None:
    """As with a systemd that takes too long: the next way is taken, and the late one waits."""
    late = [sys.executable, "-c", LATE, str(ROOT / "lib"), str(tmp_path / "woke")]
    monkeypatch.setattr(watch, "READY_TIMEOUT", 2)
    monkeypatch.setattr(systemd, "present", lambda: True)
    monkeypatch.setattr(watch.Watch, "_as_unit", lambda self: late)
    watching = watch.Watch(guard.MODULE, [str(tmp_path / "none.json"), "x"], "x", tmp_path / "log")
    watching.begin()
    time.sleep(2.5)
    assert not (tmp_path / "woke").exists()
    assert not watching.has_ended()
    watching.dismiss()
    wait_until((tmp_path / "woke").exists, "the late one wakes at the end")


LATE = """
import sys, time; sys.path.insert(0, sys.argv[1])
time.sleep(3)
from layer_lets_encrypt.web import guard
guard._undo_patiently = lambda *_: open(sys.argv[2], "w").close()
guard.main(["guard", "none", "x"])
"""
