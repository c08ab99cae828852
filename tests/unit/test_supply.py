"""Files of certificates follow the operator's options, once for each change."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import ledger, lineage, removal
from layer_lets_encrypt.delivery import forms
from layer_lets_encrypt.machine import paths
from layer_lets_encrypt.passes import supply
from layer_lets_encrypt.rules import delivery
from layer_lets_encrypt.rules.records import FILES, History, Record
from one_unit import NAME, OTHER, Unit, access
from world.lineages import lay_out

GROUP = "4711"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def unit(tmp_path: Path, config_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Unit:
    return Unit(tmp_path, config_dir, monkeypatch)


@needs_root
def test_who_reads_keys_follows_the_option_there_and_back(unit: Unit) -> None:
    before = unit.key()
    unit.hook()
    assert unit.key() == before, "nothing is changed without the option"
    unit.hook(files_access=f"root:{GROUP} 0640")
    assert unit.key() == unit.key(OTHER) == (0, 4711, 0o640)
    (unit.config_dir / "archive" / NAME / "privkey1.pem").chmod(0o600)
    unit.hook()
    assert unit.key() == (0, 4711, 0o640), "what somebody else has changed is as wanted again"
    unit.hook(files_access=None)
    assert unit.key() == (0, 0, 0o600)
    assert access(unit.config_dir / "live") == (0, 0, 0o700)
    assert ledger.load(unit.places.history).access == ""


@needs_root
def test_a_renewed_certificate_is_given_away_like_the_one_before(unit: Unit) -> None:
    unit.hook(files_access=f"root:{GROUP} 0640", formats="combined")
    lay_out(unit.config_dir, (NAME,))
    key = unit.config_dir / "archive" / NAME / "privkey1.pem"
    os.chown(key, 0, 0)
    key.chmod(0o600)
    assert unit.supply().needs.due(time.time()) == [NAME]
    unit.hook()
    assert unit.key() == access(unit.form("combined")) == (0, 4711, 0o640)
    assert unit.form("combined").read_text().startswith(key.read_text())


@needs_root
@pytest.mark.parametrize("bad", ["root:no-such-group 0640", "no-such-user:root", "0640", "x:y:z"])
def test_a_bad_option_leaves_files_as_they_are(unit: Unit, bad: str) -> None:
    unit.hook(files_access=f"root:{GROUP} 0640", formats="combined")
    content = unit.form("combined").read_text()
    unit.hook(files_access=bad)
    assert unit.key() == access(unit.form("combined")) == (0, 4711, 0o640)
    unit.hook(formats="combined, p12")
    assert unit.form("combined").read_text() == content
    unit.hook(files_access="root:root 0600", formats="combined")
    assert unit.key() == access(unit.form("combined")) == (0, 0, 0o600)


@needs_root
def test_keys_for_everybody_are_told_of_once(unit: Unit) -> None:
    for _ in range(2):
        unit.hook(files_access="root:root 0644")
    assert [line for line in unit.said if "every user" in line] == unit.said[:1]
    unit.hook(files_access=None)
    unit.hook(files_access="root:root 0644")
    assert len([line for line in unit.said if "every user" in line]) == 2


def test_forms_are_there_as_soon_as_they_are_wanted(unit: Unit) -> None:
    unit.passphrase("one")
    unit.hook(formats="pfx combined")
    stamps = {form: unit.form(form).stat().st_ino for form in ("pfx", "combined")}
    unit.hook()
    assert stamps == {form: unit.form(form).stat().st_ino for form in ("pfx", "combined")}
    unit.form("pfx").unlink()
    unit.hook()
    assert unit.form("pfx").exists(), "what somebody else has removed is there again"
    inode = unit.form("pfx").stat().st_ino
    unit.passphrase("another")
    unit.hook()
    assert unit.form("pfx").stat().st_ino != inode, "it has the new passphrase"
    unit.hook(formats="combined")
    assert not unit.form("pfx").exists() and unit.form("combined").exists()
    unit.hook(formats="")
    assert not unit.places.forms.exists()


def test_without_a_usable_passphrase_the_pfx_file_stays_as_it_is(unit: Unit) -> None:
    unit.passphrase("one")
    unit.hook(formats="pfx combined")
    content = unit.form("pfx").read_bytes()
    unit.hook(pfx_passphrase="a\nb")
    lay_out(unit.config_dir, (NAME,))
    unit.hook()
    assert unit.form("pfx").read_bytes() == content
    key = (unit.config_dir / "live" / NAME / "privkey.pem").read_text()
    assert unit.form("combined").read_text().startswith(key)
    unit.hook(pfx_passphrase="one")
    assert unit.form("pfx").read_bytes() != content


def test_forms_go_with_their_certificate_and_not_before(unit: Unit) -> None:
    unit.hook(formats="combined")
    past = History({OTHER: Record(made=True, unwanted=1.0)})
    ledger.save(past, unit.places.history)
    unit.names = [NAME]
    unit.hook()
    assert unit.form("combined", OTHER).exists(), "a site that names it keeps starting"
    past = ledger.load(unit.places.history)
    past = removal.sweep(past, {NAME}, time.time(), unit.said.append, unit.config_dir)
    ledger.save(past, unit.places.history)
    unit.hook()
    assert lineage.inspect(OTHER, unit.config_dir).state == lineage.ABSENT
    assert not unit.form("combined", OTHER).exists() and unit.form("combined").exists()


def test_what_fails_for_one_certificate_is_told_waited_for_and_costs_no_other(
    unit: Unit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as without:
        without.setattr(forms, "PATH", str(tmp_path / "empty"))
        assert unit.hook(formats="pfx combined") == {NAME, OTHER}
        record = ledger.load(unit.places.history).of(FILES)
        assert record.problem is not None
        assert record.problem.text.startswith(f"{NAME}: openssl is not installed")
        for _ in range(4):
            unit.hook()
        said = len(unit.said)
        unit.hook()
        assert len(unit.said) == said, "it is tried with growing intervals"
    unit.hook(formats="combined, pfx", files_access="root:root 0600")
    past = ledger.load(unit.places.history)
    past.records[FILES] = past.records[FILES].forgiven()
    ledger.save(past, unit.places.history)
    assert unit.hook() == set()
    assert unit.form("pfx").exists()
    assert FILES not in ledger.load(unit.places.history).records


def test_a_full_disk_ends_the_pass(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(forms.files, "write_content", refuse)
    with pytest.raises(OSError, match="No space left"):
        unit.hook(formats="combined")


def test_what_is_in_the_place_of_the_folder_costs_that_certificate(unit: Unit) -> None:
    unit.places.forms.mkdir(parents=True)
    (unit.places.forms / NAME).write_text("in the way")
    assert unit.hook(formats="combined") == {NAME}
    assert unit.form("combined", OTHER).exists()
    assert any("in the place of a folder" in line for line in unit.said)


def test_a_lineage_that_is_damaged_is_left_alone(unit: Unit) -> None:
    shutil.rmtree(unit.config_dir / "archive" / NAME)
    unit.hook(formats="combined")
    assert not unit.form("combined").exists() and unit.form("combined", OTHER).exists()


def test_old_generations_go_without_any_option(unit: Unit) -> None:
    archive = unit.config_dir / "archive" / NAME
    for number in (2, 3, 4, 5):
        for part in paths.PARTS:
            shutil.copy(archive / f"{part}1.pem", archive / f"{part}{number}.pem")
    for part in paths.PARTS:
        link = unit.config_dir / "live" / NAME / f"{part}.pem"
        link.unlink()
        link.symlink_to(f"../../archive/{NAME}/{part}5.pem")
    unit.hook()
    assert sorted(path.name for path in archive.glob("cert*")) == [
        "cert3.pem", "cert4.pem", "cert5.pem"]  # fmt: skip


def test_a_pass_that_was_killed_before_it_remembered_does_it_again(unit: Unit) -> None:
    unit.hook(formats="combined")
    unit.form("combined").write_text("half")
    unit.places.delivered.unlink()
    unit.hook()
    assert unit.form("combined").read_text().count("BEGIN") == 3


def test_terms_change_with_each_option_and_with_nothing_else(unit: Unit) -> None:
    texts = [{}, {"acme-formats": "pfx"}, {"acme-formats": "combined"},
             {"acme-formats": "pfx combined"}, {"acme-files-access": "root:4711"},
             {"acme-files-access": "root:4711 0644"}, {"acme-files-access": "bad"}]  # fmt: skip
    digests = [supply.terms_of(delivery.read(one)[0], unit.places).digest for one in texts]
    again = [supply.terms_of(delivery.read(one)[0], unit.places).digest for one in texts]
    assert digests == again and len(set(digests)) == len(texts)
