"""The charm that docs/authors.md describes, made of nothing but its blocks.

Only metadata.yaml comes from the example: the document has none.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import yaml

from . import markdown, project
from .markdown import Block

AUTHORS = "docs/authors.md"
EXAMPLE = project.ROOT / "examples" / "web"
NAME = "documented"  # of the built folder: the example's own is called web
SITE = "examples/web/reactive/web.py"
TEMPLATE = "examples/web/templates/site.conf"


class BlockMissing(LookupError):
    """The document has no such block any more."""


def blocks(language: str, text: str | None = None) -> list[Block]:
    """The blocks of docs/authors.md in one language."""
    text = (project.ROOT / AUTHORS).read_text() if text is None else text
    return [block for block in markdown.blocks(AUTHORS, text) if block.language == language]


def one(language: str, word: str) -> Block:
    """The one block that has this word in it, or in its marker."""
    found = [block for block in blocks(language) if word in block.text or word == block.argument]
    if len(found) != 1:
        raise BlockMissing(f"{AUTHORS} has {len(found)} blocks in {language} with {word!r}")
    return found[0]


def handlers() -> dict[str, str]:
    """Python blocks that are handlers, by the names of their files in reactive/."""
    found = {}
    for block in blocks("python"):
        if block.argument == SITE:
            found["web.py"] = block.text
        elif "@when" in block.text:
            found[f"line_{block.line}.py"] = block.text
    return found


def scripts() -> list[Block]:
    """Python blocks that are calls, to be run in a hook."""
    return [block for block in blocks("python") if block.text not in handlers().values()]


def write(folder: Path) -> Path:
    """Put the charm into a folder, ready for charm-build; returns the folder."""
    for name in ("reactive", "templates"):
        (folder / name).mkdir(parents=True)
    (folder / "layer.yaml").write_text(one("yaml", "examples/web/layer.yaml").text)
    (folder / "templates" / "site.conf").write_text(one("nginx", TEMPLATE).text)
    for name, text in handlers().items():
        (folder / "reactive" / name).write_text(text)
    metadata = (EXAMPLE / "metadata.yaml").read_text().replace("name: web\n", f"name: {NAME}\n")
    (folder / "metadata.yaml").write_text(metadata)
    return folder


def as_web(built: Path, target: Path) -> Path:
    """A copy of the built charm that is called web, as the documents call it."""
    shutil.copytree(built, target, symlinks=True)
    metadata = target / "metadata.yaml"
    metadata.write_text(json.dumps({**yaml.safe_load(metadata.read_text()), "name": "web"}))
    return target
