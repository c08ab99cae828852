"""docs/architecture.md shows the modules that exist, and no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lib" / "layer_lets_encrypt"
TEXT = (ROOT / "docs" / "architecture.md").read_text()
FOLDER = re.compile(r"^  (\w+)/ +\S")
MODULE = re.compile(r"^    (\w+) +\S")


def shown(text: str) -> list[str]:
    """The modules in the tree of the section "Packages", as package/module."""
    tree = text.split("## Packages", 1)[1].split("```")[1]
    found, package = [], ""
    for line in tree.splitlines():
        folder, module = FOLDER.match(line), MODULE.match(line)
        if folder:
            package = folder[1]
        elif module:
            found.append(f"{package}/{module[1]}")
    return found


def existing() -> list[str]:
    paths = (path.relative_to(PACKAGE) for path in PACKAGE.glob("*/*.py"))
    return sorted(str(path.with_suffix("")) for path in paths if path.name != "__init__.py")


def differences(text: str) -> set[str]:
    there, told = existing(), shown(text)
    missing = {f"add a line for {name} to docs/architecture.md" for name in set(there) - set(told)}
    gone = {f"docs/architecture.md has {name}, which is gone" for name in set(told) - set(there)}
    twice = {f"docs/architecture.md has {name} twice" for name in told if told.count(name) > 1}
    return missing | gone | twice


def test_the_tree_shows_the_modules_that_exist() -> None:
    assert differences(TEXT) == set()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("\n    plan  ", "\n    plot  ", "add a line for rules/plan"),
        ("\n    plan  ", "\n    plot  ", "has rules/plot, which is gone"),
        ("\n    plan  ", "\n    problem  ", "has rules/problem twice"),
        ("\n  rules/", "\n  moon/", "has moon/plan, which is gone"),
    ],
)
def test_a_wrong_tree_is_noticed(old: str, new: str, said: str) -> None:
    assert TEXT.count(old) == 1
    assert any(said in line for line in differences(TEXT.replace(old, new)))


def test_the_glossary_has_ten_words() -> None:
    glossary = TEXT.split("## Ten words", 1)[1].split("\n## ", 1)[0]
    assert len(re.findall(r"(?m)^\| \w+ \|", glossary)) == 10 + 1  # and the heading


def test_there_is_one_picture() -> None:
    assert TEXT.count("```mermaid") == 1
