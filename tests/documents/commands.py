"""The commands of the documents, in their order: each statement of a shell block, each command
within prose.

    for one in commands("README.md", text):
        one.where, one.text               # README.md:48, juju deploy web
        one.elsewhere                     # what the block's marker says, if it is not run here
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from . import markdown

PROGRAMS = ("juju", "make")
SPAN = re.compile(rf"(?:\$ )?((?:{'|'.join(PROGRAMS)}) .+)")
REMARK = re.compile(r"\s+#\s.*$")
CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\$")
# the first shows commands of another layer's time, the second belongs to the model of Juju
NOT_READ = ("CHANGELOG.md", "juju-model/README.md")
LAST = "docs/operators.md"  # it ends with the unit's removal


@dataclass(frozen=True)
class Command:
    """One statement as it is written; ``elsewhere`` is what its block's marker says."""

    document: str
    line: int
    script: str
    elsewhere: str = ""

    @property
    def where(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def text(self) -> str:
        """Without the remark at its end."""
        return REMARK.sub("", self.script) if "\n" not in self.script else self.script

    @property
    def key(self) -> str:
        """What tables call it: the document, and the command's first line."""
        return f"{self.document}: {self.text.splitlines()[0]}"

    @property
    def program(self) -> str:
        return self.text.split()[0]


def in_order(documents: Mapping[str, str]) -> list[Command]:
    """All commands of all documents, those of one document together; but prose may speak of what
    is to be deployed, so the first deployment comes first."""
    names = sorted(set(documents) - set(NOT_READ), key=lambda name: (name == LAST, name))
    found = [one for name in names for one in commands(name, documents[name])]
    first = next((one for one in found if one.text.startswith("juju deploy ")), None)
    return sorted(found, key=lambda one: one is not first)


def commands(document: str, text: str) -> list[Command]:
    """The commands of one document."""
    found = [*_of_blocks(document, text), *_of_prose(document, text)]
    return sorted(found, key=lambda one: one.line)


def _of_blocks(document: str, text: str) -> Iterator[Command]:
    for block in markdown.blocks(document, text):
        if block.language == "sh":
            elsewhere = f"{block.kind}: {block.argument}" if block.kind else ""
            for line, script in statements(block.text):
                yield Command(document, block.line + line, script, elsewhere)


def _of_prose(document: str, text: str) -> Iterator[Command]:
    for line, span in markdown.code_spans(text):
        found = SPAN.fullmatch(span)
        if found:
            yield Command(document, line, found[1])


def statements(block: str) -> Iterator[tuple[int, str]]:
    """The statements of a shell block with their lines: bash says where one is complete."""
    kept: list[str] = []
    start = 0
    for number, line in enumerate(block.splitlines(), 1):
        if not kept and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if kept else number
        kept.append(line)
        if not CONTINUED.search(line) and _is_complete("\n".join(kept) + "\n"):
            yield start, "\n".join(kept)
            kept = []
    if kept:
        yield start, "\n".join(kept)


def _is_complete(script: str) -> bool:
    """Whether bash misses nothing; it warns of a here-document without an end."""
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=20)
    return not done.returncode and not done.stderr
