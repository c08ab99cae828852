"""What each command of the command line does. Docstrings are the commands' help."""

from __future__ import annotations

import argparse
import shlex
import sys

import yaml

from ..client import Juju, JujuError
from ..values import Entry
from .words import pairs, read, show_json


def bootstrap(juju: Juju, options: argparse.Namespace) -> None:
    """Start the controller in the background."""
    pid = juju.bootstrap(
        options.profile,
        options.update_status_interval,
        options.retry_scale,
        options.lease_scale,
        options.private_address,
        options.public_address,
        options.path,
    )
    where = f"below {juju.paths.root} as process {pid}"
    print(f"Juju {juju.profile_to_use(None)} (a model of it) runs {where}.")
    print("Stop it with: juju kill-controller")


def kill_controller(juju: Juju, options: argparse.Namespace) -> None:
    """Stop the controller; the model stays on disk."""
    juju.kill_controller()


def model_config(juju: Juju, options: argparse.Namespace) -> None:
    """Show or change model configuration."""
    if options.values:
        juju.model_config(pairs(options.values))
    else:
        show_json(juju.model_config())


def settle(juju: Juju, options: argparse.Namespace) -> None:
    """Wait until every unit is idle or in error."""
    juju.settle(options.timeout)


def deploy(juju: Juju, options: argparse.Namespace) -> None:
    """Deploy a charm from its directory."""
    config: Entry = {}
    for word in options.config:
        config.update(pairs([word]) if "=" in word else file_settings(word, options.name))
    done = juju.deploy(
        options.charm,
        options.name,
        options.units,
        config,
        options.trust,
        pairs(options.resource),
        options.wait,
        placement(options.to),
    )
    print(f'Deployed "{done["application"]}": {", ".join(done["units"])}')


def placement(words: str) -> list[str]:
    """`0,new` as a list."""
    return [word for word in words.split(",") if word]


def refresh(juju: Juju, options: argparse.Namespace) -> None:
    """Upgrade an application to the charm in a directory."""
    juju.refresh(options.name, options.path, pairs(options.resource), options.wait)


def remove_application(juju: Juju, options: argparse.Namespace) -> None:
    """Remove an application with its units."""
    juju.remove_application(options.name, options.wait)


def config(juju: Juju, options: argparse.Namespace) -> None:
    """Show or change an application's settings."""
    if not options.file and not options.reset:
        if not options.values:
            return show_settings(juju.config_details(options.name), options.format)
        if len(options.values) == 1 and "=" not in options.values[0]:
            return show_setting(juju, options)
    values = file_settings(options.file, options.name) if options.file else {}
    values.update(pairs(options.values))
    reset = [key for word in options.reset for key in word.split(",")]
    juju.config(options.name, values, reset, options.wait)
    return None


def show_settings(details: Entry, form: str) -> None:
    """All settings."""
    if form == "json":
        show_json(details)
    else:
        print(yaml.safe_dump({"settings": details}, sort_keys=True), end="")


def show_setting(juju: Juju, options: argparse.Namespace) -> None:
    """One setting, bare."""
    key = options.values[0]
    details = juju.config_details(options.name)
    if key not in details:
        raise JujuError(f'key "{key}" not found in "{options.name}" application config')
    value = details[key]["value"]
    if isinstance(value, bool):
        value = str(value).lower()
    print("" if value is None else value)


def file_settings(path: str, application: str | None) -> Entry:
    """Settings of a YAML file, with or without the application's name above them."""
    values: Entry = yaml.safe_load(read(path)) or {}
    return dict(values.get(application or "", values))


def expose(juju: Juju, options: argparse.Namespace) -> None:
    """Let traffic reach the application's open ports."""
    juju.expose(options.name)


def unexpose(juju: Juju, options: argparse.Namespace) -> None:
    """Take the exposure back."""
    juju.expose(options.name, False)


def trust(juju: Juju, options: argparse.Namespace) -> None:
    """Trust an application with the cloud's credentials."""
    juju.trust(options.name, not options.remove, options.wait)


def leader(juju: Juju, options: argparse.Namespace) -> None:
    """Move leadership to a unit."""
    juju.leader(options.name, options.unit, options.wait)


def integrate(juju: Juju, options: argparse.Namespace) -> None:
    """Relate two applications."""
    juju.integrate(options.one, options.other, options.wait)


def remove_relation(juju: Juju, options: argparse.Namespace) -> None:
    """Remove the relation between two applications."""
    juju.remove_relation(options.one, options.other, options.wait)


def add_unit(juju: Juju, options: argparse.Namespace) -> None:
    """Add units to an application."""
    to = placement(options.to)
    print(", ".join(juju.add_unit(options.name, options.units, options.wait, to)))


def remove_unit(juju: Juju, options: argparse.Namespace) -> None:
    """Remove a unit."""
    juju.remove_unit(options.unit, options.wait, options.force)


def hook(juju: Juju, options: argparse.Namespace) -> None:
    """Run one hook by hand."""
    juju.hook(options.unit, options.hook, options.relation, options.remote_unit, options.wait)


def run_action(juju: Juju, options: argparse.Namespace) -> int:
    """Run an action and show its results; exits 1 if it failed."""
    params = {key: yaml.safe_load(value) for key, value in pairs(options.params).items()}
    action = juju.run_action(options.unit, options.action, params)
    failed = action["status"] == "failed"
    if options.format == "json":
        show_json(action)
    else:
        for line in action["log"]:
            print(line, file=sys.stderr)
        if failed:
            print(f"Action id {action['id']} failed: {action['message']}")
        print(yaml.safe_dump(action["results"]) if action["results"] else "", end="")
    return 1 if failed else 0


def execute(juju: Juju, options: argparse.Namespace) -> int:
    """Run a command in a unit's context; exits as the command does."""
    words = options.words + options.tail
    if not words:
        raise JujuError("no commands specified")
    script = words[0] if len(words) == 1 else " ".join(shlex.quote(word) for word in words)
    done = juju.exec(options.unit, script)
    sys.stdout.write(done["stdout"])
    sys.stderr.write(done["stderr"])
    return done["rc"] & 0xFF


def resolved(juju: Juju, options: argparse.Namespace) -> None:
    """Retry a unit's failed hook, or go on without it."""
    juju.resolved(options.unit, options.retry, options.wait)
