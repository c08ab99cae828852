"""What the commands about machines do. Docstrings are the commands' help."""

from __future__ import annotations

import argparse

from ..client import Juju


def add_machine(juju: Juju, options: argparse.Namespace) -> None:
    """Add a machine; prints its number."""
    print(f"created machine {juju.add_machine(options.private_address, options.public_address)}")
