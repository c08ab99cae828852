"""The only place that touches the web service: is it there, stop, start, reload."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import CompletedProcess
from typing import Callable, Sequence, TypeVar

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.web import systemd
from layer_lets_encrypt.web.processes import Process

T = TypeVar("T")

_NOT_IMPLEMENTED = (2, 3)  # what an LSB script answers to a verb that it does not know


class ServiceError(Exception):
    """The service could not be brought into the wanted state; str() says which and why."""


def _call(verb: str, name: str, *others: str) -> CompletedProcess[str]:
    """Ask the init system. Raises ServiceError if it does not answer."""
    try:
        if systemd.present():
            return systemd.systemctl(verb, name, *others)
        return systemd.run(["service", _script(name), verb])
    except OSError as error:
        raise ServiceError(f"cannot {verb} service {name}: {error}") from error


def _script(name: str) -> str:
    return name[: -len(".service")] if name.endswith(".service") else name


def exists(name: str) -> bool:
    """Whether the machine knows a service of that name."""
    if systemd.present():
        return _call("cat", name).returncode == 0
    return os.access("/etc/init.d/" + _script(name), os.X_OK)


def running(name: str) -> bool:
    """Whether the service runs."""
    verb = "is-active" if systemd.present() else "status"
    return _call(verb, name).returncode == 0


def companions(name: str) -> list[str]:
    """Return the active units that a stop of the service takes down, to be started with it.

    Sockets through which systemd would start it again are among them. Raises ServiceError.
    """
    return _asked(name, systemd.companions) if systemd.present() else []


def stop(name: str) -> None:
    """Stop the service, and what would start it on demand.

    Raises ServiceError if it still runs afterwards, or would not start again.
    """
    triggers: list[str] = []
    if systemd.present():
        if _call("show", name, "--property=LoadState").stdout.strip() == "LoadState=masked":
            text = "service {0} is not stopped: it is masked and would not start again; "
            raise ServiceError(text.format(name) + f"run 'systemctl unmask {name}'")
        triggers = _asked(name, systemd.triggers)
    said = _call("stop", name, *triggers)
    if running(name):
        raise ServiceError(f"cannot stop service {name}: {_output(said)}")


def start(name: str, companions: Sequence[str] = ()) -> None:
    """Start the service, and its companions, if they do not run.

    Raises ServiceError if the service then still does not.
    """
    # systemd is asked even so: a stop may be on its way, and is called off by this.
    if systemd.present() or not running(name):
        _bring_up("start", name, *companions)


def restart(name: str) -> None:
    """Restart the service. Raises ServiceError if it then does not run."""
    _bring_up("restart", name)


def _bring_up(verb: str, name: str, *others: str) -> None:
    said = _call(verb, name, *others)
    if not running(name) and systemd.present():
        # After a handful of starts in quick succession systemd refuses any more.
        _call("reset-failed", name)
        said = _call(verb, name, *others)
    if not running(name):
        raise ServiceError(f"cannot {verb} service {name}: {_output(said)}")


def reload(name: str) -> None:
    """Make the service read its certificate files again; restart it where it knows no reload.

    Raises ServiceError if it refuses, which leaves it running as before, or does not run
    afterwards.
    """
    said = _call("reload-or-restart" if systemd.present() else "reload", name)
    if said.returncode in _NOT_IMPLEMENTED and not systemd.present():
        restart(name)
    elif said.returncode != 0 or not running(name):
        raise ServiceError(f"cannot reload service {name}: {_output(said)}")


def _output(said: CompletedProcess[str]) -> str:
    return " ".join(said.stdout.split()) or "it said nothing"


def owns(name: str, process: Process) -> bool:
    """Whether a process belongs to the service. Raises ServiceError."""
    if systemd.present():
        return _asked(name, lambda unit: _owns_by_systemd(unit, process.pid))
    return process.name == _script(name)[:15] or process.pid == _pid_of_file(_script(name))


def _owns_by_systemd(unit: str, pid: int) -> bool:
    if pid == 1:  # it listens for services that it starts on demand
        return bool(systemd.triggers(unit))
    return systemd.is_same(unit, systemd.service_of(pid))


def _pid_of_file(name: str) -> int:
    for path in (f"/run/{name}.pid", f"/run/{name}/{name}.pid"):
        try:
            return int(files.read_text(Path(path), follow=True).split()[0])
        except (OSError, ValueError, IndexError):
            continue
    return 0


def _asked(name: str, question: Callable[[str], T]) -> T:
    try:
        return question(name)
    except OSError as error:
        raise ServiceError(f"systemd tells nothing of service {name}: {error}") from error
