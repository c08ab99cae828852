"""What is made for others to read can be read by them, whatever the hook's umask is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from layer_lets_encrypt.ca import process as launch
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules.challenge import STATELESS
from layer_lets_encrypt.web import self_check, snippets


@pytest.fixture(params=[0o000, 0o027, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_folder_of_challenges_can_be_entered_and_its_files_read(
    tmp_path: Path, umask: int
) -> None:
    webroot = tmp_path / "new" / "webroot"
    expected = self_check.of_webroot(str(webroot))
    left = Path(str(webroot) + expected.path)
    parts = [left.parent, left.parent.parent, webroot, webroot.parent]
    assert [mode(part) for part in parts] == [0o755] * 4
    assert mode(left) == 0o644


def test_a_folder_of_challenges_that_was_made_too_narrow_is_opened(
    tmp_path: Path, umask: int
) -> None:
    narrow = tmp_path / ".well-known" / "acme-challenge"
    narrow.mkdir(parents=True)
    for part in (narrow, narrow.parent):
        part.chmod(0o700)
    self_check.of_webroot(str(tmp_path))
    assert (mode(narrow), mode(narrow.parent)) == (0o755, 0o755)


def test_snippets_can_be_read(tmp_path: Path, umask: int) -> None:
    folder = tmp_path / "etc" / "web-0"
    snippets.write(folder, STATELESS, "/srv", "thumbprint")
    assert (mode(folder.parent), mode(folder)) == (0o755, 0o755)
    assert {mode(path) for path in folder.iterdir()} == {0o644}


def test_a_folder_is_as_open_as_what_is_written_into_it(tmp_path: Path, umask: int) -> None:
    files.write_atomic(tmp_path / "a" / "cron.d" / "job", "text", 0o644)
    files.write_atomic(tmp_path / "b" / "unit" / "secret", "text", 0o600)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "cron.d")) == (0o755, 0o755)
    assert (mode(tmp_path / "b"), mode(tmp_path / "b" / "unit")) == (0o755, 0o700)


def test_a_program_that_is_started_writes_for_others(tmp_path: Path, umask: int) -> None:
    touch = shutil.which("touch")
    assert touch is not None
    made = tmp_path / "made"
    status, _ = launch.run_once([touch, str(made)], os.environ, lambda: None, 30)
    assert (status, mode(made)) == (0, 0o644)


def test_a_file_with_another_owner_or_a_second_name_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "job"
    files.write_atomic(path, "text", 0o644)
    assert not files.write_atomic(path, "text", 0o644)
    os.link(path, tmp_path / "second")
    assert files.write_atomic(path, "text", 0o644)
    if os.geteuid() == 0:
        os.chown(path, 1, 1)
        assert files.write_atomic(path, "text", 0o644)
        assert path.stat().st_uid == 0
