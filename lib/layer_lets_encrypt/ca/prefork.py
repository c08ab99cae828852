"""Runs certbot in certbot's own interpreter, without the machine's cli.ini.

``PYTHON runner.py CERTBOT ARGUMENT...`` runs it once; by the script CERTBOT if nothing else works.

``PYTHON runner.py CERTBOT`` runs it again and again from one start of Python. It imports certbot,
which takes longer than all else that it does before it asks the CA, and says so. Then it reads
one JSON object a line, ``{"arguments": [...], "output": PATH}``, runs certbot in a child with
these, its output going to the file, and answers ``{"status": N}``. It ends with its input, and its
child with it. It must not import anything of the layer's.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1


ANSWERS = os.dup(1)
os.set_inheritable(ANSWERS, False)


def say(**answer: Any) -> None:
    """Answer with one line; standard output belongs to what certbot imports."""
    os.write(ANSWERS, (json.dumps(answer) + "\n").encode())


def be_silent() -> None:
    """Have all else that is printed go nowhere."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


def import_certbot() -> Any:
    """Return certbot's main function. Raises what certbot raises, or lacks."""
    del sys.path[0]  # this file's folder: its certbot.py is not the one that is meant
    from certbot.main import main

    ignore_settings()
    return main


def ignore_settings() -> None:
    """Have certbot read no cli.ini.

    All that the layer asks for is on the command line. certbot has no option for this: one that
    names a file has it read in addition to the others.
    """
    from certbot._internal import constants

    if not isinstance(constants.CLI_DEFAULTS["config_files"], list):
        raise TypeError("this certbot looks for its cli.ini in a way that is not known")
    constants.CLI_DEFAULTS["config_files"] = []


def load_plugins() -> None:
    """Import the plugins once, as certbot itself would in each run."""
    try:
        from importlib.metadata import entry_points

        found: Any = entry_points()
        select = getattr(found, "select", None)  # since Python 3.10
        for plugin in select(group="certbot.plugins") if select else found["certbot.plugins"]:
            plugin.load()
    except Exception as error:  # a plugin that is broken is certbot's to report
        print(f"plugins could not be loaded in advance: {error}", file=sys.stderr)


def become_certbot(parent: int, output: str) -> None:
    """Turn a fresh child into a process like any that the certbot script begins."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    os.setsid()
    words = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (words, 1), (words, 2)):
        os.dup2(source, target)
    os.close(words)
    os.close(nothing)


def serve() -> list[str] | None:
    """Run what is asked for; return the arguments in the child, None at the end of the input."""
    parent = os.getpid()
    while True:
        line = sys.stdin.buffer.readline()  # no read-ahead that a child would inherit
        if not line:
            return None
        asked = json.loads(line)
        child = os.fork()
        if not child:
            become_certbot(parent, asked["output"])
            return list(asked["arguments"])
        status = os.waitpid(child, 0)[1]
        say(status=os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))


def import_or_become(binary: str, words: list[str]) -> Any:
    """Return certbot's main function, or become the script if it cannot be had."""
    try:
        return import_certbot()
    except Exception as error:  # whatever it is, the script may know better
        print(f"certbot is run with its cli.ini: {error}", file=sys.stderr, flush=True)
        os.execv(binary, [binary, *words])  # noqa: S606


if __name__ == "__main__":
    script, arguments = sys.argv[1], sys.argv[2:] or None
    if arguments:
        certbot = import_or_become(script, arguments)
    else:
        be_silent()
        certbot = import_certbot()
        load_plugins()
        say(ready=True)
        arguments = serve()
    # At the outermost level, so that certbot's own handling of exceptions ends the process.
    if arguments is not None:
        sys.argv = ["certbot", *arguments]
        sys.exit(certbot(arguments))
