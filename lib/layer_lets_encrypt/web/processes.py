"""The machine's processes: who listens on a port, who belongs to an attempt. Reads only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Collection, Iterator, NamedTuple

ATTEMPT = "LAYER_LETS_ENCRYPT_ATTEMPT"  # in the environment of certbot and its children
_LISTEN = "0A"


class Process(NamedTuple):
    """A process that listens on a port."""

    pid: int
    name: str


def port_holders(port: int) -> list[Process]:
    """Return the processes that listen on a TCP port, IPv4 or IPv6, on any address."""
    inodes = set(_listening_inodes(port))
    if not inodes:
        return []
    return [Process(pid, _comm(pid)) for pid in _pids() if _opens(pid, inodes)]


def listens(port: int) -> bool:
    """Whether anybody listens on a TCP port; reads no further than to the first who does."""
    return any(_listening_inodes(port))


def _listening_inodes(port: int) -> Iterator[str]:
    for fields in _listeners():
        if int(fields[1].rpartition(":")[2], 16) == port:
            yield f"socket:[{fields[9]}]"


def _listeners() -> Iterator[list[str]]:
    """Yield the kernel's rows of listening sockets: there may be thousands of others."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table, encoding="ascii") as rows:
                next(rows, "")  # the headings
                for row in rows:
                    fields = row.split()
                    if fields[3] != _LISTEN:
                        break  # listeners come first
                    yield fields
        except OSError:
            continue


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def _opens(pid: int, inodes: set[str]) -> bool:
    folder = f"/proc/{pid}/fd"
    try:
        return any(_link(folder + "/" + fd) in inodes for fd in os.listdir(folder))
    except OSError:
        return False


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8", errors="replace").strip()
    except OSError:
        return "?"


def named(names: Collection[str]) -> bool:
    """Whether a process is called by one of these names."""
    return any(_comm(pid) in names for pid in _pids())


def survivors(variable: str, value: str) -> list[int]:
    """Return the processes whose environment has ``variable`` set to ``value``."""
    wanted = f"{variable}={value}".encode()
    return [pid for pid in _pids() if wanted in _environment(pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []
