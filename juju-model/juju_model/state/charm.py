"""What a charm directory says of itself, and the typing of its settings."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import yaml

from ..values import Entry

ROLES = {"provides": "provider", "requires": "requirer", "peers": "peer"}


class CharmError(Exception):
    """The directory is not a charm, or a value does not fit its declaration."""


def read_yaml(directory: str, name: str) -> Entry:
    """The content of a YAML file of the charm, or {}."""
    path = os.path.join(directory, name)
    if not os.path.exists(path):
        return {}
    try:
        with open(path, encoding="utf-8") as source:
            return yaml.safe_load(source) or {}
    except yaml.YAMLError as error:
        raise CharmError(f"{path}: {error}") from None


def read(directory: str) -> Entry:
    """All that the controller keeps of a charm, as plain data."""
    unified = read_yaml(directory, "charmcraft.yaml")
    metadata = read_yaml(directory, "metadata.yaml") or unified
    if not metadata.get("name"):
        raise CharmError(f"{directory}: no charm here, metadata.yaml with a name is missing")
    config = read_yaml(directory, "config.yaml") or unified.get("config") or {}
    actions = read_yaml(directory, "actions.yaml") or unified.get("actions") or {}
    return {
        "name": metadata["name"],
        "subordinate": bool(metadata.get("subordinate")),
        "endpoints": endpoints(metadata),
        "extra-bindings": list(metadata.get("extra-bindings") or {}),
        "options": options(config.get("options") or {}),
        "actions": actions,
        "resources": metadata.get("resources") or {},
        "storage": metadata.get("storage") or {},
        "payloads": metadata.get("payloads") or {},
        "metrics": read_yaml(directory, "metrics.yaml").get("metrics") or {},
    }


def endpoints(metadata: Entry) -> Entry:
    """Endpoint name -> role and interface."""
    found = {}
    for section, role in ROLES.items():
        for name, value in (metadata.get(section) or {}).items():
            interface = value if isinstance(value, str) else value["interface"]
            found[name] = {"name": name, "role": role, "interface": interface}
    found["juju-info"] = {"name": "juju-info", "role": "provider", "interface": "juju-info"}
    return found


def options(declared: Entry) -> Entry:
    """Option name -> type and default."""
    return {
        name: {"type": option.get("type", "string"), "default": option.get("default")}
        for name, option in declared.items()
    }


def typed(name: str, option: Entry, value: Any) -> Any:
    """`value` (text, or a value from a file) as the type its option declares."""
    kind = option["type"]
    try:
        return CONVERT[kind](value)
    except KeyError:
        raise CharmError(f'option "{name}" has unknown type "{kind}"') from None
    except ValueError:
        raise CharmError(f'option "{name}" expected {kind}, got {value!r}') from None


def to_boolean(value: Any) -> bool:
    """True, False or their words."""
    words = {"true": True, "false": False}
    text = str(value).lower()
    if text not in words:
        raise ValueError
    return words[text]


def to_string(value: Any) -> str:
    """Text; numbers and booleans of a file as their text."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else str(value)


CONVERT: dict[str, Callable[[Any], Any]] = {
    "string": to_string,
    "secret": to_string,
    "int": int,
    "float": float,
    "boolean": to_boolean,
}


def settings(charm: Entry, explicit: Entry) -> Entry:
    """Every option's value: the operator's, else the default (an empty default is a value)."""
    values = {}
    for name, option in charm["options"].items():
        value = explicit.get(name)
        values[name] = option["default"] if value is None else value
    return values
