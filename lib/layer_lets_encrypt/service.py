"""The only place that touches the web service: is it there, stop, start, reload."""

import os
import re
import subprocess
from pathlib import Path

from layer_lets_encrypt.processes import Process

TIMEOUT = 120
_NOT_IMPLEMENTED = (2, 3)  # what an LSB script answers to a verb that it does not know


class ServiceError(Exception):
    """The service could not be brought into the wanted state; str() says which and why."""


def _has_systemd() -> bool:
    return os.path.isdir("/run/systemd/system")


def _call(verb: str, name: str) -> "subprocess.CompletedProcess[str]":
    """Ask the init system. Raises ServiceError where it does not answer."""
    try:
        return _run(verb, name)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(f"cannot {verb} service {name}: {error}") from error


def _run(verb: str, name: str) -> "subprocess.CompletedProcess[str]":
    command = ["systemctl", verb, name] if _has_systemd() else ["service", name, verb]
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=TIMEOUT,
        check=False,
    )


def exists(name: str) -> bool:
    """Whether the machine knows a service of that name."""
    if _has_systemd():
        return _call("cat", name).returncode == 0
    return os.access("/etc/init.d/" + name, os.X_OK)


def running(name: str) -> bool:
    """Whether the service runs."""
    verb = "is-active" if _has_systemd() else "status"
    return _call(verb, name).returncode == 0


def stop(name: str) -> None:
    """Stop the service. Raises ServiceError if it still runs afterwards."""
    _change("stop", name, wanted=False)


def start(name: str) -> None:
    """Start the service if it does not run. Raises ServiceError if it then still does not."""
    if not running(name):
        _change("start", name, wanted=True)


def reload(name: str) -> None:
    """Make the service read its certificate files again; restart it where it knows no reload.

    Raises ServiceError if it refuses, which leaves it running as before, or does not run
    afterwards.
    """
    said = _call("reload-or-restart" if _has_systemd() else "reload", name)
    if said.returncode in _NOT_IMPLEMENTED and not _has_systemd():
        _change("restart", name, wanted=True)
    elif said.returncode != 0 or not running(name):
        raise ServiceError(f"cannot reload service {name}: {_words(said)}")


def _change(verb: str, name: str, wanted: bool) -> None:
    said = _call(verb, name)
    if running(name) is not wanted:
        raise ServiceError(f"cannot {verb} service {name}: {_words(said)}")


def _words(said: "subprocess.CompletedProcess[str]") -> str:
    return " ".join(said.stdout.split()) or "it said nothing"


def owns(name: str, process: Process) -> bool:
    """Whether a process belongs to the service."""
    if _has_systemd():
        return _cgroup_unit(process.pid) in (name, name + ".service")
    return process.name == name[:15] or process.pid == _pid_of_file(name)


def _cgroup_unit(pid: int) -> str:
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text("ascii")
    except OSError:
        return ""
    units = re.findall(r"/([^/\n]+\.service)(?:/|$)", text, re.M)
    return units[-1] if units else ""


def _pid_of_file(name: str) -> int:
    for path in (f"/run/{name}.pid", f"/run/{name}/{name}.pid"):
        try:
            return int(Path(path).read_text("ascii").split()[0])
        except (OSError, ValueError, IndexError):
            continue
    return 0
