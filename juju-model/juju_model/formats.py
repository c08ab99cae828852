"""Answers of the hook tools as text: smart, json, yaml."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from . import goyaml
from .goyaml import Fields, Views, go_float

HTML = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class NilList(list[Any]):
    """A Go list that was never made: `null` in JSON, nothing in the other formats."""


class NilMap(dict[str, Any]):
    """A Go map that was never made: `null` in JSON, `{}` in the other formats."""


def quote(text: str) -> str:
    """Go's %q: a double-quoted string."""
    return json.dumps(text, ensure_ascii=False)


def quote_list(texts: Iterable[str]) -> str:
    """Go's %q of a list: `["a" "b"]`."""
    return "[" + " ".join(quote(text) for text in texts) + "]"


def to_json(value: Any) -> str:
    """Compact JSON, map keys sorted, angle brackets and ampersands escaped."""
    text = json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))
    for character, escaped in HTML.items():
        text = text.replace(character, escaped)
    return text + "\n"


def plain(value: Any) -> Any:
    """`value` with maps in writing order and Go's idea of nil applied."""
    if isinstance(value, Views):
        value = value.json
    if isinstance(value, (NilList, NilMap)) and not value:
        return None
    if isinstance(value, dict):
        return {str(key): plain(value[key]) for key in goyaml.keys_of(value)}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return int(value)
    return value


def to_yaml(value: Any) -> str:
    """YAML text; nothing at all for nil."""
    if value is None or (isinstance(value, NilList) and not value):
        return ""
    return goyaml.dump(value)


def to_smart(value: Any) -> str:
    """Juju's default: strings and lists of strings bare, the rest as YAML."""
    if isinstance(value, Views):
        value = value.yaml
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value + "\n"
    if isinstance(value, bool):
        return f"{value}\n"
    if isinstance(value, (int, float)):
        return (go_float(value, 21) if isinstance(value, float) else str(value)) + "\n"
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return "\n".join(value) + "\n" if value else ""
    return to_yaml(value)


WRITERS = {"json": to_json, "smart": to_smart, "yaml": to_yaml}

__all__ = ["Fields", "NilList", "NilMap", "Views", "WRITERS", "quote", "quote_list"]
