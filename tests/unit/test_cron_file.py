"""The unit's own cron file: what it holds, and what stays of an operator's changes."""

from __future__ import annotations

import random
import re
import subprocess

import pytest
from conftest import ROOT
from layer_lets_encrypt.machine import cron

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
