"""The parts of Markdown that the documents use: blocks and what is said of them, links, headings.

Python, YAML and shell are read by a parser. A comment on the line before a block says more:

    <!-- not run: why it cannot be -->
    <!-- run by: tests/build/test_recipe.py -->      that test runs it, and names the document
    <!-- part of: examples/web/reactive/web.py -->   lines of a file that other tests run

Commands of Juju's, and the charm of docs/authors.md, are run without a comment, by
tests/integration/test_documents_run.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^( *)```(.*)$")
MARKER = re.compile(r"^\s*<!-- (not run|run by|part of): (.*?) -->\s*$")
HEADING = re.compile(r"^#{1,6} (.*)$")
LIST_ITEM = re.compile(r"^\s*([*+-]|\d+\.) ")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """One fenced block; ``kind`` and ``argument`` are its marker's, "" without one."""

    document: str
    line: int
    language: str
    text: str
    section: str
    kind: str = ""
    argument: str = ""

    @property
    def where(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: str, text: str) -> list[Block]:
    """All fenced blocks, in their order."""
    found: list[Block] = []
    lines = text.splitlines()
    section, start, opening = "", 0, None
    for number, line in enumerate(lines, 1):
        fence = FENCE.match(line)
        if opening is None and fence:
            start, opening = number, fence
        elif opening is not None and fence and not fence[2].strip():
            indent = len(opening[1])
            body = "".join(f"{inner[indent:]}\n" for inner in lines[start : number - 1])
            kind, argument = _marker(lines[start - 2] if start > 1 else "")
            found.append(Block(document, start, opening[2].strip(), body, section, kind, argument))
            opening = None
        elif opening is None and (heading := HEADING.match(line)):
            section = heading[1]
    return found


def _marker(line: str) -> tuple[str, str]:
    found = MARKER.match(line)
    return (found[1], found[2]) if found else ("", "")


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines outside fenced blocks, with their numbers."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            yield number, line


def indented_blocks(text: str) -> list[int]:
    """The lines at which a block begins that is indented instead of fenced."""
    found, before, listed = [], "", False
    for number, line in prose(text):
        if line.strip() and not line.startswith(" "):
            listed = bool(LIST_ITEM.match(line))
        if line.startswith("    ") and not before.strip() and not listed:
            found.append(number)
        before = line if not (found and line.startswith("    ")) else "."
    return found


def code_spans(text: str) -> Iterator[tuple[int, str]]:
    """What is written as code within prose."""
    for number, line in prose(text):
        for span in CODE_SPAN.findall(line):
            yield number, span


def links(text: str) -> Iterator[tuple[int, str]]:
    """The targets of links and pictures."""
    for number, line in prose(text):
        for target in LINK.findall(CODE_SPAN.sub("", line)):
            yield number, target


def anchors(text: str) -> set[str]:
    """What links can point to, as GitHub derives it from headings."""
    found: set[str] = set()
    for _, line in prose(text):
        heading = HEADING.match(line)
        if heading:
            plain = re.sub(r"[^\w\- ]", "", heading[1].lower()).replace(" ", "-")
            repeated = sum(
                1 for anchor in found if re.fullmatch(rf"{re.escape(plain)}(-\d+)?", anchor)
            )
            found.add(f"{plain}-{repeated}" if repeated else plain)
    return found


def table_rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of each table, headers and rules included."""
    for _, line in prose(text):
        if line.startswith("|"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
