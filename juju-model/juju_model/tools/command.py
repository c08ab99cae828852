"""One hook tool: how it is declared, parsed, run and answered.

A tool is a function of (context, values of its options, positional arguments). It returns what it
answers, or raises `UsageError` (exit code 2) or `ToolError` (exit code 1).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Callable

from ..formats import WRITERS, quote, quote_list
from ..values import Entry, Options, Settings
from . import gnuflag
from .context import Context
from .gnuflag import Flag, HelpRequested, UsageError

Run = Callable[[Context, Options, "list[str]", "Call"], Any]

TOOLS: dict[str, Tool] = {}


class ToolError(Exception):
    """The tool could not do what it was asked: exit code 1."""


class NeedsStdin(Exception):
    """The tool wants standard input, which the client has not sent yet."""


@dataclass
class Call:
    """What comes with one call of a tool besides its arguments."""

    cwd: str = "/"
    stdin: bytes | None = None
    stderr: list[str] = field(default_factory=list)

    def path(self, name: str) -> str:
        """`name` as an absolute path."""
        return os.path.normpath(os.path.join(self.cwd, name))

    def read(self, name: str) -> str:
        """The text of a file, or of standard input for `-`."""
        if name == "-":
            if self.stdin is None:
                raise NeedsStdin
            return self.stdin.decode("utf-8", "surrogateescape")
        try:
            with open(self.path(name), encoding="utf-8", errors="surrogateescape") as source:
                return source.read()
        except OSError as error:
            raise FileNotFoundError(go_open_error(self.path(name), error)) from None


def go_open_error(path: str, error: OSError) -> str:
    """`open PATH: no such file or directory`."""
    return f"open {path}: {os.strerror(error.errno or 0).lower()}"


@dataclass
class Tool:
    """The declaration of a hook tool."""

    name: str
    args: str
    summary: str
    details: str
    run: Run
    flags: Callable[[Context], Iterable[Flag]]
    formats: tuple[str, ...]
    positional: int | None
    deprecated_format: bool

    def all_flags(self, context: Context) -> list[Flag]:
        """The tool's own options, and those every answering tool has."""
        flags = list(self.flags(context))
        if self.formats:
            flags += output_flags(self.formats)
        if self.deprecated_format:
            flags.append(Flag(("format",), "string", "", "deprecated format flag"))
        return flags


def output_flags(formats: tuple[str, ...]) -> list[Flag]:
    """--format and --output; the first of `formats` is the default."""

    def known_format(text: str) -> str:
        if text not in formats:
            raise ValueError(f"unknown format {quote(text)}")
        return text

    listed = "|".join(sorted(formats))
    return [
        Flag(("format",), "value", formats[0], f"Specify output format ({listed})", known_format),
        Flag(("o", "output"), "string", "", "Specify an output file"),
    ]


def no_flags(_context: Context) -> Iterable[Flag]:
    """A tool without options of its own."""
    return ()


SMART = ("smart", "json", "yaml")
YAML_FIRST = ("yaml", "json")


def tool(
    name: str,
    args: str = "",
    *,
    summary: str,
    details: str = "",
    flags: Callable[[Context], Iterable[Flag]] = no_flags,
    formats: tuple[str, ...] = (),
    positional: int | None = 0,
    deprecated_format: bool = False,
) -> Callable[[Run], Run]:
    """Declare the decorated function as the hook tool `name`.

    `positional` is how many arguments are taken (None: any number).
    """

    def declare(function: Run) -> Run:
        TOOLS[name] = Tool(
            name, args, summary, details, function, flags, formats, positional, deprecated_format
        )
        return function

    return declare


def execute(context: Context, name: str, argv: list[str], call: Call) -> tuple[int, str, str]:
    """Run one tool: returns (exit code, standard output, standard error)."""
    declared = TOOLS[name]
    try:
        values, positional = gnuflag.parse(declared.all_flags(context), argv)
        surplus = [] if declared.positional is None else positional[declared.positional :]
        if surplus:
            raise UsageError(f"unrecognized args: {quote_list(surplus)}")
        if declared.deprecated_format and values["format"]:
            call.stderr.append(f"--format flag deprecated for command {quote(name)}")
        answer = declared.run(context, values, positional, call)
        return 0, write(declared, values, answer, call), "".join(call.stderr)
    except HelpRequested:
        return 0, help_text(declared, context), ""
    except UsageError as error:
        return 2, "", f"ERROR {error}\n"
    except ToolError as error:
        return 1, "", "".join(call.stderr) + f"ERROR {error}\n"


def write(declared: Tool, values: Entry, answer: Any, call: Call) -> str:
    """The answer as text; into a file if --output says so."""
    if not declared.formats:
        return answer or ""
    text = WRITERS[values["format"]](answer)
    if not values["output"]:
        return text
    try:
        with open(call.path(values["output"]), "w", encoding="utf-8") as target:
            target.write(text)
    except OSError as error:
        raise ToolError(go_open_error(call.path(values["output"]), error)) from None
    return ""


def help_text(declared: Tool, context: Context) -> str:
    """What --help prints."""
    options = gnuflag.describe(declared.all_flags(context))
    usage = f"Usage: {declared.name}{' [options]' if options else ''} {declared.args}".rstrip()
    parts = [f"{usage}\n\nSummary:\n{declared.summary}\n"]
    if options:
        parts.append(f"\nOptions:\n{options}")
    if declared.details:
        parts.append(f"\nDetails:\n{declared.details.strip()}\n")
    return "".join(parts)


def key_values(words: list[str], allow_empty_key: bool = False) -> Settings:
    """`k=v` words as a map, in Juju's words for what is wrong with them."""
    pairs: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or (not key and not allow_empty_key):
            raise UsageError(f'expected "key=value", got {quote(word)}')
        if key in pairs:
            raise UsageError(f"key {quote(key)} specified more than once")
        pairs[key] = value
    return pairs
