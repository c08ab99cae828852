"""Actions: checking parameters against actions.yaml."""

from __future__ import annotations

import copy
from typing import Any

from .. import formats
from ..values import Entry
from .profiles import Profile

TYPES: Entry = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}


class ActionError(Exception):
    """The action is refused before it is run."""


def prepare(charm: Entry, profile: Profile, name: str, params: Entry) -> Entry:
    """Parameters with defaults filled in; ActionError if they do not fit actions.yaml."""
    declared = charm["actions"].get(name)
    if declared is None:
        raise ActionError(f'cannot run "{name}" action: not defined')
    declared = declared or {}
    properties = declared.get("params") or {}
    values = with_defaults(properties, params)
    schema = {
        "type": "object",
        "properties": properties,
        "required": declared.get("required") or [],
        "additionalProperties": declared.get("additionalProperties", profile.additional_properties),
    }
    problem = check(schema, values, "(root)")
    if problem:
        raise ActionError(f'cannot run "{name}" action: validation failed: {problem}')
    return values


def with_defaults(properties: Entry, params: Entry) -> Entry:
    """`params` over the defaults of their declarations."""
    values = {
        key: copy.deepcopy(schema["default"])
        for key, schema in properties.items()
        if isinstance(schema, dict) and "default" in schema
    }
    return {**values, **params}


def check(schema: Entry, value: Any, place: str) -> str:
    """What is wrong with `value`, or an empty string."""
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds] if kinds else []
    if kinds and not any(is_kind(value, kind) for kind in kinds):
        return f"{place} : must be of type {kinds[0]}, given {formats.to_json(value).strip()}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} : must match one of the enum values {schema['enum']}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for word, wrong in (
            ("minimum", value < schema.get("minimum", value)),
            ("maximum", value > schema.get("maximum", value)),
        ):
            if wrong:
                return f"{place} : must respect its {word} of {schema[word]}"
    return check_object(schema, value, place) if isinstance(value, dict) else ""


def check_object(schema: Entry, value: Any, place: str) -> str:
    """Required, unknown and wrong keys of a map."""
    for key in schema.get("required") or []:
        if key not in value:
            return f"{place} : {key} property is missing and required"
    properties = schema.get("properties") or {}
    for key, item in value.items():
        if key not in properties and schema.get("additionalProperties", True) is False:
            return f'{place} : additional property "{key}" is not allowed'
        problem = check(properties.get(key) or {}, item, f"{place}.{key}")
        if problem:
            return problem
    return ""


def is_kind(value: Any, kind: str) -> bool:
    """JSON-schema's idea of a type."""
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, TYPES.get(kind, object))
