"""Files that services read: who may read them, in which forms, and how long old ones are kept."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import lineage, retention
from layer_lets_encrypt.certificates.retention import Copies
from layer_lets_encrypt.delivery import forms, permissions
from layer_lets_encrypt.delivery.delivered import Delivered
from layer_lets_encrypt.delivery.forms import FormError
from layer_lets_encrypt.delivery.owners import ROOT_ALONE, Granted
from layer_lets_encrypt.machine import paths
from world.lineages import PARTS, lay_out, make_certificate

NAME = "www.example.com"
NOW = time.time()
GROUP, OTHER = 4711, 4712
TO_GROUP = Granted(0, GROUP, 0o640, 0o750)
PASSPHRASE = "correct horse, batterie d'été"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def access(path: Path) -> tuple[int, int, int]:
    seen = path.lstat()
    return seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode)


def make_folders(config_dir: Path) -> tuple[Path, Path]:
    """A lineage in folders as certbot makes them; returns its live folder and archive."""
    lay_out(config_dir, (NAME,))
    for top in ("live", "archive"):
        (config_dir / top).chmod(0o700)
    live, archive, _ = paths.places(NAME, config_dir)
    for part in PARTS:
        (archive / f"{part}1.pem").chmod(0o600 if part == "privkey" else 0o644)
    return live, archive


def as_user(user: int, group: int, *words: object) -> int:
    """Run a program as somebody else; returns its exit status."""
    command = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    return subprocess.run([*command, *map(str, words)], capture_output=True).returncode


@pytest.fixture
def open_tmp(config_dir: Path) -> None:
    """Let everybody pass through the folders above certbot's."""
    for folder in (config_dir, *config_dir.parents):
        if folder.stat().st_mode & 0o001 == 0:
            folder.chmod(folder.stat().st_mode | 0o055)


@needs_root
@pytest.mark.parametrize(
    ("granted", "user", "group"),
    [
        (TO_GROUP, 9999, GROUP),
        (Granted(9999, 0, 0o400, 0o701), 9999, 9999),
        (Granted(9999, GROUP, 0o640, 0o751), 9999, 9999),
        (Granted(9999, GROUP, 0o640, 0o751), 9998, GROUP),
    ],
)
def test_a_service_that_is_not_root_reads_its_key_and_others_do_not(
    config_dir: Path, open_tmp: None, granted: Granted, user: int, group: int
) -> None:
    live, archive = make_folders(config_dir)
    for _ in range(2):
        permissions.apply(NAME, granted, config_dir)
        assert as_user(user, group, "cat", live / "privkey.pem") == 0
        assert as_user(9997, 9997, "cat", live / "privkey.pem") != 0
        assert as_user(user, group, "touch", archive / "planted") != 0
        assert access(archive / "privkey1.pem") == granted[:3]
    assert lineage.inspect(NAME, config_dir).usable


@needs_root
def test_what_is_right_already_is_not_touched(config_dir: Path) -> None:
    live, archive = make_folders(config_dir)
    permissions.apply(NAME, TO_GROUP, config_dir)
    places = [live, archive, config_dir / "live", *archive.iterdir()]
    before = [path.lstat().st_ctime_ns for path in places]
    permissions.apply(NAME, TO_GROUP, config_dir)
    assert [path.lstat().st_ctime_ns for path in places] == before


@needs_root
def test_folders_that_others_share_are_never_closed_to_them(config_dir: Path) -> None:
    make_folders(config_dir)
    os.chown(config_dir / "live", 0, OTHER)
    (config_dir / "live").chmod(0o750)
    permissions.apply(NAME, TO_GROUP, config_dir)
    assert access(config_dir / "live") == (0, OTHER, 0o751)
    assert access(config_dir / "archive") == (0, GROUP, 0o750)


@needs_root
def test_links_are_not_followed(config_dir: Path, tmp_path: Path) -> None:
    live, archive = make_folders(config_dir)
    other = tmp_path / "other"
    other.write_text("not ours")
    other.chmod(0o600)
    (archive / "privkey9.pem").symlink_to(other)
    os.mkfifo(archive / "cert8.pem")
    (archive / "chain7.pem").mkdir(mode=0o711)
    permissions.apply(NAME, TO_GROUP, config_dir)
    assert access(other) == (0, 0, 0o600)
    assert stat.S_IMODE((archive / "chain7.pem").stat().st_mode) == 0o711


