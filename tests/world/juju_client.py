"""The operator's juju for a world, without a process for each command.

    run(world, ["config", "web", "fqdn=www.example.com"])     what it printed

It is the client's own program, called in this process: a start of Python for each of some thousand
commands would take longer than what they do. What needs the world itself, to start a controller or
to read a file there, runs inside.
"""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from typing import Any

from .world import PROJECT, World, WorldError

JUJU = PROJECT / "juju-model" / "juju"
INSIDE = {"bootstrap", "kill-controller", "deploy", "refresh"}
INTERRUPTED = 130


def run(world: World, words: list[Any], check: bool = True) -> str:
    """Run one command; returns what it printed. WorldError if it fails (``check``)."""
    plain = [str(word) for word in words]
    if needs_the_world(plain):
        return str(world.run([JUJU, *plain], check=check).stdout)
    status, output, errors = call(["--root", str(world.path("/")), *plain])
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if check and status:
        said = f"{output}\n{errors}".strip()[-4000:]
        raise WorldError(f"{' '.join(['juju', *plain])!r} ended with {status}:\n{said}")
    return output


def needs_the_world(words: list[str]) -> bool:
    """Whether the command starts something or names a file. So does one of another thread:
    standard output can be caught for one at a time."""
    names_a_file = "--file" in words or any("=@" in word or "#file=" in word for word in words)
    here = threading.current_thread() is threading.main_thread()
    return words[0] in INSIDE or names_a_file or not here


def call(words: list[str]) -> tuple[int, str, str]:
    """The client's exit code, output and errors."""
    main = _client()
    with (
        contextlib.redirect_stdout(io.StringIO()) as output,
        contextlib.redirect_stderr(io.StringIO()) as errors,
    ):
        try:
            status = main(words)
        except SystemExit as stop:  # argparse does not understand the words
            status = stop.code
    return status, output.getvalue(), errors.getvalue()


def _client() -> Any:
    """The client's program."""
    if str(JUJU.parent) not in sys.path:
        sys.path.append(str(JUJU.parent))
    from juju_model.cli.main import main

    return main
