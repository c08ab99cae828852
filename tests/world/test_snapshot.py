"""A snapshot holds what was written, and nothing of what has changed since is served from it."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from world import snapshot
from world.world import World, WorldError


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """The disk of a world in which something was written, replaced and deleted."""
    disk = tmp_path / "disk.tar"
    with World() as world:
        world.write("/etc/written", "in the first world", mode=0o640)
        world.run(["chown", "nobody", "/etc/written"])
        world.run(["rm", "/etc/hosts"])
        world.run(["sh", "-c", "rm -r /usr/share/nginx && mkdir /usr/share/nginx"])
        world.run(["touch", "/tmp/temporary", "/run/temporary"])
        snapshot.save(world, disk)
    return disk


def test_the_next_world_finds_what_the_first_one_left(saved: Path):
    with saved.open("rb") as disk, World(snapshot=disk) as world:
        path = world.path("/etc/written")
        assert path.read_text() == "in the first world"
        assert (stat.S_IMODE(path.stat().st_mode), path.owner()) == (0o640, "nobody")
        assert not world.path("/etc/hosts").exists()
        assert list(world.path("/usr/share/nginx").iterdir()) == []
        assert not world.path("/tmp/temporary").exists()
        assert not world.path("/run/temporary").exists()
        assert world.run(["hostname"]).stdout == "world\n"


def test_two_worlds_of_one_snapshot_know_nothing_of_each_other(saved: Path):
    with saved.open("rb") as disk, World(snapshot=disk) as one, World(snapshot=disk) as other:
        one.write("/etc/written", "changed")
        assert other.path("/etc/written").read_text() == "in the first world"
    with saved.open("rb") as disk, World(snapshot=disk) as third:
        assert third.path("/etc/written").read_text() == "in the first world"


def test_a_file_that_is_no_snapshot_is_an_error(tmp_path: Path):
    (tmp_path / "disk.tar").write_text("this is no disk, but long enough to be looked at" * 100)
    with (tmp_path / "disk.tar").open("rb") as disk, pytest.raises(WorldError, match="tar"):
        World(snapshot=disk).__enter__()


@pytest.fixture
def built() -> Iterator[Path]:
    """A charm of one hook, where a world can see it: below the project."""
    with tempfile.TemporaryDirectory(dir=snapshot.BUILD, prefix="small-") as folder:
        yield charm(Path(folder))


def charm(folder: Path) -> Path:
    """Write the charm."""
    (folder / "hooks").mkdir()
    (folder / "metadata.yaml").write_text("name: small\nsummary: s\ndescription: d\n")
    (folder / "hooks" / "install").write_text("#!/bin/sh\ntouch /etc/installed\n")
    (folder / "hooks" / "install").chmod(0o755)
    return folder


def test_the_digest_changes_with_charm_release_certbot_and_python(built: Path):
    digests = {snapshot.digest(built, *words) for words in (
        ("3.6", "apt", ""), ("4.0", "apt", ""), ("3.6", "newest", ""), ("3.6", "apt", "3.8"),
    )}  # fmt: skip
    (built / "hooks" / "install").write_text("#!/bin/sh\n")
    assert len({*digests, snapshot.digest(built, "3.6", "apt", "")}) == 5


def test_a_machine_is_made_once_and_again_when_the_charm_has_changed(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(snapshot, "FOLDER", tmp_path / "snapshots")
    made, original = [], snapshot.make
    monkeypatch.setattr(snapshot, "make", lambda *words: made.append(words) or original(*words))
    for _ in range(2):
        with snapshot.world(built, python="") as world:
            assert world.path("/etc/installed").exists()
    assert len(made) == 1
    (built / "hooks" / "install").write_text("#!/bin/sh\ntouch /etc/installed-anew\n")
    with snapshot.world(built, python="") as world:
        assert world.path("/etc/installed-anew").exists()
    assert len(made) == 2
    assert len(list((tmp_path / "snapshots").glob("*.tar"))) == 1
