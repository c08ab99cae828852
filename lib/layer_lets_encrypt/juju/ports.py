"""What Juju lets this unit do: ports and addresses."""

from __future__ import annotations

import re
import subprocess
from subprocess import CalledProcessError

from charmhelpers.core import hookenv, unitdata

from layer_lets_encrypt.juju import tell
from layer_lets_encrypt.juju.hook import current
from layer_lets_encrypt.rules.challenge import Challenge
from layer_lets_encrypt.rules.problem import Problem

PORTS = ("80/tcp", "443/tcp")
REFUSED = "layer.lets-encrypt.ports-refused"  # in the unit's database: port -> the unit that has it
REMEDY = "move one of the two units to another machine; it is asked for in every hook"

_OWNER = r'conflicts with \S+ \(unit "([^"]{1,100})"\)'


def ask() -> None:
    """Ask Juju to open what the service and its challenges need, and remember what it refuses.

    What was granted is not asked for again: a charm may have closed it since.
    """
    known = unitdata.kv().get(REFUSED)
    refused = {port: _refusal(port) for port in (PORTS if known is None else known)}
    refused = {port: owner for port, owner in refused.items() if owner is not None}
    for port, owner in refused.items():
        if known is None or known[port] != owner:
            tell.log(f"Juju does not open {port}: {_taken(port, owner)}", level=hookenv.WARNING)
    if refused != known:
        unitdata.kv().set(REFUSED, refused)


def are_refused() -> bool:
    """Whether Juju has refused a port that the unit needs."""
    return bool(unitdata.kv().get(REFUSED))


def _refusal(port: str) -> str | None:
    """Ask for a port; return which unit has it, "" if that is not known, None if it is open."""
    try:
        done = subprocess.run(["open-port", port], capture_output=True, check=False)
    except OSError as error:
        tell.log(f"open-port {port}: {error}", level=hookenv.WARNING)
        return ""
    if done.returncode == 0:
        return None
    said = done.stderr.decode("utf-8", errors="replace")
    found = re.search(_OWNER, said)
    owner = found.group(1) if found else ""
    # The charm may have opened a range that holds it, which serves as well.
    return None if owner == hookenv.local_unit() else owner


def _taken(port: str, owner: str | None) -> str:
    number = port.partition("/")[0]
    who = f"the unit {owner} on this machine has it" if owner else "Juju refuses to open it"
    return f"port {number} is not open: {who}"


def own_addresses() -> list[str]:
    """Return the unit's addresses, as Juju knows them."""
    known = (_address("public-address"), _address("private-address"))
    return list(dict.fromkeys(address for address in known if address))


def _address(kind: str) -> str:
    try:
        return hookenv.unit_get(kind) or ""
    except (CalledProcessError, OSError):
        return ""  # the unit has none yet


def closed(challenge: Challenge) -> Problem | None:
    """Return why the port that a challenge needs is not open, None if it is."""
    wanted = challenge.open_port
    if wanted and not _is_open(wanted):
        owner = (unitdata.kv().get(REFUSED) or {}).get(wanted)
        if owner is not None:
            return Problem("blocked", _taken(wanted, owner), remedy=REMEDY if owner else "")
        port = wanted.partition("/")[0]
        return Problem("waiting", f"port {port} is not open yet; goes on once Juju has opened it")
    return None


def opened() -> set[str]:
    """Return the ports that are open since an earlier hook; Juju opens others at the end."""
    hook = current()
    if hook.opened_ports is None:
        hook.opened_ports = set(hookenv.opened_ports())
    return hook.opened_ports


def _is_open(wanted: str) -> bool:
    number, _, protocol = wanted.partition("/")
    for known in opened():
        ports, _, of = known.partition("/")
        first, _, last = ports.partition("-")
        if of == protocol and int(first) <= int(number) <= int(last or first):
            return True
    return False
