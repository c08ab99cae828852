"""Values that were read from a file of this layer: whether they are what it writes there. Pure.

Another version, an operator or a broken disk may have written them. What is not of its type
costs the record that it is in, and nothing else.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Callable

LATEST = 253402300799.0  # the end of the year 9999; later moments cannot be shown
MAX_COUNT = 10**9
MAX_FILE_NAME = 255


def is_text(value: Any) -> bool:
    """Whether a value is a text that can be written as UTF-8."""
    if not isinstance(value, str):
        return False
    try:
        return value.isascii() or bool(value.encode("utf-8"))
    except UnicodeEncodeError:
        return False


def are_texts(values: list[Any]) -> bool:
    """Whether each of them is a text, told at once for the usual ones."""
    try:
        return "".join(values).isascii() or all(map(is_text, values))
    except TypeError:
        return False


def is_moment(value: Any) -> bool:
    """Whether a value is a moment that can be shown: not NaN, infinite or of another age."""
    return type(value) in (int, float) and 0 <= value <= LATEST


def is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= MAX_COUNT


def is_flag(value: Any) -> bool:
    return type(value) is bool


def is_file_name(value: Any) -> bool:
    """Whether a value can name a lineage, whose files are called so."""
    return is_text(value) and value.isprintable() and "/" not in value \
        and value not in ("", ".", "..") and len(value) <= MAX_FILE_NAME  # fmt: skip


def is_path(value: Any) -> bool:
    """Whether a value is an absolute path."""
    return is_text(value) and value.startswith("/") and "\0" not in value


def is_word(value: Any) -> bool:
    """Whether a value can be an argument of certbot without being an option."""
    return is_text(value) and value.isprintable() and value != "" and not value.startswith("-")


def is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and are_texts(value)


def is_anything(value: Any) -> bool:
    return True


def or_none(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


_CHECKS: dict[str, Callable[[Any], bool]] = {  # by annotations, which are texts
    "str": is_text,
    "bool": is_flag,
    "int": is_count,
    "float": is_moment,
    "str | None": or_none(is_text),
    "float | None": or_none(is_moment),
    "list[str]": is_list_of_texts,
}
_known: dict[type, dict[str, tuple[Any, Callable[[Any], bool]]]] = {}


def of_kind(kind: type[Any], plain: Any) -> dict[str, Any]:
    """Return what there is in ``plain`` of a dataclass's fields; what it does not know is left out.

    Fields of other types than those above are not looked at. Raises ValueError for a value that
    is not of its field's type.
    """
    if not isinstance(plain, dict):
        raise ValueError("not a mapping")
    if kind not in _known:
        _known[kind] = {one.name: (one.default, _CHECKS.get(str(one.type), is_anything))
                        for one in fields(kind)}  # fmt: skip
    known, found = _known[kind], {}
    for name, value in plain.items():
        if name in known:
            default, check = known[name]
            if value != default and not check(value):  # there may be thousands of records
                raise ValueError(name)
            found[name] = value
    return found


def mapping(plain: Any, name: str, keys: Callable[[Any], bool], values: Callable[[Any], bool],
            faults: list[str]) -> dict[str, Any]:  # fmt: skip
    """Return the sound entries of ``plain[name]``; ``faults`` gets its name for each other."""
    inner = plain.get(name, {})
    if not isinstance(inner, dict):
        faults.append(name)
        return {}
    sound = {key: value for key, value in inner.items() if keys(key) and values(value)}
    faults += [name] * (len(inner) - len(sound))
    return sound
