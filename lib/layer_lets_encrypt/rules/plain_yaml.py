"""The YAML that operators write into options: mappings whose scalars are all text, as written.

A token such as 007, 1234-56-78 or null is not a number, a date or nothing here. What YAML can
do beyond that is refused or bounded: tags, merge keys, repeated keys, deep nesting, aliases
that multiply. Errors name the line, never what is written there: it may be a secret.
"""

from __future__ import annotations

import json
import re
from typing import Any, Iterator

import yaml
from yaml import events

MAX_TEXT = 64 * 1024
MAX_DEPTH = 10
MAX_NODES = 5000  # each alias counts as what it names

Plain = Any  # text, or lists and dicts of it


class Unreadable(ValueError):
    """A text that is not read; str() goes on after the name of the option."""


def read_mapping(text: str) -> dict[str, Plain]:
    """Return the mapping in ``text``, {} for an empty one. Raises Unreadable."""
    if len(text) > MAX_TEXT:
        raise Unreadable(f"is longer than {MAX_TEXT} characters")
    text = _json_without_tabs(text)
    builder = _Builder(yaml.parse(text, Loader=yaml.BaseLoader))
    try:
        plain = builder.document()
    except Unreadable:
        raise
    except Exception as error:  # PyYAML lets ValueError, OverflowError and others through
        where = _where(error, text) or f" near line {builder.line}"
        raise Unreadable(f"is not YAML{where}; {_remedy(text)}") from None
    if not isinstance(plain, dict):
        raise Unreadable("is not a mapping; write key: value, with a blank between, one in a line")
    return plain


def _json_without_tabs(text: str) -> str:
    """Return JSON without the tabs that YAML does not allow; its texts can hold none."""
    if "\t" not in text or not text.lstrip().startswith("{"):
        return text
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return text
    return text.replace("\t", " ")


def _remedy(text: str) -> str:
    if any("\t" in line[: len(line) - len(line.lstrip())] for line in text.splitlines()):
        return "indent it with blanks, not with tabs"
    return "write key: value, with quotes around a value that has signs in it"


def _where(error: Exception, text: str) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    if mark is not None:
        return f" at line {mark.line + 1}"
    return f" at line {text.count(chr(10), 0, position) + 1}" if isinstance(position, int) else ""


class _Builder:
    """Makes plain data of the parser's events, and takes no more of them than it may."""

    def __init__(self, found: Iterator[Any]) -> None:
        self._events = found
        self._anchors: dict[str, tuple[Plain, int]] = {}
        self._unused: dict[str, Any] = {}  # anchors of texts that nothing has named
        self._nodes = 0
        self.line = 1  # of what was read last

    def document(self) -> Plain:
        next(self._events)  # the stream begins
        if isinstance(next(self._events), events.StreamEndEvent):
            return {}
        plain = self._node(next(self._events), 1)
        next(self._events)  # the document ends
        last = next(self._events)
        if not isinstance(last, events.StreamEndEvent):
            raise _at(last, "begins a second document")
        for event in self._unused.values():
            raise _sign(event, "&")
        return plain

    def _node(self, event: Any, depth: int) -> Plain:
        before, self.line = self._nodes, event.start_mark.line + 1
        self._count(event, 1)
        if depth > MAX_DEPTH:
            raise _at(event, f"is nested more than {MAX_DEPTH} deep")
        if isinstance(event, events.AliasEvent):
            return self._alias(event)
        if event.tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise _sign(event, "!")
        plain = self._value(event, depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = plain, self._nodes - before
            if isinstance(event, events.ScalarEvent):
                self._unused[event.anchor] = event
        return plain

    def _value(self, event: Any, depth: int) -> Plain:
        if isinstance(event, events.SequenceStartEvent):
            return self._list(depth)
        if isinstance(event, events.MappingStartEvent):
            return self._mapping(depth)
        if not event.value and event.style is None and _is_cut_off(event.end_mark):
            raise _sign(event, "#")
        try:
            event.value.encode("utf-8")
        except UnicodeEncodeError:
            raise _at(event, "holds half a character") from None
        return event.value

    def _alias(self, event: Any) -> Plain:
        if event.anchor not in self._anchors:  # also inside of what it names
            raise _sign(event, "*")
        self._unused.pop(event.anchor, None)
        plain, nodes = self._anchors[event.anchor]
        self._count(event, nodes)
        return plain

    def _list(self, depth: int) -> list[Plain]:
        found: list[Plain] = []
        for event in self._events:
            if isinstance(event, events.SequenceEndEvent):
                break
            found.append(self._node(event, depth))
        return found

    def _mapping(self, depth: int) -> dict[str, Plain]:
        found: dict[str, Plain] = {}
        for event in self._events:
            if isinstance(event, events.MappingEndEvent):
                break
            key = self._node(event, depth)
            if not isinstance(key, str) or key == "<<":
                raise _at(event, "has a key that is not a word")
            if key in found:
                raise _at(event, "has a key for the second time")
            found[key] = self._node(next(self._events), depth)
        return found

    def _count(self, event: Any, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise _at(event, f"makes more than {MAX_NODES} values in all")


def _sign(event: Any, sign: str) -> Unreadable:
    line = event.start_mark.line + 1
    return Unreadable(f"has a value at line {line} that begins with '{sign}'; put it in quotes")


def _is_cut_off(mark: Any) -> bool:
    """Whether an empty value is followed by what looks more like a text than like a comment."""
    rest = (mark.buffer or "")[mark.pointer : mark.pointer + 100].lstrip(" ")
    return bool(re.match(r"#[^#\s\0]", rest))


def _at(event: Any, reason: str) -> Unreadable:
    return Unreadable(f"{reason}, at line {event.start_mark.line + 1}")