@needs_root
def test_without_the_option_files_are_as_certbot_makes_them(config_dir: Path) -> None:
    live, archive = make_folders(config_dir)
    before = {path: access(path) for path in (*archive.iterdir(), config_dir / "live")}
    permissions.apply(NAME, TO_GROUP, config_dir)
    for _ in range(2):
        permissions.take_back(NAME, config_dir)
        permissions.close_tops(config_dir)
        assert {path: access(path) for path in before} == before


def test_a_lineage_that_is_not_there_has_no_files(config_dir: Path) -> None:
    permissions.apply(NAME, ROOT_ALONE, config_dir)
    permissions.take_back(NAME, config_dir)
    assert not list(config_dir.iterdir())


def read_pfx(path: Path, passphrase: str) -> str:
    """What the openssl program finds in a PFX file."""
    done = subprocess.run(["openssl", "pkcs12", "-in", path, "-passin", "stdin", "-nodes"],
                          input=passphrase + "\n", capture_output=True, text=True)  # fmt: skip
    return done.stdout if done.returncode == 0 else ""


def public_key(*words: object, text: str | None = None) -> str:
    command = ["openssl", *map(str, words)]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE, "x" * 256])
def test_a_pfx_holds_key_and_chain(config_dir: Path, tmp_path: Path, passphrase: str) -> None:
    live = lay_out(config_dir, (NAME,))
    for _ in range(2):
        forms.make(NAME, ("pfx",), tmp_path / "made", ROOT_ALONE, passphrase, config_dir)
    path = forms.path(tmp_path / "made", NAME, "pfx")
    found = read_pfx(path, passphrase)
    assert found.count("BEGIN CERTIFICATE") == 2 and found.count("BEGIN PRIVATE KEY") == 1
    expected = public_key("pkey", "-in", live / "privkey.pem", "-pubout")
    assert public_key("pkey", "-pubout", text=found[found.index("-----BEGIN PRIV"):]) == expected
    assert f"friendlyName: {NAME}" in found
    assert read_pfx(path, passphrase + "x") == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_passphrase_is_in_no_command_line(config_dir: Path, monkeypatch, tmp_path) -> None:
    fake = tmp_path / "bin" / "openssl"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ | tr "\\0" " "\n')
    fake.chmod(0o755)
    monkeypatch.setattr(forms, "PATH", f"{fake.parent}:/usr/bin:/bin")
    key, chain = make_certificate((NAME,))
    said = forms.pkcs12(key, chain, NAME, PASSPHRASE).decode()
    assert "pkcs12 -export" in said and "horse" not in said and "PRIVATE KEY" not in said


def test_combined_is_what_haproxy_reads(config_dir: Path, tmp_path: Path) -> None:
    live = lay_out(config_dir, (NAME,))
    forms.make(NAME, ("combined",), tmp_path / "made", ROOT_ALONE, "", config_dir)
    path = forms.path(tmp_path / "made", NAME, "combined")
    key, chain = (live / "privkey.pem").read_text(), (live / "fullchain.pem").read_text()
    assert path.read_text() == key + chain
    inode = path.stat().st_ino
    forms.make(NAME, ("combined",), tmp_path / "made", ROOT_ALONE, "", config_dir)
    assert path.stat().st_ino == inode, "what is right already is not written again"
    lay_out(config_dir, (NAME,))
    forms.make(NAME, ("combined",), tmp_path / "made", ROOT_ALONE, "", config_dir)
    assert path.read_text().startswith((live / "privkey.pem").read_text())


