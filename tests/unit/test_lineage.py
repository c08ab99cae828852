"""Lineages whole and damaged; each damage is one that certbot was seen to stumble over."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from layer_lets_encrypt.certificates import lineage, repair
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine import paths
from layer_lets_encrypt.rules.facts import ABSENT, BROKEN, SANE
from world.lineages import lay_out, make_certificate

NAMES = ("www.example.com", "example.com")
NAME = NAMES[0]


def test_nothing_is_absent(config_dir) -> None:
    assert lineage.inspect(NAME, config_dir).state == ABSENT


def test_a_whole_lineage_is_sane_and_its_certificate_is_read(config_dir) -> None:
    lay_out(config_dir, NAMES)
    seen = lineage.inspect(NAME, config_dir)
    assert (seen.state, seen.fault) == (SANE, "")
    assert seen.holds(("example.com", "www.example.com"))
    assert not seen.holds(("www.example.com",))
    assert seen.certificate is not None
    assert seen.certificate.not_after - seen.certificate.not_before == pytest.approx(
        90 * 86400, abs=2
    )
    assert seen.certificate.issuer == "O=Test CA"
    assert seen.server == "https://127.0.0.1:14000/dir"


def test_names_are_read_as_they_stand_in_the_certificate(config_dir) -> None:
    names = ("xn--bcher-kva.example.com", "*.xn--bcher-kva.example.com")
    lay_out(config_dir, names)
    assert lineage.inspect(names[0], config_dir).holds(names)


def dangle(live, archive, conf):
    (archive / "chain1.pem").unlink()


def regular_files(live, archive, conf):
    for link in list(live.iterdir()):
        text = link.read_text()
        link.unlink()
        link.write_text(text)


def other_archive(live, archive, conf):
    shutil.copytree(archive, archive.with_name("other"))
    (live / "cert.pem").unlink()
    (live / "cert.pem").symlink_to("../../archive/other/cert1.pem")


def linked_live(live, archive, conf):
    live.rename(live.with_name("moved"))
    live.symlink_to("moved")


def no_live(live, archive, conf):
    shutil.rmtree(live)


def no_archive(live, archive, conf):
    shutil.rmtree(archive)


def no_conf(live, archive, conf):
    conf.unlink()


def empty_conf(live, archive, conf):
    conf.write_text("")


def unparsable_conf(live, archive, conf):
    conf.write_text(conf.read_text() + "\n[[unfinished\n")


def garbage_conf(live, archive, conf):
    conf.write_bytes(b"\x00\xff" * 100)


def conf_without_parameters(live, archive, conf):
    conf.write_text(conf.read_text().split("[renewalparams]")[0])


def conf_of_another(live, archive, conf):
    conf.write_text(conf.read_text().replace("/live/www.", "/live/ftp."))


def wrong_key(live, archive, conf):
    key, _ = make_certificate(NAMES)
    (archive / "privkey1.pem").write_text(key)


def truncated_cert(live, archive, conf):
    text = (archive / "cert1.pem").read_text()
    (archive / "cert1.pem").write_text(text[: len(text) // 2])


def fullchain_of_another(live, archive, conf):
    _, cert = make_certificate(NAMES)
    (archive / "fullchain1.pem").write_text(cert)


DAMAGES = [
    dangle, regular_files, other_archive, linked_live, no_live, no_archive, no_conf, empty_conf,
    unparsable_conf, garbage_conf, conf_without_parameters, conf_of_another, wrong_key,
    truncated_cert, fullchain_of_another,
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_is_seen_and_named(config_dir, damage) -> None:
    lay_out(config_dir, NAMES)
    damage(*paths.places(NAME, config_dir))
    seen = lineage.inspect(NAME, config_dir)
    assert seen.state == BROKEN
    assert seen.fault
    assert not seen.usable


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_lineage_moves_aside_and_back_whole_each_time_it_is_asked(
    config_dir, damage
) -> None:
    lay_out(config_dir, NAMES)
    damage(*paths.places(NAME, config_dir))
    before = listing(config_dir)
    moves = repair.moves_aside(NAME, 1_800_000_000, config_dir)
    for _ in range(2):
        repair.move(moves)
        assert lineage.inspect(NAME, config_dir).state == ABSENT
    for _ in range(2):
        repair.move_back(moves, config_dir)
        assert listing(config_dir) == before


def test_half_of_the_moves_are_taken_back_too(config_dir) -> None:
    lay_out(config_dir, NAMES)
    empty_conf(*paths.places(NAME, config_dir))
    before = listing(config_dir)
    moves = repair.moves_aside(NAME, 1_800_000_000, config_dir)
    repair.move(moves[:1])
    repair.move_back(moves, config_dir)
    assert listing(config_dir) == before


def test_a_replacement_is_not_pushed_out_by_what_it_replaced(config_dir) -> None:
    lay_out(config_dir, NAMES)
    no_conf(*paths.places(NAME, config_dir))
    moves = repair.moves_aside(NAME, 1_800_000_000, config_dir)
    repair.move(moves)
    lay_out(config_dir, NAMES)
    repair.move_back(moves, config_dir)
    assert lineage.inspect(NAME, config_dir).state == SANE


def test_what_a_failed_order_left_gives_way_to_what_was_there(config_dir) -> None:
    lay_out(config_dir, NAMES)
    no_conf(*paths.places(NAME, config_dir))
    fullchain = (config_dir / "live" / NAME / "fullchain.pem").read_text()
    moves = repair.moves_aside(NAME, 1_800_000_000, config_dir)
    repair.move(moves)
    (config_dir / "live" / NAME).mkdir()
    repair.move_back(moves, config_dir)
    assert (config_dir / "live" / NAME / "fullchain.pem").read_text() == fullchain


def listing(folder) -> list[str]:
    return sorted(
        os.path.relpath(os.path.join(top, name), folder)
        for top, folders, names in os.walk(folder)
        if "aside" not in top
        for name in folders + names
        if "aside" not in name
    )


def test_a_reader_opens_nothing_that_has_not_changed(config_dir, tmp_path, monkeypatch) -> None:
    lay_out(config_dir, NAMES)
    first = Reader(tmp_path / "facts.json", config_dir)
    seen = first.inspect(NAME)
    first.remember()

    def fail(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(lineage, "inspect", fail)
    assert Reader(tmp_path / "facts.json", config_dir).inspect(NAME) == seen


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_reader_sees_every_change(config_dir, tmp_path, damage) -> None:
    lay_out(config_dir, NAMES)
    first = Reader(tmp_path / "facts.json", config_dir)
    assert first.inspect(NAME).state == SANE
    first.remember()
    damage(*paths.places(NAME, config_dir))
    assert Reader(tmp_path / "facts.json", config_dir).inspect(NAME).state == BROKEN


def test_a_reader_without_a_memory_reads_anew(config_dir, tmp_path) -> None:
    lay_out(config_dir, NAMES)
    odd = ["not json", "[]", '{"www.example.com": 1}', '{"www.example.com": {"identity": []}}']
    for text in odd:
        (tmp_path / "facts.json").write_text(text)
        assert Reader(tmp_path / "facts.json", config_dir).inspect(NAME).state == SANE


def test_a_memory_of_another_form_is_none(config_dir, tmp_path) -> None:
    lay_out(config_dir, NAMES)
    first = Reader(tmp_path / "facts.json", config_dir)
    first.inspect(NAME)
    first.remember()
    text = (tmp_path / "facts.json").read_text()
    (tmp_path / "facts.json").write_text(text.replace('"issuer"', '"publisher"'))
    assert Reader(tmp_path / "facts.json", config_dir).inspect(NAME).state == SANE


def test_what_one_reader_has_learnt_the_next_one_of_the_pass_remembers(
    config_dir, tmp_path
) -> None:
    lay_out(config_dir, NAMES)
    first = Reader(tmp_path / "facts.json", config_dir)
    first.inspect(NAME)
    first.again().remember()
    assert NAME in json.loads((tmp_path / "facts.json").read_text())
