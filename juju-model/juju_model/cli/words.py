"""Words of the command line as values, and values as JSON."""

from __future__ import annotations

import json
from typing import Any

from ..client import JujuError

FILE = "#file"  # ends a key whose value is the name of a file


def pairs(words: list[str]) -> dict[str, str]:
    """`k=v` words; `k=@FILE` takes the text of a file."""
    result = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise JujuError(f'expected "key=value", got "{word}"')
        result[key] = read(value[1:]) if value.startswith("@") else value
    return result


def contents(words: list[str]) -> dict[str, str]:
    """What a secret holds: as pairs() reads it, and `k#file=PATH` takes the text of a file."""
    return {key[: -len(FILE)] if key.endswith(FILE) else key:
            read(value) if key.endswith(FILE) else value
            for key, value in pairs(words).items()}  # fmt: skip


def read(path: str) -> str:
    """The text of a file of the operator's."""
    try:
        with open(path, encoding="utf-8") as source:
            return source.read()
    except OSError as error:
        raise JujuError(f"cannot read {path}: {error.strerror}") from None


def show_json(value: Any) -> None:
    """For programs."""
    print(json.dumps(value, indent=1))
