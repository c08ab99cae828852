"""The command line: its commands and their arguments; what they do is in the other modules."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import Any

from ..client import AGENT_PATH
from ..state.profiles import PROFILES
from . import commands, machines, views

Argument = tuple[str, "dict[str, Any]"]  # names, settings
Add = Callable[..., None]
NO_WAIT = "return at once, do not wait until all units are idle"


def root_parser() -> argparse.ArgumentParser:
    """--root, which may stand before or after the command."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument(
        "--root",
        default=os.environ.get("JUJU_ROOT", "/"),
        help="directory below which the machine's files are (default: $JUJU_ROOT, else /)",
    )
    return parser


def build_parser() -> argparse.ArgumentParser:
    """All commands."""
    root = root_parser()
    parser = argparse.ArgumentParser(
        prog="juju", description="Try a charm without a cloud.", parents=[root]
    )
    commands_parser = parser.add_subparsers(metavar="COMMAND", required=True)

    def add(
        name: str,
        run: Callable[..., int | None],
        *arguments: Argument,
        waits: bool = False,
        aliases: Sequence[str] = (),
    ) -> None:
        """One command; `arguments` are (names, settings)."""
        text = (run.__doc__ or "").splitlines()[0]
        sub = commands_parser.add_parser(
            name, help=text, description=text, parents=[root], aliases=aliases
        )
        for names, settings in arguments:
            sub.add_argument(*names.split(), **settings)
        if waits:
            sub.add_argument("--no-wait", dest="wait", action="store_false", help=NO_WAIT)
        sub.set_defaults(run=run)

    add_controller(add)
    add_machines(add)
    add_applications(add)
    add_relations(add)
    add_units(add)
    add_secrets(add)
    add_views(add)
    return parser


def arg(names: str, **settings: Any) -> Argument:
    """An argument."""
    return names, settings


TO = arg("--to", default="", metavar="MACHINE,...", help="a machine for each unit: number or `new`")


def add_controller(add: Add) -> None:
    """The controller and the model."""
    add(
        "bootstrap",
        commands.bootstrap,
        arg("--profile", choices=list(PROFILES), help="default: 3.6"),
        arg(
            "--update-status-interval",
            type=float,
            default=0,
            metavar="SECONDS",
            help="run update-status this often (default: not at all)",
        ),
        arg(
            "--retry-scale",
            type=float,
            default=1.0,
            help="factor for the waits before a failed hook is retried",
        ),
        arg(
            "--lease-scale",
            type=float,
            default=1.0,
            help="factor for the 60 seconds of a leadership's lease",
        ),
        arg("--private-address", default="127.0.0.1"),
        arg("--public-address", default="127.0.0.1"),
        arg("--path", default=AGENT_PATH, help="PATH of the hooks, behind the hook tools"),
    )
    add("kill-controller", commands.kill_controller, aliases=["destroy-controller"])
    add("model-config", commands.model_config, arg("values", nargs="*", metavar="K=V"))
    add("settle", commands.settle, arg("--timeout", type=float))


def add_machines(add: Add) -> None:
    """Machines."""
    add(
        "add-machine",
        machines.add_machine,
        arg("--private-address"),
        arg("--public-address"),
        arg("--external", action="store_true", help="its agent is a process of its own"),
    )
    force = arg("--force", action="store_true")
    add("remove-machine", machines.remove_machine, arg("machine"), force, waits=True)
    for name, run in (
        ("stop-agent", machines.stop_agent),
        ("kill-machine", machines.kill_machine),
        ("partition", machines.partition),
    ):
        add(name, run, arg("machine"))
    add(
        "fault",
        machines.fault,
        arg("unit"),
        arg("point", help="flush:before, flush:after-secrets or flush:after"),
        arg("--then", choices=["fail", "kill"], default="fail"),
    )
    add("start-agent", machines.start_agent, arg("machine"), waits=True)


def add_applications(add: Add) -> None:
    """Applications."""
    add(
        "deploy",
        commands.deploy,
        arg("charm"),
        arg("name", nargs="?"),
        arg("-n --num-units", type=int, default=1, dest="units"),
        arg("--config", action="append", default=[], metavar="K=V or FILE"),
        arg("--resource", action="append", default=[], metavar="NAME=FILE"),
        arg("--trust", action="store_true"),
        TO,
        waits=True,
    )
    add(
        "refresh",
        commands.refresh,
        arg("name"),
        arg("--path", required=True),
        arg("--resource", action="append", default=[], metavar="NAME=FILE"),
        waits=True,
        aliases=["upgrade-charm"],
    )
    add("remove-application", commands.remove_application, arg("name"), waits=True)
    add(
        "config",
        commands.config,
        arg("name"),
        arg("values", nargs="*", metavar="KEY or K=V"),
        arg("--reset", action="append", default=[]),
        arg("--file"),
        arg("--format", choices=["yaml", "json"], default="yaml"),
        waits=True,
    )
    add("expose", commands.expose, arg("name"))
    add("unexpose", commands.unexpose, arg("name"))
    add("trust", commands.trust, arg("name"), arg("--remove", action="store_true"), waits=True)
    add("leader", commands.leader, arg("name"), arg("unit"), waits=True)


def add_relations(add: Add) -> None:
    """Relations."""
    add(
        "integrate",
        commands.integrate,
        arg("one"),
        arg("other"),
        waits=True,
        aliases=["relate", "add-relation"],
    )
    add("remove-relation", commands.remove_relation, arg("one"), arg("other"), waits=True)


def add_units(add: Add) -> None:
    """Units, hooks, actions, commands."""
    add(
        "add-unit",
        commands.add_unit,
        arg("name"),
        arg("-n --num-units", type=int, default=1, dest="units"),
        TO,
        waits=True,
    )
    force = arg("--force", action="store_true", help="even if its agent is gone")
    add("remove-unit", commands.remove_unit, arg("unit"), force, waits=True)
    add(
        "hook",
        commands.hook,
        arg("unit"),
        arg("hook"),
        arg("--relation"),
        arg("--remote-unit", default=""),
        waits=True,
    )
    add(
        "run",
        commands.run_action,
        arg("unit"),
        arg("action"),
        arg("params", nargs="*", metavar="K=V"),
        arg("--format", choices=["plain", "json"], default="plain"),
    )
    add("exec", commands.execute, arg("--unit -u", required=True), arg("words", nargs="*"))
    add(
        "resolved",
        commands.resolved,
        arg("unit"),
        arg("--no-retry", dest="retry", action="store_false"),
        waits=True,
        aliases=["resolve"],
    )


def add_secrets(add: Add) -> None:
    """The user's secrets."""
    pairs = arg("pairs", nargs="+", metavar="K=V")
    add("add-secret", views.add_secret, arg("name"), pairs)
    add("update-secret", views.update_secret, arg("name"), pairs, waits=True)
    add("remove-secret", views.remove_secret, arg("name"))
    add("grant-secret", views.grant_secret, arg("name"), arg("application"), waits=True)
    add("revoke-secret", views.revoke_secret, arg("name"), arg("application"), waits=True)


def add_views(add: Add) -> None:
    """What is going on."""
    add("status", views.status, arg("--format", choices=["tabular", "json"], default="tabular"))
    add(
        "debug-log",
        views.debug_log,
        arg("--unit -u --include -i"),
        arg("--level -l", default="TRACE"),
        arg("-n --lines", type=int),
    )
    add("runs", views.runs, arg("--format", choices=["tabular", "json"], default="tabular"))
