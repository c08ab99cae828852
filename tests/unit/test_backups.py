"""A backup of certbot's folder: whole, for root alone, and put back only if it is sound."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import backup, exchange, ledger, lineage, restoring
from layer_lets_encrypt.certificates.backup import BackupError
from layer_lets_encrypt.rules.records import History, Record
from world.lineages import lay_out, make_certificate

NAME = "www.example.com"


def seen(folder: Path) -> dict[str, tuple]:
    """All that is in a folder: modes, owners, links and contents."""
    found = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        one = path.lstat()
        content = os.readlink(path) if path.is_symlink() else b""
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
        name = str(path.relative_to(folder))
        found[name] = (stat.S_IFMT(one.st_mode), stat.S_IMODE(one.st_mode), one.st_uid, one.st_gid,
                       content)  # fmt: skip
    return found


@pytest.fixture
def saved(config_dir: Path, tmp_path: Path) -> Path:
    """A backup of a folder with a lineage, an account and what operators leave there."""
    lay_out(config_dir, (NAME, "example.com"))
    lay_out(config_dir, ("other.example.com",))
    (config_dir / "archive" / NAME / "privkey1.pem").chmod(0o640)
    (config_dir / "live").chmod(0o700)
    account = config_dir / "accounts" / "ca.example" / "directory" / "0123"
    account.mkdir(parents=True)
    (account / "private_key.json").write_text("{}")
    (config_dir / "mine").symlink_to("/etc/ssl")
    os.link(config_dir / "renewal" / f"{NAME}.conf", config_dir / "second-name")
    os.mkfifo(config_dir / "pipe")
    if os.geteuid() == 0:
        os.chown(config_dir / "archive" / NAME, 0, 33)
        os.chown(account, 4711, 4712)
    path, past = tmp_path / "backups" / "b.tar.gz", tmp_path / "history.json"
    ledger.save(History({NAME: Record("asked", made=True)}), past)
    assert backup.write(path, past, config_dir) == path.stat().st_size
    (config_dir / "pipe").unlink()
    return path


def test_a_backup_is_for_root_alone_and_may_be_repeated(saved: Path, config_dir: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert stat.S_IMODE(saved.parent.stat().st_mode) == 0o700
    backup.write(saved, Path("/nonexistent"), config_dir)
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_what_is_put_back_is_what_was_there(saved: Path, config_dir: Path, tmp_path: Path) -> None:
    before = seen(config_dir)
    fresh, past = restoring.unpack(saved, config_dir)
    assert seen(config_dir) == before, "nothing is touched by unpacking"
    (config_dir / "live" / NAME / "cert.pem").unlink()
    damaged = seen(config_dir)
    assert exchange.exchange(fresh, config_dir)
    assert seen(config_dir) == before
    assert seen(fresh) == damaged, "what was there is kept aside"
    assert past.of(NAME).made
    assert lineage.inspect(NAME, config_dir).usable


@pytest.mark.parametrize("fails", [["exchange"], ["exchange", "folder"]])
def test_where_folders_cannot_be_renamed_their_contents_change_places(
    saved: Path, config_dir: Path, monkeypatch: pytest.MonkeyPatch, fails: list[str]
) -> None:
    before = seen(config_dir)
    fresh, _ = restoring.unpack(saved, config_dir)
    (config_dir / "live" / NAME / "cert.pem").unlink()
    (config_dir / "new").write_text("since the backup")
    (config_dir / "mine").unlink()
    (config_dir / "csr").mkdir(mode=0o750)
    damaged, rename = seen(config_dir), os.rename

    def refuse(*words: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    def rename_files(source: str, target: str) -> None:
        if os.path.isdir(source) and not os.path.islink(source):
            refuse()
        rename(source, target)

    monkeypatch.setattr(exchange, "_rename_exchange", refuse)
    if "folder" in fails:
        monkeypatch.setattr(exchange.os, "rename", rename_files)
    assert exchange.exchange(fresh, config_dir)
    assert (seen(config_dir), seen(fresh)) == (before, damaged)


def test_another_machine_has_nothing_to_keep(saved: Path, config_dir: Path, tmp_path) -> None:
    before = seen(config_dir)
    elsewhere = tmp_path / "elsewhere" / "letsencrypt"
    elsewhere.parent.mkdir()
    fresh, _ = restoring.unpack(saved, elsewhere)
    assert not exchange.exchange(fresh, elsewhere)
    assert seen(elsewhere) == before
    assert [path.name for path in elsewhere.parent.iterdir()] == ["letsencrypt"]


def test_what_is_known_of_accounts_comes_with_them(tmp_path: Path) -> None:
    present = History({NAME: Record("now", failures=2), "new": Record(made=True)},
                      contacts={"ca": "new@b.example", "other": ""}, accounts={"ca": "1"},
                      loaded={NAME: "ff"})  # fmt: skip
    old = History({NAME: Record("old", made=True, issued_at=5.0), "@dns": Record("x", made=True)},
                  contacts={"ca": "old@b.example"}, accounts={"ca": "0"}, loaded={NAME: "aa"},
                  claims={NAME: [NAME]})  # fmt: skip
    path = tmp_path / "history.json"
    ledger.save(present, path)
    for _ in range(2):
        ledger.Ledger(path).restored(old)
    merged = ledger.load(path)
    assert merged.records == {NAME: Record("now", failures=2, made=True, issued_at=5.0),
                              "new": Record(made=True)}  # fmt: skip
    assert merged.contacts == {"ca": "old@b.example", "other": ""}
    assert (merged.accounts, merged.loaded, merged.claims) == ({"ca": "0"}, {NAME: "ff"}, {})


def refused(path: Path, config_dir: Path, said: str) -> None:
    """Refused, and nothing has happened."""
    before, names = seen(config_dir), sorted(os.listdir(config_dir.parent))
    with pytest.raises(BackupError, match=said):
        restoring.unpack(path, config_dir)
    assert (seen(config_dir), sorted(os.listdir(config_dir.parent))) == (before, names)


def test_a_backup_that_is_not_whole_replaces_nothing(saved: Path, config_dir: Path) -> None:
    whole = saved.read_bytes()
    for end in (0, 5, 100, len(whole) // 2, len(whole) - 9):
        saved.write_bytes(whole[:end])
        refused(saved, config_dir, "not a whole backup|no folder of certbot|cannot be read")
    middle = len(whole) // 2
    saved.write_bytes(whole[:middle] + b"\0\1\2\3" + whole[middle + 4 :])
    refused(saved, config_dir, "not a whole backup|does not belong|cannot be read|does not belong")


def test_what_is_no_backup_replaces_nothing(config_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    refused(path, config_dir, "cannot be read: No such file")
    path.mkdir()
    refused(path, config_dir, "is not a file")
    path.rmdir()
    os.mkfifo(path)
    refused(path, config_dir, "is not a file")
    path.unlink()
    path.symlink_to("/etc/passwd")
    refused(path, config_dir, "cannot be read")
    path.unlink()
    with tarfile.open(path, "w:gz"):
        pass
    refused(path, config_dir, "it has no folder of certbot")


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "", mode: int = 0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, to, mode
    info.uid = info.gid = os.geteuid()
    return info


ROOT = member("letsencrypt", tarfile.DIRTYPE, mode=0o755)
LIVE = member("letsencrypt/live", tarfile.DIRTYPE, mode=0o755)


@pytest.mark.parametrize(
    "hostile",
    [
        [ROOT, member("../evil")],
        [ROOT, member("/etc/evil")],
        [ROOT, member("letsencrypt/../evil")],
        [ROOT, member("etc/cron.d/evil")],
        [ROOT, member("letsencrypt/x", tarfile.SYMTYPE, ".."), member("letsencrypt/x/evil")],
        [ROOT, LIVE, member("letsencrypt/live/x", tarfile.SYMTYPE, "/tmp"),
         member("letsencrypt/live/x/evil")],
        [ROOT, member("letsencrypt/x", tarfile.LNKTYPE, "/etc/shadow")],
        [ROOT, member("letsencrypt/x", tarfile.CHRTYPE)],
        [ROOT, member("letsencrypt/x", tarfile.FIFOTYPE)],
        [member("letsencrypt/evil")],
        [member("letsencrypt")],
        [ROOT, member("letsencrypt/x"), member("letsencrypt/x/evil")],
    ],
)  # fmt: skip
def test_a_hostile_archive_writes_nothing_elsewhere(hostile, config_dir: Path, tmp_path) -> None:
    path = tmp_path / "b.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for info in hostile:
            archive.addfile(info, io.BytesIO(b""))
    before = sorted(os.listdir(tmp_path))
    with pytest.raises((BackupError, OSError)):
        restoring.unpack(path, config_dir)
    assert sorted(os.listdir(tmp_path)) == before
    assert not Path("/tmp/evil").exists()


def test_modes_that_no_key_has_are_not_put_back(config_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for info in (ROOT, member("letsencrypt/x", mode=0o6755)):
            archive.addfile(info, io.BytesIO(b""))
    fresh, _ = restoring.unpack(path, config_dir)
    assert stat.S_IMODE((fresh / "x").stat().st_mode) == 0o755


def test_a_lineage_without_its_key_replaces_nothing(config_dir: Path, tmp_path: Path) -> None:
    live = lay_out(config_dir, (NAME,))
    key, _ = make_certificate((NAME,))
    (live / "privkey.pem").resolve().write_text(key)
    path = tmp_path / "b.tar.gz"
    backup.write(path, tmp_path / "none", config_dir)
    refused(path, config_dir, f"{NAME}: its key does not belong to its certificate; nothing was")
    (live / "cert.pem").resolve().write_text("")
    backup.write(path, tmp_path / "none", config_dir)
    refused(path, config_dir, f"{NAME}: its certificate cannot be read")


@pytest.mark.parametrize(
    "written", ["x.tar.gz", "/tmp/x.tar.gz", "/var/backups/../x.tar.gz", "/var/backups",
                "/var/backups/x.zip", "/var/backups/a\nb.tar.gz", "~/x.tar.gz"]
)  # fmt: skip
def test_backups_go_to_their_folder_alone(written: str) -> None:
    with pytest.raises(BackupError, match="/var/backups|ends in"):
        backup.place_for(written, "web-0", 0)


def test_a_backup_has_a_name_by_itself() -> None:
    path = backup.place_for("", "web-0", 1.8e9)
    assert str(path) == "/var/backups/lets-encrypt-web-0-20270115T080000Z.tar.gz"
    assert backup.place_for("/var/backups/a/b.tar.gz", "web-0", 0).name == "b.tar.gz"


def test_a_kill_leaves_one_whole_folder(saved: Path, config_dir: Path) -> None:
    before = seen(config_dir)
    words = ("import sys; from pathlib import Path; "
             "from layer_lets_encrypt.certificates import exchange, restoring\n"
             "path, config = map(Path, sys.argv[1:3])\n"
             "print(flush=True)\n"
             "while True:\n"
             "  exchange.exchange(restoring.unpack(path, config)[0], config)\n")  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path(restoring.__file__).parents[2])}
    for number in range(8):
        process = subprocess.Popen([sys.executable, "-B", "-c", words, saved, config_dir],
                                   env=environment, stdout=subprocess.PIPE)  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02 * number)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert seen(config_dir) == before
