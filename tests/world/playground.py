"""A world to look around in: `make try CHARM=path`, and what `make demo KEEP=1` leaves.

In it `juju` is on the PATH, /root/pebble-root.pem holds the root that certificates come from, every
name leads to the world itself, and the unit's cron file is obeyed at real speed.
"""

from __future__ import annotations

import os
from pathlib import Path

from . import acme
from .cron import Cron
from .juju_client import JUJU
from .world import PROJECT, World

ROOT_FILE = "/root/pebble-root.pem"
CA_FILE = "/root/acme-ca.pem"
NAME = "www.example.com"
NEXT_STEPS = """
Next:

  make demo KEEP=1                 the same again, and its world stays open: look around in it
  make demo STORY=day              an operator's day: another CA, files, every action, a new machine
  make demo PLANT_STOP=1           nginx stops for a second: the visitors notice, the demo fails
  make try CHARM=path/to/charm     this world for a charm of your own

docs/operators.md says what the operator of a charm can set, docs/authors.md how a charm gets its
certificates; examples/web is the charm that you have just seen.
"""


def furnish(world: World, ca: acme.Acme) -> None:
    """Put at hand what somebody in the world needs: juju, the CA's root and its own certificate."""
    world.write(ROOT_FILE, ca.root())
    world.write(CA_FILE, ca.ca_certificates)
    juju = world.path("/usr/local/bin/juju")
    juju.unlink(missing_ok=True)
    juju.symlink_to(JUJU)


def leave_open(world: World, app: str) -> None:
    """Start cron, let the world outlive this process, and print how to begin in it."""
    Cron(world).__enter__()
    print(invitation(world.keep(), app), flush=True)


def invitation(pid: int, app: str) -> str:
    """Five commands to begin with, and how to end it all."""
    root = "sudo " if os.environ.get("SUDO_UID") else ""
    enter = f"{root}{Path(__file__).resolve().parent.relative_to(PROJECT) / 'enter'}"
    return f"""
The world stays open. Enter it, and try:

  {enter} {pid}
  juju status
  juju config {app} fqdn={NAME}
  openssl s_client -connect {NAME}:443 -CAfile {ROOT_FILE} -brief </dev/null
  juju run {app}/0 lets-encrypt-certificates

`juju debug-log` tells what happened; every name leads to this world. End it:

  {enter} --end {pid}
"""
