"""YAML as Juju's Go library writes it: what is quoted, what is folded, how lists are indented.

PyYAML's emitter is a port of the same C emitter; what differs is which style is asked for, and
that is decided here.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterator
from typing import Any

from yaml import events
from yaml.emitter import Emitter

from .values import Entry

OLD_BOOLS = frozenset(
    [
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "on",
        "On",
        "ON",
        "true",
        "True",
        "TRUE",
        "n",
        "N",
        "no",
        "No",
        "NO",
        "off",
        "Off",
        "OFF",
        "false",
        "False",
        "FALSE",
    ]
)
OTHER_WORDS = frozenset(
    ["", "~", "null", "Null", "NULL", "<<", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF"]
    + ["+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"]
)
BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
INTEGER = re.compile(r"[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|[1-9][0-9]*|0)", re.ASCII)
TIME = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}"
    r"(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)"
    r"| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?",
    re.ASCII,
)


class Fields(dict[str, Any]):
    """A Go struct: written in the order of its fields, where a map is sorted."""


class Views:
    """One value that has another shape in JSON than in YAML."""

    def __init__(self, json: Any, yaml: Any) -> None:
        self.json = json
        self.yaml = yaml


def looks_like_another_type(text: str) -> bool:
    """True if `text`, written plain, would be read back as something else than a string."""
    if text in OLD_BOOLS or text in OTHER_WORDS:
        return True
    bare = text.replace("_", "")
    return bool(
        BASE60.fullmatch(text)
        or TIME.fullmatch(text)
        or (bare[:1] in "+-.0123456789" and (INTEGER.fullmatch(bare) or FLOAT.fullmatch(bare)))
    )


def go_float(number: float, exponent_from: int = 6) -> str:
    """The shortest decimal form; 1e+06 and above with an exponent, as the library does.

    (Printed outside YAML, Go waits until 1e+21: `exponent_from=21`.)
    """
    if math.isnan(number):
        return ".nan"
    if math.isinf(number):
        return ".inf" if number > 0 else "-.inf"
    exponent = 0 if number == 0 else math.floor(math.log10(abs(number)))
    if -4 <= exponent < exponent_from:
        return format(number, ".0f") if number == int(number) else repr(number)
    mantissa, _, power = f"{number:.17e}".partition("e")
    shortest = repr(float(f"{float(mantissa):.15g}"))
    return f"{shortest[:-2] if shortest.endswith('.0') else shortest}e{power}"


def keys_of(mapping: Entry) -> list[str]:
    """The keys of a map in the order they are written."""
    return list(mapping) if isinstance(mapping, Fields) else sorted(mapping, key=str)


def dump(value: Any) -> str:
    """`value` (None, bool, numbers, strings, lists, maps) as YAML text."""
    if value == "":
        return '""\n'
    out = io.StringIO()
    emitter = Emitter(out, allow_unicode=True)
    emitter.emit(events.StreamStartEvent())
    emitter.emit(events.DocumentStartEvent(explicit=False))
    for event in events_of(value):
        emitter.emit(event)
    emitter.emit(events.DocumentEndEvent(explicit=False))
    emitter.emit(events.StreamEndEvent())
    text = out.getvalue()
    return text[: -len("...\n")] if text.endswith("\n...\n") else text


def events_of(value: Any) -> Iterator[events.Event]:
    """The emitter's events for one value."""
    if isinstance(value, Views):
        value = value.yaml
    if isinstance(value, dict):
        yield events.MappingStartEvent(None, None, True, flow_style=not value)
        for key in keys_of(value):
            yield scalar(str(key))
            yield from events_of(value[key])
        yield events.MappingEndEvent()
    elif isinstance(value, (list, tuple)):
        yield events.SequenceStartEvent(None, None, True, flow_style=not value)
        for item in value:
            yield from events_of(item)
        yield events.SequenceEndEvent()
    else:
        yield scalar(value)


def scalar(value: Any) -> events.Event:
    """The event for one scalar, with the style the Go library asks for."""
    if not isinstance(value, str):
        return events.ScalarEvent(None, None, (True, False), plain_text(value), style=None)
    try:
        value.encode()
    except UnicodeEncodeError:
        data = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()
        return events.ScalarEvent(None, "!!binary", (False, False), data, style=None)
    style = None
    if "\n" in value:
        style = "|"
    elif looks_like_another_type(value):
        style = '"'
    return events.ScalarEvent(None, None, (True, True), value, style=style)


def plain_text(value: Any) -> str:
    """null, true, 42, 1.5: what is never quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return go_float(value) if isinstance(value, float) else str(value)