@pytest.mark.skipif(shutil.which("haproxy", path=forms.PATH) is None, reason="needs haproxy")
def test_haproxy_takes_the_combined_file(config_dir: Path, tmp_path: Path) -> None:
    lay_out(config_dir, (NAME,))
    forms.make(NAME, ("combined",), tmp_path / "made", ROOT_ALONE, "", config_dir)
    settings = tmp_path / "haproxy.cfg"
    settings.write_text(
        "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
        f"frontend tls\n bind {tmp_path}/socket ssl crt {tmp_path}/made/{NAME}/combined.pem\n"
        " default_backend none\nbackend none\n")  # fmt: skip
    haproxy = str(shutil.which("haproxy", path=forms.PATH))
    done = subprocess.run([haproxy, "-c", "-f", str(settings)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_root
def test_forms_can_be_read_by_whoever_may_read_the_key(
    config_dir: Path, open_tmp: None, tmp_path: Path
) -> None:
    lay_out(config_dir, (NAME,))
    folder = tmp_path / "made"
    both = ("pfx", "combined")
    forms.make(NAME, both, folder, TO_GROUP, "", config_dir)
    assert access(folder / NAME) == (0, GROUP, 0o750)
    for form in both:
        path = forms.path(folder, NAME, form)
        assert access(path) == (0, GROUP, 0o640)
        assert as_user(9999, GROUP, "cat", path) == 0
        assert as_user(9999, 9999, "cat", path) != 0
    forms.make(NAME, both, folder, ROOT_ALONE, "", config_dir)
    assert {access(forms.path(folder, NAME, form)) for form in both} == {(0, 0, 0o600)}


def test_forms_that_are_not_wanted_any_more_are_removed(config_dir: Path, tmp_path: Path) -> None:
    lay_out(config_dir, (NAME,))
    folder = tmp_path / "made"
    for formats in (("pfx", "combined"), ("pfx",), ("combined",), (), ()):
        forms.remove_others(NAME, formats, folder)
        forms.make(NAME, formats, folder, ROOT_ALONE, "", config_dir)
        for form in ("pfx", "combined"):
            assert forms.path(folder, NAME, form).exists() == (form in formats)
    forms.make(NAME, ("combined",), folder, ROOT_ALONE, "", config_dir)
    forms.sweep(folder, frozenset({NAME}))
    assert forms.path(folder, NAME, "combined").exists()
    forms.sweep(folder, frozenset())
    assert not (folder / NAME).exists()


def test_what_is_in_the_way_is_set_aside(config_dir: Path, tmp_path: Path) -> None:
    lay_out(config_dir, (NAME,))
    path = forms.path(tmp_path / "made", NAME, "combined")
    path.mkdir(parents=True)
    forms.make(NAME, ("combined",), tmp_path / "made", ROOT_ALONE, "", config_dir)
    assert path.is_file()


def test_no_openssl_and_a_bad_key_say_so(config_dir: Path, monkeypatch, tmp_path: Path) -> None:
    lay_out(config_dir, (NAME,))
    key, chain = make_certificate((NAME,))
    with pytest.raises(FormError, match="openssl cannot make the PFX file"):
        forms.pkcs12("no key\n", chain, NAME, "")
    monkeypatch.setattr(forms, "PATH", str(tmp_path))
    with pytest.raises(FormError, match="openssl is not installed") as raised:
        forms.make(NAME, ("pfx",), tmp_path / "made", ROOT_ALONE, "", config_dir)
    assert raised.value.problem.remedy == "run 'apt install openssl' on the unit"


def test_a_kill_leaves_the_old_form_or_the_new_one(config_dir: Path, tmp_path: Path) -> None:
    live = lay_out(config_dir, (NAME,))
    folder = tmp_path / "made"
    forms.make(NAME, ("pfx", "combined"), folder, ROOT_ALONE, PASSPHRASE, config_dir)
    words = ("import sys; from pathlib import Path; "
             "from layer_lets_encrypt.delivery import forms, owners; "
             "folder, config = map(Path, sys.argv[1:3])\n"
             "print(flush=True)\n"
             "while True:\n"
             "  for access in (owners.ROOT_ALONE, owners.ROOT_ALONE._replace(mode=0o400)):\n"
             f"    forms.make({NAME!r}, ('pfx', 'combined'), folder, access, "
             f"{PASSPHRASE!r}, config)\n")  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(Path(forms.__file__).parents[2])}
    for number in range(6):
        process = subprocess.Popen([sys.executable, "-B", "-c", words, folder, config_dir],
                                   env=environment, stdout=subprocess.PIPE)  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.01 * number)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        combined = forms.path(folder, NAME, "combined").read_text()
        assert combined.startswith((live / "privkey.pem").read_text())
        assert "BEGIN PRIVATE KEY" in read_pfx(forms.path(folder, NAME, "pfx"), PASSPHRASE)
    forms.make(NAME, ("pfx", "combined"), folder, ROOT_ALONE, PASSPHRASE, config_dir)


