"""Commands that show something, and those for the user's secrets."""

from __future__ import annotations

import argparse
import time

from ..client import Juju
from . import tables
from .words import contents, show_json


def add_secret(juju: Juju, options: argparse.Namespace) -> None:
    """Add a secret; prints its URI."""
    print(juju.add_secret(options.name, contents(options.pairs)))


def update_secret(juju: Juju, options: argparse.Namespace) -> None:
    """Give a secret new content."""
    juju.update_secret(options.name, contents(options.pairs), options.wait)


def remove_secret(juju: Juju, options: argparse.Namespace) -> None:
    """Remove a secret."""
    juju.remove_secret(options.name)


def grant_secret(juju: Juju, options: argparse.Namespace) -> None:
    """Let an application read a secret."""
    juju.grant_secret(options.name, options.application, True, options.wait)


def revoke_secret(juju: Juju, options: argparse.Namespace) -> None:
    """Take that permission back."""
    juju.grant_secret(options.name, options.application, False, options.wait)


def status(juju: Juju, options: argparse.Namespace) -> None:
    """Show applications and units."""
    report = juju.status()
    if options.format == "json":
        show_json(report)
    else:
        print(tables.status(report), end="")


def debug_log(juju: Juju, options: argparse.Namespace) -> None:
    """Show the log."""
    for entry in juju.log(options.unit, options.level.upper(), options.lines):
        print(entry["line"])


def runs(juju: Juju, options: argparse.Namespace) -> None:
    """Show every hook, action and command that was run, with its duration."""
    entries = juju.runs()
    if options.format == "json":
        return show_json(entries)
    rows = [["Start", "Unit", "Kind", "Name", "Seconds", "Exit", "Pid"]]
    for run in entries:
        clock = time.strftime("%H:%M:%S", time.localtime(run["start"]))
        rows.append(
            [
                clock,
                run["unit"],
                run["kind"],
                run["hook"],
                f"{run['duration']:.3f}",
                run["rc"],
                run["pid"],
            ]
        )
    print(tables.table(rows), end="")
    return None
