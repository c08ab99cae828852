"""The table of providers in docs/dns.md names all of both Lexicons, and says what they do."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from pathlib import Path

import pytest
from world.world import PROJECT

FACTS = str(Path(__file__).with_name("provider_facts.py"))
DOCS = PROJECT / "docs/dns.md"
PYTHONS = {
    "apt": "/usr/bin/python3",
    "newest": str(PROJECT / "build/lexicon-newest/bin/python"),
}
BY_ID = "removed by the record's id; quotes do not matter"


@functools.lru_cache(maxsize=2)
def facts(which: str) -> dict[str, str]:
    if not Path(PYTHONS[which]).exists():
        pytest.skip(f"{PYTHONS[which]} is not there; run: make install")
    done = subprocess.run(
        [PYTHONS[which], "-s", "-B", FACTS], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(PROJECT / "certbot-plugin")}, timeout=200,
    )  # fmt: skip
    return dict(json.loads(done.stdout.splitlines()[-1]))


@functools.lru_cache(maxsize=1)
def table() -> dict[str, tuple[str, str, bool]]:
    """Provider -> what happens to one value of several, how that is known, and whether it is
    in newer Lexicons alone."""
    section = DOCS.read_text().partition("## What is known of each provider")[2]
    found: dict[str, tuple[str, str, bool]] = {}
    for what, known, names in re.findall(r"^\| (.+?) \| (run|read) \| (.+) \|$", section, re.M):
        for name, star in re.findall(r"`(\w+)`(\*?)", names):
            assert name not in found, f"{name} stands there twice"
            found[name] = (what, known, bool(star))
    return found


@pytest.mark.parametrize("which", list(PYTHONS))
def test_every_provider_stands_in_the_table(which: str):
    missing = set(facts(which)) - set(table())
    assert not missing, "read their code, and add them to the table in docs/dns.md"


def test_the_table_names_no_provider_that_there_is_not():
    assert set(table()) == set(facts("apt")) | set(facts("newest"))


def test_those_of_newer_lexicons_alone_are_marked():
    marked = {name for name, (_, _, star) in table().items() if star}
    assert marked == set(facts("newest")) - set(facts("apt"))


@pytest.mark.parametrize("which", list(PYTHONS))
def test_what_is_said_to_have_been_run_does_delete_the_wanted_record_alone(which: str):
    run = {name for name, (_, known, _) in table().items() if known == "run"}
    there = run & set(facts(which))
    assert len(there) > 30
    assert {name for name in there if facts(which)[name] != "id"} == set()
    assert all(table()[name][0] == BY_ID for name in run)