class Archive:
    """A lineage that has been renewed a few times, with copies as certbot 2.1 keeps them."""

    def __init__(self, config_dir: Path, days: list[int], name: str = NAME) -> None:
        self.config_dir = config_dir
        self.live, self.archive = config_dir / "live" / name, config_dir / "archive" / name
        for kind in ("keys", "csr"):
            (config_dir / kind).mkdir(exist_ok=True)
        lay_out(config_dir, (name,))
        for number, lasting in enumerate(days, 1):
            self.add(number, lasting, name)
        self.point_at(len(days))

    def add(self, number: int, days: int, name: str) -> None:
        key, cert = make_certificate((name,), days)
        for part, text in zip(PARTS, (key, cert, cert, cert + cert)):
            (self.archive / f"{part}{number}.pem").write_text(text)
        free = len(list((self.config_dir / "keys").iterdir()))
        (self.config_dir / "keys" / f"{free:04d}_key-certbot.pem").write_text(key)
        request = public_key("req", "-new", "-key", self.archive / f"privkey{number}.pem",
                             "-subj", "/CN=x")  # fmt: skip
        (self.config_dir / "csr" / f"{free:04d}_csr-certbot.pem").write_text(request)

    def point_at(self, number: int, parts: tuple[str, ...] = PARTS) -> None:
        for part in parts:
            link = self.live / f"{part}.pem"
            link.unlink()
            link.symlink_to(f"../../archive/{self.live.name}/{part}{number}.pem")

    def numbers(self) -> list[int]:
        found = {path.stem.rstrip("0123456789"): [] for path in self.archive.iterdir()}
        for path in self.archive.iterdir():
            part = path.stem.rstrip("0123456789")
            found[part].append(int(path.stem[len(part):]))
        assert len({tuple(sorted(numbers)) for numbers in found.values()}) == 1
        return sorted(found["privkey"])

    def copies(self) -> list[int]:
        kept = [sorted(path.name[:4] for path in (self.config_dir / kind).iterdir())
                for kind in ("keys", "csr")]  # fmt: skip
        assert kept[0] == kept[1]
        return [int(number) + 1 for number in kept[0]]


def test_the_current_and_two_previous_generations_are_kept(config_dir: Path) -> None:
    kept = Archive(config_dir, [90] * 5)
    (kept.archive / "notes.txt").write_text("the operator's")
    for _ in range(2):
        again = retention.tidy(NAME, NOW, Copies(config_dir))
        (kept.archive / "notes.txt").rename(config_dir / "notes.txt")
        assert kept.numbers() == [3, 4, 5]
        assert kept.copies() == [4, 5]
        (config_dir / "notes.txt").rename(kept.archive / "notes.txt")
        assert again == pytest.approx(NOW + 90 * 86400, abs=600)
    assert lineage.inspect(NAME, config_dir).usable


def test_two_generations_are_all_kept(config_dir: Path) -> None:
    kept = Archive(config_dir, [90, 90])
    retention.tidy(NAME, NOW, Copies(config_dir))
    assert (kept.numbers(), kept.copies()) == ([1, 2], [1, 2])


def test_copies_of_expired_keys_are_removed_and_looked_for_when_the_next_one_expires(
    config_dir: Path,
) -> None:
    kept = Archive(config_dir, [2, 90])
    again = retention.tidy(NAME, NOW, Copies(config_dir))
    assert kept.copies() == [1, 2] and again == pytest.approx(NOW + 2 * 86400, abs=600)
    again = retention.tidy(NAME, again, Copies(config_dir))
    assert (kept.numbers(), kept.copies()) == ([1, 2], [2])
    assert again == pytest.approx(NOW + 90 * 86400, abs=600)


def test_what_a_live_link_names_is_never_removed(config_dir: Path) -> None:
    kept = Archive(config_dir, [90] * 6)
    kept.point_at(1)
    retention.tidy(NAME, NOW, Copies(config_dir))
    assert (kept.numbers(), kept.copies()) == ([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6])
    kept.point_at(5, ("cert", "chain", "fullchain"))
    retention.tidy(NAME, NOW, Copies(config_dir))
    assert kept.numbers() == [1, 2, 3, 4, 5, 6], "one link is still where it was"
    (kept.live / "previous_privkey.pem").symlink_to(f"../../archive/{NAME}/privkey1.pem")
    kept.point_at(5)
    retention.tidy(NAME, NOW, Copies(config_dir))
    assert kept.numbers() == [1, 2, 3, 4, 5, 6], "certbot may go back to it"
    (kept.live / "previous_privkey.pem").unlink()
    retention.tidy(NAME, NOW, Copies(config_dir))
    assert kept.numbers() == [3, 4, 5, 6], "newer ones are certbot's own affair"


