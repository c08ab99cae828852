"""certbot's renewal files: whole for us if, and only if, they are for certbot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from layer_lets_encrypt.certificates import lineage
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.rules.facts import BROKEN, SANE
from world import renewal_files
from world.lineages import lay_out
from world.renewal_files import NAME, make


@pytest.mark.parametrize("change", renewal_files.CHANGES)
def test_a_renewal_file_is_read_as_certbot_reads_it(tmp_path: Path, change: str) -> None:
    seen = lineage.inspect(NAME, make(tmp_path / "etc", renewal_files.CHANGES[change]))
    assert seen.state == (SANE if change in renewal_files.SANE else BROKEN), seen.fault
    assert bool(seen.fault) == (seen.state == BROKEN)
    assert seen.fault.isprintable()
    assert "0123456789abcdef" not in seen.fault, "no value is told"


def test_links_that_certbot_has_half_changed_are_left_for_it(tmp_path: Path) -> None:
    seen = lineage.inspect(NAME, make(tmp_path / "etc", renewal_files.half_updated))
    assert (seen.state, seen.usable) == (SANE, False)
    assert "interrupted" in seen.fault


IDLE = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from layer_lets_encrypt.certificates.lineage import Reader
reader = Reader(Path(sys.argv[2]), Path(sys.argv[3]))
assert reader.inspect(sys.argv[4]).usable
print(*(module for module in ("configobj", "asn1crypto") if module in sys.modules))
reader.remember()
"""


def test_the_parsers_are_not_even_imported_where_nothing_has_changed(
    config_dir: Path, tmp_path: Path
) -> None:
    lay_out(config_dir, (NAME,))
    words = [sys.executable, "-c", IDLE, ROOT / "lib", tmp_path / "facts.json", config_dir, NAME]
    said = [
        subprocess.run(words, capture_output=True, text=True, check=True).stdout for _ in range(2)
    ]
    assert [line.split() for line in said] == [["configobj", "asn1crypto"], []]


def test_what_an_earlier_layer_thought_of_a_lineage_is_not_believed(
    config_dir: Path, tmp_path: Path
) -> None:
    lay_out(config_dir, (NAME,))
    first = Reader(tmp_path / "facts.json", config_dir)
    first.inspect(NAME)
    first.remember()
    memory = (tmp_path / "facts.json").read_text()
    assert lineage.FORMAT in memory
    wrong = memory.replace(lineage.FORMAT, "").replace(f'"{SANE}"', f'"{BROKEN}"')
    (tmp_path / "facts.json").write_text(wrong)
    assert Reader(tmp_path / "facts.json", config_dir).inspect(NAME).state == SANE
