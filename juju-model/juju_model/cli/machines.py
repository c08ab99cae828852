"""What the commands about machines do. Docstrings are the commands' help."""

from __future__ import annotations

import argparse

from ..client import Juju


def stop_agent(juju: Juju, options: argparse.Namespace) -> None:
    """Stop a machine's agent, and with it the hook that runs."""
    juju.stop_agent(options.machine)


def start_agent(juju: Juju, options: argparse.Namespace) -> None:
    """Start a stopped agent, boot a killed machine, end a partition."""
    juju.start_agent(options.machine, options.wait)


def kill_machine(juju: Juju, options: argparse.Namespace) -> None:
    """Take the power from a machine."""
    juju.kill_machine(options.machine)


def partition(juju: Juju, options: argparse.Namespace) -> None:
    """Cut a machine off from the controller."""
    juju.partition(options.machine)


def remove_machine(juju: Juju, options: argparse.Namespace) -> None:
    """Remove a machine; with --force its units, too."""
    juju.remove_machine(options.machine, options.force, options.wait)


def fault(juju: Juju, options: argparse.Namespace) -> None:
    """Have a unit's hook fail, or its machine die, at the unit's next flush."""
    juju.plant_fault(options.unit, options.point, options.then)


def add_machine(juju: Juju, options: argparse.Namespace) -> None:
    """Add a machine; prints its number."""
    number = juju.add_machine(options.private_address, options.public_address, options.external)
    print(f"created machine {number}")
