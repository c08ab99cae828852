"""Commands of the operator: run without a shell, for a limited time, whatever they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from layer_lets_encrypt.delivery import programs
from layer_lets_encrypt.delivery.programs import Outcome


def run(*words: str, seconds: float = 60, **own: str) -> Outcome:
    return programs.run(words, programs.environment({}, own), seconds)


def test_exit_code_and_last_words_are_told() -> None:
    outcome = run("/bin/sh", "-c", "echo one; echo two >&2; echo; exit 3")
    assert (outcome.status, outcome.last_line) == (3, "two")
    assert outcome.last_lines == ["one", "two"]
    assert outcome.words == "ended with exit code 3"
    assert run("/bin/true") == Outcome(0, "")


def test_no_shell_reads_the_words() -> None:
    assert run("/bin/echo", "$HOME; id", "a  b").output == "$HOME; id a  b\n"


def test_the_environment_is_what_it_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUJU_CONTEXT_ID", "x")
    monkeypatch.setenv("JUJU_CHARM_HTTPS_PROXY", "http://proxy:3128")
    env = programs.environment(os.environ, {"RENEWED_DOMAINS": "a b"})
    said = programs.run(("/usr/bin/env",), env).output.splitlines()
    assert {line.partition("=")[0] for line in said} == {
        "PATH", "LANG", "HOME", "https_proxy", "HTTPS_PROXY", "RENEWED_DOMAINS"}  # fmt: skip
    assert "RENEWED_DOMAINS=a b" in said


def test_whoever_is_late_is_killed_with_all_that_it_has_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    words = f"trap '' TERM HUP; sleep 1000 & echo $! > {pids}; echo begun; wait; sleep 1000"
    outcome = run("/bin/sh", "-c", words, seconds=1)
    assert (outcome.status, outcome.output) == (None, "begun\n")
    assert outcome.words == "did not end within 300 seconds and was killed"
    assert has_gone(int(pids.read_text()))


def has_gone(pid: int) -> bool:
    """Whether a process that was killed has ended; who its new parent is decides when."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.02)
    return False


def test_what_is_left_in_the_background_is_not_waited_for(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    begun = time.monotonic()
    outcome = run("/bin/sh", "-c", f"sleep 1000 & echo $! > {pids}; echo started", seconds=120)
    assert (outcome.status, outcome.output) == (0, "started\n")
    assert time.monotonic() - begun < 60
    pid = int(pids.read_text())
    assert not has_ended_by_itself(pid)
    os.kill(pid, signal.SIGKILL)


def has_ended_by_itself(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_output_without_end_is_bounded() -> None:
    outcome = run("/bin/sh", "-c", "yes | head -c 3000000; echo last")
    assert outcome.status == 0 and outcome.last_line == "last"
    assert len(outcome.output) <= programs.MAX_KEPT
    assert len(outcome.last_lines) == programs.MAX_LINES


def test_closed_output_and_no_text_are_no_error() -> None:
    assert run("/bin/sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 4").status == 4
    said = run("/bin/sh", "-c", r"printf '\377\000\033[31mred'; kill -9 $$")
    assert said.words == "was ended by signal 9"
    assert said.last_line == "\ufffdred"


def test_it_reads_nothing_from_the_hook() -> None:
    assert run("/bin/cat").status == 0


def test_it_dies_with_the_hook(tmp_path: Path) -> None:
    words = ("import sys; from layer_lets_encrypt.delivery import programs; "
             "programs.run(('/bin/sh', '-c', 'echo $$ > ' + sys.argv[1] + '; exec sleep 1000'),"
             " programs.environment({}, {}))")  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(Path(programs.__file__).parents[2])}
    pids = tmp_path / "pid"
    hook = subprocess.Popen([sys.executable, "-B", "-c", words, str(pids)], env=env)
    while not (pids.exists() and pids.read_text().strip()):
        assert hook.poll() is None
        time.sleep(0.02)
    hook.kill()
    hook.wait()
    assert has_gone(int(pids.read_text()))


def test_a_program_that_cannot_be_run_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    (tmp_path / "text").chmod(0o755)
    for program in (str(tmp_path / "missing"), str(tmp_path / "text")):
        with pytest.raises(OSError, match=program):
            run(program)
    assert programs.find("sh") and programs.find("/bin/sh")
    assert programs.find("no-such-program") is None
    assert programs.find(str(tmp_path)) is None
