"""The gate to systemd, on machines that have it. Every function raises OSError, and no other
error, where systemd does not answer."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Iterable

from layer_lets_encrypt.machine import files

TIMEOUT = 120
# What a stop of a unit takes down with it, or what would start it again too early.
_RELATIONS = ("TriggeredBy", "RequiredBy", "RequisiteOf", "BoundBy", "ConsistsOf")


def present() -> bool:
    """Whether systemd runs this machine."""
    return os.path.isdir("/run/systemd/system")


def systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    """Run systemctl; return its exit status and all that it said."""
    return run(["systemctl", *words])


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program of the init system; return its exit status and all that it said."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
            preexec_fn=lambda: os.umask(files.UMASK),  # without systemd, a service inherits it
        )
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(str(error)) from error


def properties(unit: str, *names: str) -> dict[str, str]:
    """Return these properties of a unit; "" for what it does not have."""
    said = systemctl("show", "--property", ",".join(names), unit).stdout
    pairs = (line.partition("=") for line in said.splitlines())
    found = {name: value for name, _, value in pairs}
    return {name: found.get(name, "") for name in names}


def companions(unit: str) -> list[str]:
    """Return the active units that start this one on demand, or that a stop of it takes along."""
    found = properties(unit, *_RELATIONS)
    return _active({name for names in found.values() for name in names.split()})


def triggers(unit: str) -> list[str]:
    """Return the active units, mostly sockets, that start this one on demand."""
    return _active(properties(unit, "TriggeredBy")["TriggeredBy"].split())


def _active(units: Iterable[str]) -> list[str]:
    return [unit for unit in sorted(units) if systemctl("is-active", unit).returncode == 0]


def is_same(unit: str, other: str) -> bool:
    """Whether a name, perhaps without its suffix or an alias, means the unit ``other``."""
    if other in ("", unit, unit + ".service"):
        return other != ""
    return properties(unit, "Id")["Id"] == other


def service_of(pid: int) -> str:
    """Return the service in whose control group a process is, "" for none."""
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text("ascii")
    except OSError:
        return ""
    units = re.findall(r"/([^/\n]+\.service)(?:/|$)", text, re.M)
    return units[-1] if units else ""


def is_shutting_down() -> bool:
    """Whether the machine is on its way down: nothing can be started then."""
    return present() and systemctl("is-system-running").stdout.strip() == "stopping"