@pytest.mark.parametrize("damage", ["no link", "a file", "elsewhere", "another part"])
def test_of_a_damaged_lineage_nothing_is_removed(config_dir: Path, damage: str) -> None:
    kept = Archive(config_dir, [90] * 5)
    link = kept.live / "chain.pem"
    link.unlink()
    if damage == "a file":
        link.write_text("")
    elif damage != "no link":
        link.symlink_to("../../archive/x" if damage == "elsewhere" else "cert5.pem")
    assert retention.tidy(NAME, NOW, Copies(config_dir)) == retention.NEVER
    assert (kept.numbers(), kept.copies()) == ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])


def test_copies_of_other_lineages_and_of_a_key_used_again_stay(config_dir: Path) -> None:
    others = Archive(config_dir, [90] * 5, "other.example.com")
    kept = Archive(config_dir, [90] * 5)
    for number in (1, 5):  # as with reuse_key
        for part in PARTS:
            shutil.copy(kept.archive / f"{part}3.pem", kept.archive / f"{part}{number}.pem")
    (config_dir / "keys" / "0099_key-certbot.pem").write_text("nobody knows whose")
    retention.tidy(NAME, NOW, Copies(config_dir))
    names = sorted(path.name for path in (config_dir / "keys").iterdir())
    assert names == [f"{n:04d}_key-certbot.pem" for n in (0, 1, 2, 3, 4, 5, 7, 8, 9, 99)]
    assert others.numbers() == [1, 2, 3, 4, 5]


def test_a_removed_lineage_takes_its_copies_along(config_dir: Path) -> None:
    others = Archive(config_dir, [90], "other.example.com")
    Archive(config_dir, [90, 90, 1])
    for _ in range(2):
        retention.forget(NAME, Copies(config_dir))
        assert others.copies() == [1]


def test_retention_that_was_killed_is_gone_on_with(config_dir: Path) -> None:
    kept = Archive(config_dir, [90] * 5)
    for part in PARTS[:2]:
        (kept.archive / f"{part}1.pem").unlink()
    (kept.archive / "chain2.pem").unlink()
    retention.tidy(NAME, NOW, Copies(config_dir))
    assert kept.numbers() == [3, 4, 5]


def test_what_has_not_changed_is_not_looked_at_again(tmp_path: Path) -> None:
    memory, made = tmp_path / "delivered.json", [str(tmp_path / "combined.pem")]
    Path(made[0]).write_text("x")
    done = Delivered(memory)
    assert not done.is_done(NAME, "id", "as set", made, NOW)
    done.note(NAME, "id", "as set", made, NOW + 10)
    done.save()
    done = Delivered(memory)
    assert done.is_done(NAME, "id", "as set", made, NOW)
    assert not done.is_done(NAME, "other", "as set", made, NOW)
    assert not done.is_done(NAME, "id", "set otherwise", made, NOW)
    assert not done.is_done(NAME, "id", "as set", [], NOW)
    assert not done.is_done(NAME, "id", "as set", made, NOW + 11)
    Path(made[0]).unlink()
    assert not done.is_done(NAME, "id", "as set", made, NOW)
    done.keep([])
    done.save()
    assert not Delivered(memory).is_done(NAME, "id", "as set", [], NOW)


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"www.example.com": 1}', '{"www.example.com": ["id", "s"]}',
                '{"www.example.com": ["id", "s", [], "x"]}', '{"www.example.com": null}']
)  # fmt: skip
def test_a_broken_memory_costs_doing_it_again(tmp_path: Path, content: str) -> None:
    memory = tmp_path / "delivered.json"
    memory.write_text(content)
    done = Delivered(memory)
    assert not done.is_done(NAME, "id", "s", [], NOW)
    done.note(NAME, "id", "s", [], NOW + 10)
    done.save()
    assert Delivered(memory).is_done(NAME, "id", "s", [], NOW)
