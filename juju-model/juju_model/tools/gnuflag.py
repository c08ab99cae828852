"""Command lines as Juju's flag package reads them: options before or after the arguments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Callable

from ..formats import quote
from ..values import Entry, Options

TRUE = ("1", "t", "T", "true", "TRUE", "True")
FALSE = ("0", "f", "F", "false", "FALSE", "False")


class UsageError(Exception):
    """The command line itself is wrong: exit code 2."""


class HelpRequested(Exception):
    """--help or -h was among the arguments."""


@dataclass
class Flag:
    """One option: its names, what it starts as, what is said of it, and how a value is read.

    `kind` is "bool", "string" or "value" (a value is shown unquoted in the help).
    `parse(text)` returns the value or raises ValueError with the reason.
    """

    names: tuple[str, ...]
    kind: str
    default: Any
    help: str
    parse: Callable[[str], Any] = str
    repeated: bool = False

    @property
    def key(self) -> str:
        """The longest name, as it is known to the tool."""
        return max(self.names, key=len)


def with_minus(name: str) -> str:
    """-r or --relation."""
    return f"-{name}" if len(name) == 1 else f"--{name}"


def parse(flags: Iterable[Flag], argv: list[str]) -> tuple[Options, list[str]]:
    """Read `argv`: returns (values by key, positional arguments) or raises UsageError."""
    known = {name: flag for flag in flags for name in flag.names}
    values = {flag.key: flag.default for flag in flags}
    rest = list(argv)
    positional = []
    while rest:
        word = rest.pop(0)
        if word == "--":
            positional += rest
            break
        if word == "-" or not word.startswith("-"):
            positional.append(word)
        elif word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            set_flag(known, values, name, value if equals else None, rest)
        else:
            set_short(known, values, word[1:], rest)
    return values, positional


def set_short(known: dict[str, Flag], values: Entry, letters: str, rest: list[str]) -> None:
    """-a, -ab and -ovalue."""
    while letters:
        name, letters = letters[0], letters[1:]
        flag = known.get(name)
        if flag is None or flag.kind == "bool":
            set_flag(known, values, name, None, rest)
            continue
        set_flag(known, values, name, letters or None, rest)
        letters = ""


def set_flag(
    known: dict[str, Flag], values: Entry, name: str, value: str | None, rest: list[str]
) -> None:
    """Set one option; `value` is None if none stood in the same word."""
    flag = known.get(name)
    if flag is None:
        if name in ("help", "h"):
            raise HelpRequested
        raise UsageError(f"option provided but not defined: {with_minus(name)}")
    if flag.kind == "bool":
        values[flag.key] = boolean(value, name)
        return
    if value is None:
        if not rest:
            raise UsageError(f"option needs an argument: {with_minus(name)}")
        value = rest.pop(0)
    store(flag, values, name, value)


def boolean(value: str | None, name: str) -> bool:
    """A switch: set when named, or given as --name=value."""
    if value is None or value in TRUE:
        return True
    if value in FALSE:
        return False
    raise UsageError(
        f"invalid boolean value {quote(value)} for option {with_minus(name)}: "
        f"strconv.ParseBool: parsing {quote(value)}: invalid syntax"
    )


def store(flag: Flag, values: Entry, name: str, text: str) -> None:
    """Read one value and keep it."""
    try:
        value = flag.parse(text)
    except ValueError as error:
        raise UsageError(
            f"invalid value {quote(text)} for option {with_minus(name)}: {error}"
        ) from None
    values[flag.key] = (values[flag.key] or []) + [value] if flag.repeated else value


def describe(flags: Iterable[Flag]) -> str:
    """The option lines of a help text, sorted by name."""
    lines = []
    for flag in sorted(flags, key=lambda flag: flag.key):
        names = ", ".join(with_minus(name) for name in sorted(flag.names, key=len))
        lines.append(f"{names} {shown_default(flag)}\n    {flag.help}\n")
    return "".join(lines)


def shown_default(flag: Flag) -> str:
    """`(= "")` of a string, ` (= false)` of anything else: two blanks, as the original."""
    if flag.kind == "string":
        return f"(= {quote(flag.default or '')})"
    if flag.kind == "bool":
        return f" (= {'true' if flag.default else 'false'})"
    return f" (= {flag.default or ''})"
