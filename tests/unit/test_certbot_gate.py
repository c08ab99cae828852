"""How certbot is run: its environment, who watches it, who ends it."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT
from layer_lets_encrypt.ca import gate as certbot
from layer_lets_encrypt.ca import process as launch
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.machine.paths import DNS_PLUGIN
from layer_lets_encrypt.web import processes

HOOK_WITH_CERTBOT = ROOT / "tests" / "unit" / "programs" / "hook_with_certbot.py"


def test_certbots_environment_is_empty_but_for_the_proxies() -> None:
    outer = {"JUJU_CHARM_HTTPS_PROXY": "http://p:3128", "SECRET": "x", "PYTHONPATH": "lib"}
    env = certbot.environment(outer, Path("/ca.pem"), "id")
    assert env["https_proxy"] == env["HTTPS_PROXY"] == "http://p:3128"
    assert env["REQUESTS_CA_BUNDLE"] == "/ca.pem"
    assert "SECRET" not in env
    assert env["PYTHONPATH"] == str(DNS_PLUGIN), "the charm's own path is not passed on"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program in certbot's place, for what no real certbot does on demand."""

    def write(text: str) -> None:
        path = tmp_path / "bin" / "certbot"
        path.parent.mkdir(exist_ok=True)
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)

    monkeypatch.setattr(certbot, "SEARCH_PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return write


def run_certbot(tmp_path, **options):
    env = certbot.environment({}, None, "attempt-1")
    return certbot.run(["certonly"], env, tmp_path / "logs", **options)


def test_a_missing_certbot_is_told(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(certbot, "SEARCH_PATH", str(tmp_path))
    with pytest.raises(CertbotError, match="install"):
        run_certbot(tmp_path)


def test_a_certbot_that_does_not_end_is_ended_with_its_children(tmp_path, program) -> None:
    program("sleep 300 & sleep 300")
    with pytest.raises(CertbotError, match="did not finish in 1 s"):
        run_certbot(tmp_path, timeout=1)
    assert processes.survivors(processes.ATTEMPT, "attempt-1") == []


def test_somebody_watches_while_it_runs(tmp_path, program) -> None:
    """It ends when it has been watched twice."""
    program(f"until [ -e {tmp_path}/2 ]; do sleep 0.05; done; echo done")
    ticks = itertools.count(1)
    said = run_certbot(tmp_path, on_tick=lambda: (tmp_path / str(next(ticks))).touch(), timeout=120)
    assert said == "done\n"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("#!/usr/bin/python3\nimport certbot\n", "No module named 'certbot'"),
        ("#!/bin/sh\nexec true\n", "is not a Python script"),
        ("#!/not/there/python3\n", "/not/there/python3"),
        ("#!/usr/bin/python3 'never closed\n", "No closing quotation"),
    ],
)
def test_why_certbots_python_cannot_be_started_once_is_one_line_in_the_log(
    tmp_path, program, script, words
) -> None:
    program("")
    path = tmp_path / "bin" / "certbot"
    path.write_text(script)
    env = dict(certbot.environment({}), PYTHONPATH=str(tmp_path / "hides"))
    (tmp_path / "hides" / "certbot").mkdir(parents=True)
    (tmp_path / "hides" / "certbot" / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'certbot'\")"
    )
    said: list[str] = []
    assert certbot.open_runner(env, tmp_path / "logs", said.append) is None
    (line,) = said
    assert words in line
    assert "\n" not in line


@pytest.mark.parametrize("first", ["#!/bin/sh", "#!/usr/bin/python3 'never closed", "", "\x7fELF"])
def test_what_is_not_a_python_script_is_run_as_it_is(tmp_path, first) -> None:
    (tmp_path / "certbot").write_text(first + "\n")
    binary = str(tmp_path / "certbot")
    assert launch.command(binary, ["register"]) == [binary, "register"]
    assert not launch.is_python(binary)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_certbot_dies_with_the_hook(tmp_path, program, number) -> None:
    program("exec sleep 300")
    arguments = [ROOT / "lib", certbot.SEARCH_PATH, tmp_path / "logs"]
    with subprocess.Popen([sys.executable, HOOK_WITH_CERTBOT, *arguments]) as hook:
        wait_until(lambda: processes.survivors(processes.ATTEMPT, "attempt-2"))
        hook.send_signal(number)
    wait_until(lambda: not processes.survivors(processes.ATTEMPT, "attempt-2"))


def wait_until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
