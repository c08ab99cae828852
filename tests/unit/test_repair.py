"""What a repair keeps, and what certbot makes when it does not accept a lineage."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import lineage, removal, repair, stray
from layer_lets_encrypt.machine import paths
from layer_lets_encrypt.rules import facts
from layer_lets_encrypt.rules.facts import SANE
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History, Record
from world.lineages import PARTS, lay_out

NAME = "www.example.com"
NAMES = (NAME, "example.com")
NOW = 1_800_000_000.0
GROUP = 33  # www-data


def access(path: Path) -> tuple[int, int, int]:
    seen = path.stat()
    return seen.st_uid, seen.st_gid, seen.st_mode & 0o7777


def open_to_a_service(live: Path, archive: Path, conf: Path) -> None:
    """As operators do it for a server that is not root."""
    for folder in (live, archive):
        os.chown(folder, 0, GROUP)
        folder.chmod(0o750)
    os.chown(archive / "privkey1.pem", 0, GROUP)
    (archive / "privkey1.pem").chmod(0o640)
    (archive / "fullchain1.pem").chmod(0o600)


def no_conf(live: Path, archive: Path, conf: Path) -> None:
    conf.unlink()


def dangling(live: Path, archive: Path, conf: Path) -> None:
    (archive / "chain1.pem").unlink()


def no_live(live: Path, archive: Path, conf: Path) -> None:
    shutil.rmtree(live)


def regular_files(live: Path, archive: Path, conf: Path) -> None:
    for part in PARTS:
        (live / f"{part}.pem").unlink()
        shutil.copy2(archive / f"{part}1.pem", live)
        (live / f"{part}1.pem").rename(live / f"{part}.pem")
    os.chown(live / "privkey.pem", 0, GROUP)
    (archive / "privkey1.pem").chmod(0o600)  # nobody reads that one


@pytest.mark.parametrize("damage", [no_conf, dangling, no_live, regular_files])
def test_a_repair_keeps_owner_group_and_mode(config_dir: Path, damage) -> None:
    lay_out(config_dir, NAMES)
    live, archive, conf = places = paths.places(NAME, config_dir)
    open_to_a_service(*places)
    damage(*places)
    moves = repair.moves_aside(NAME, NOW, config_dir)
    repair.move(moves)
    lay_out(config_dir, NAMES)
    (archive / "privkey1.pem").chmod(0o600)
    for _ in range(2):
        repair.move_back(moves, config_dir)
        assert access(archive / "privkey1.pem") == (0, GROUP, 0o640)
        assert access(archive / "fullchain1.pem") == (0, 0, 0o600)
        assert access(archive) == (0, GROUP, 0o750)
        if damage is not no_live:
            assert access(live) == (0, GROUP, 0o750)
    assert lineage.inspect(NAME, config_dir).state == SANE


def test_a_link_in_the_place_of_a_new_file_is_not_followed(config_dir: Path, tmp_path) -> None:
    lay_out(config_dir, NAMES)
    live, archive, conf = places = paths.places(NAME, config_dir)
    open_to_a_service(*places)
    no_conf(*places)
    moves = repair.moves_aside(NAME, NOW, config_dir)
    repair.move(moves)
    lay_out(config_dir, NAMES)
    other = tmp_path / "other"
    other.write_text("not ours")
    other.chmod(0o600)
    (archive / "privkey9.pem").symlink_to(other)
    repair.move_back(moves, config_dir)
    assert access(other) == (0, 0, 0o600)


def make_stray(config_dir: Path, stray_name: str, names: tuple[str, ...]) -> None:
    """A lineage as certbot makes it when another one has its name already."""
    lay_out(config_dir, (stray_name,))
    other = config_dir.parent / ("other-" + stray_name)
    other.mkdir()
    lay_out(other, names)
    for part in PARTS:
        source = other / "archive" / names[0] / f"{part}1.pem"
        shutil.copy(source, config_dir / "archive" / stray_name)


def test_the_lineage_that_certbot_made_instead_is_found(config_dir: Path) -> None:
    lay_out(config_dir, NAMES)
    assert stray.numbered(NAME, config_dir) == []
    for number, names in ((1, (NAME,)), (2, NAMES), (10000, (NAME,))):
        make_stray(config_dir, f"{NAME}-{number:04d}", names)
    lay_out(config_dir, (f"{NAME}-1.example.com",))
    lay_out(config_dir, (f"x.{NAME}",))
    known = [f"{NAME}-0001", f"{NAME}-0002", f"{NAME}-10000"]
    assert stray.numbered(NAME, config_dir) == known
    assert stray.new_one(NAME, NAMES, [], config_dir) == known[1], "the one with the names"
    assert stray.new_one(NAME, NAMES, known, config_dir) == "", "it was there before"


def test_the_status_names_both_the_cause_and_the_remedy(config_dir: Path) -> None:
    make_stray(config_dir, f"{NAME}-0001", NAMES)
    seen = stray.problem(NAME, f"{NAME}-0001", config_dir)
    assert seen is not None
    assert seen.severity == "blocked"
    assert seen.detail == (
        f"{NAME}: certbot does not accept its files and saved the certificate as {NAME}-0001; "
        f"run 'certbot delete --cert-name {NAME}-0001' on the unit"
    )
    (config_dir / "renewal" / f"{NAME}-0001.conf").unlink()
    assert stray.problem(NAME, f"{NAME}-0001", config_dir) is None
    assert stray.problem(NAME, "", config_dir) is None


def test_a_stray_lineage_is_remembered_until_there_is_a_new_certificate() -> None:
    record = Record(stray=f"{NAME}-0001").begin("asked", NOW).finding("1f", [f"{NAME}-0001"])
    failed = record.failed(Problem("blocked", "words"), NOW)
    assert failed.about("another request").stray == f"{NAME}-0001"
    assert failed.forgiven().stray == f"{NAME}-0001"
    assert record.succeeded().stray == ""
    past = History({NAME: failed, "b.example": Record()})
    assert past.lineages == {NAME, f"{NAME}-0001", "b.example"}, "the timer stays off"


def test_a_stray_lineage_is_removed_with_the_one_that_nobody_wants(config_dir: Path) -> None:
    make_stray(config_dir, f"{NAME}-0001", NAMES)
    lay_out(config_dir, NAMES)
    past = History({NAME: Record(stray=f"{NAME}-0001", unwanted=NOW)})
    said: list[str] = []
    removal.sweep(past, set(), NOW + 31 * 86400, said.append, config_dir)
    assert lineage.inspect(f"{NAME}-0001", config_dir).state == facts.ABSENT
    assert lineage.inspect(NAME, config_dir).state == SANE, "it was not made by this layer"
