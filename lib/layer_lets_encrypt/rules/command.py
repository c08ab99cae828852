"""The options acme-deploy-command and acme-failure-command: a program and its arguments. Pure.

No shell reads them unless one is written, so what only a shell understands is refused instead of
being passed on as it is.
"""

from __future__ import annotations

import re
import shlex

from layer_lets_encrypt.rules import options
from layer_lets_encrypt.rules.request import InvalidRequest

MAX_COMMAND = 4000  # characters
MAX_SHOWN = 40
SHELLS = ("sh", "bash", "dash", "ash", "ksh", "zsh")

_OPERATOR = re.compile(r"(&&|\|\||[|&;<>]|[0-9]?>>?|[0-9]?>&[0-9])\Z")
_FOR_A_SHELL = re.compile(r"\$[A-Za-z_({]|`")


def parse_command(option: str, value: object) -> tuple[str, ...]:
    """Return the program and its arguments, () for an unset option. Raises InvalidRequest.

    What it raises shows no argument: there may be a password among them.
    """
    written = options.text(option, value).strip()
    if not written:
        return ()
    if len(written) > MAX_COMMAND:
        raise InvalidRequest(option, f"is longer than {MAX_COMMAND} characters", "write a script")
    if any(not (sign.isprintable() or sign in "\t\n") for sign in written):
        raise InvalidRequest(option, "has control characters or the like", "remove them")
    try:
        words = tuple(shlex.split(written))
    except ValueError as error:
        reason = f"cannot be read: {str(error).lower()}"
        raise InvalidRequest(option, reason, "close the quotes, or write a script") from None
    if written.count("\n") > sum(word.count("\n") for word in words):
        raise InvalidRequest(option, "has several lines", "write a script, and its path here")
    _check(option, words)
    return words


def _check(option: str, words: tuple[str, ...]) -> None:
    """Raise InvalidRequest for what cannot be run as it is written."""
    program = words[0] if words else ""
    if "/" in program and not program.startswith("/"):
        reason = f"names {program[:MAX_SHOWN]!r}, which is not an absolute path"
        raise InvalidRequest(option, reason, "begin it with /")
    if not program or program.startswith("-"):
        raise InvalidRequest(option, "names no program", "begin it with the path of a program")
    if program.rpartition("/")[2] in SHELLS:
        return
    sign = next(filter(None, map(shell_sign, words)), "=" if "=" in program else "")
    if sign:
        reason = f"has {sign!r}, which only a shell understands"
        raise InvalidRequest(option, reason, "write sh -c '...', or a script")


def shell_sign(word: str) -> str:
    """Return what shows that whoever wrote this has a shell in mind, "" for nothing."""
    if len(word) > 1 and word.endswith(";"):
        return ";"
    if _OPERATOR.match(word):
        return word
    found = _FOR_A_SHELL.search(word)
    return found.group(0)[0] if found else ""


def shown(option: str, words: tuple[str, ...]) -> str:
    """Return how a command is shown: without its arguments."""
    return f"{option} ({words[0].rpartition('/')[2][:MAX_SHOWN]})"
