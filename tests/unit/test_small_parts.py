"""Files, cron, certbot's command line, ports, and who may import whom."""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT
from layer_lets_encrypt.ca import gate as certbot
from layer_lets_encrypt.ca import process as launch
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.machine import cron, files
from layer_lets_encrypt.machine.paths import DNS_PLUGIN
from layer_lets_encrypt.web import processes


def test_a_file_is_written_once_and_has_its_mode_at_once(tmp_path) -> None:
    path = tmp_path / "new" / "secret"
    assert files.write_atomic(path, "text", 0o600)
    assert not files.write_atomic(path, "text", 0o600)
    assert (path.stat().st_mode & 0o777) == 0o600
    assert files.write_atomic(path, "text", 0o644)
    assert files.write_atomic(path, "other", 0o644)
    assert path.read_text() == "other"
    assert os.listdir(path.parent) == ["secret"]


WRITER = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from layer_lets_encrypt.machine import files
files.write_atomic(Path(sys.argv[2]), "a" * 100000)
print("go", flush=True)
while True:
    for text in ("b" * 100000, "a" * 100000):
        files.write_atomic(Path(sys.argv[2]), text)
"""


def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path) -> None:
    path = tmp_path / "file"
    files.write_atomic(path, "a" * 100000)  # the writer may be killed before its first write ends
    for seed in range(5):
        command = [sys.executable, "-c", WRITER, str(ROOT / "lib"), str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(random.Random(seed).random() / 20)
            writer.kill()
        text = path.read_text()
        assert len(text) == 100000
        assert len(set(text)) == 1


TEMPLATES = ROOT / "templates" / "lets-encrypt"


@pytest.fixture
def install_cron(tmp_path, monkeypatch):
    """Install web/0's cron file below a temporary folder."""
    monkeypatch.setattr(cron, "CRON_DIR", tmp_path / "cron.d")
    state = tmp_path / "state"
    return lambda: cron.install("web/0", state / "renew", state / "journal.json", TEMPLATES)


def test_a_schedule_is_random_valid_and_kept(tmp_path, install_cron) -> None:
    script, undo = tmp_path / "state" / "renew", tmp_path / "state" / "undo"
    written, target = install_cron()
    text = target.read_text()
    assert written
    assert target.name == "layer-lets-encrypt-web-0"
    assert re.search(rf"^[0-5]?\d \d{{1,2}},\d\d \* \* \* root {script}\Z", text.strip(), re.M)
    assert f"\n@reboot root {undo}\n" in text
    assert [path.stat().st_mode & 0o777 for path in (target, script, undo)] == [0o644, 0o755, 0o755]
    for path in (script, undo):
        assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0
    assert install_cron() == (False, target)
    for _ in range(2):
        cron.remove("web/0", script)
    assert not any(path.exists() for path in (target, script, undo))


@pytest.mark.parametrize("fields", ["7 3 * * *", "*/5 1-3,5 * * mon", "@daily"])
def test_an_operators_time_fields_are_kept(install_cron, fields) -> None:
    _, target = install_cron()
    before = target.read_text()
    target.write_text(re.sub(r"^\d+ \S+ \* \* \*(?= root)", fields, before, flags=re.M))
    assert target.read_text() != before
    install_cron()
    assert f"\n{fields} root " in target.read_text()
    assert target.read_text().count("@reboot root ") == 1


def test_a_cron_file_without_a_schedule_gets_one(install_cron) -> None:
    _, target = install_cron()
    lines = target.read_text().splitlines(keepends=True)
    target.write_text("".join(lines[:-1]))
    assert cron.schedule_in(target.read_text()) is None
    install_cron()
    assert cron.schedule_in(target.read_text())


def test_schedules_spread_over_the_day() -> None:
    seen = {cron.random_schedule(random.Random(seed)) for seed in range(300)}
    assert len(seen) > 200


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


HOOK = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from layer_lets_encrypt.ca import gate as certbot
certbot.SEARCH_PATH = sys.argv[2]
certbot.run([], certbot.environment({}, None, "attempt-2"), Path(sys.argv[3]))
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_certbot_dies_with_the_hook(tmp_path, program, number) -> None:
    program("exec sleep 300")
    arguments = [str(ROOT / "lib"), certbot.SEARCH_PATH, str(tmp_path / "logs")]
    with subprocess.Popen([sys.executable, "-c", HOOK, *arguments]) as hook:
        wait_until(lambda: processes.survivors(processes.ATTEMPT, "attempt-2"))
        hook.send_signal(number)
    wait_until(lambda: not processes.survivors(processes.ATTEMPT, "attempt-2"))


def wait_until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_the_holder_of_a_port_is_found(family, host) -> None:
    try:
        listener = socket.create_server((host, 0), family=family)
    except OSError as error:
        pytest.skip(f"this machine has no {host}: {error}")
    with listener:
        port = listener.getsockname()[1]
        assert [process.pid for process in processes.port_holders(port)] == [os.getpid()]
    assert processes.port_holders(port) == []


def test_the_dh_parameters_are_the_published_ones() -> None:
    path = ROOT / "files" / "lets-encrypt" / "dhparam.pem"
    said = subprocess.run(
        ["openssl", "dhparam", "-in", path, "-noout", "-text"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "GROUP: ffdhe3072" in said
