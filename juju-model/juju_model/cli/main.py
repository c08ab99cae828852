"""The command line as a program."""

from __future__ import annotations

import sys

from ..client import Juju, JujuError
from ..state.charm import CharmError
from .parser import build_parser, root_parser


def main(argv: list[str] | None = None) -> int:
    """Run one command (that of this process, if none is given); returns the exit code."""
    words, tail = split_tail(sys.argv[1:] if argv is None else argv)
    where, words = root_parser().parse_known_args(words)
    options = build_parser().parse_args(words)
    options.tail = tail
    juju = Juju(where.root)
    try:
        return options.run(juju, options) or 0
    except (JujuError, CharmError) as error:
        print(f"ERROR {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def split_tail(argv: list[str]) -> tuple[list[str], list[str]]:
    """The words before and after `--`."""
    if "--" not in argv:
        return argv, []
    place = argv.index("--")
    return argv[:place], argv[place + 1 :]
