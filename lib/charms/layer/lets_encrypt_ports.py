"""What Juju lets this unit do: ports, leadership, addresses."""

from subprocess import CalledProcessError
from typing import List, Optional, Set

from charmhelpers.core import hookenv
from charms.layer import lets_encrypt_tell as tell
from layer_lets_encrypt.challenge import Challenge
from layer_lets_encrypt.problem import Problem


class _Hook:
    ports: Optional[Set[str]] = None  # those open since an earlier hook, once asked for
    is_leader: Optional[bool] = None  # once asked for


def begin() -> None:
    """A hook begins: nothing is known yet."""
    _Hook.ports = _Hook.is_leader = None


def open_all() -> None:
    """Ask Juju to open what the service and its challenges need."""
    for port in (80, 443):
        try:
            hookenv.open_port(port)
        except CalledProcessError:
            # The charm may have opened a range that holds it, which serves as well.
            tell.log(f"port {port} could not be opened", level=hookenv.WARNING)


def own_addresses() -> List[str]:
    """Return the unit's addresses, as Juju knows them."""
    known = (_address("public-address"), _address("private-address"))
    return list(dict.fromkeys(address for address in known if address))


def _address(kind: str) -> str:
    try:
        return hookenv.unit_get(kind) or ""
    except (CalledProcessError, OSError):
        return ""  # the unit has none yet


def obstacle(challenge: Challenge) -> Optional[Problem]:
    """Return why Juju keeps this unit from ordering by a challenge, None where it does not."""
    wanted = challenge.open_port
    if wanted and not _is_open(wanted):
        port = wanted.partition("/")[0]
        return Problem("waiting", f"port {port} is not open yet; goes on once Juju has opened it")
    if _Hook.is_leader is None:
        _Hook.is_leader = hookenv.is_leader()
    if not _Hook.is_leader:
        return Problem("waiting", "only the leader orders certificates, this unit is not it")
    return None


def opened() -> Set[str]:
    """Return the ports that are open since an earlier hook; Juju opens others at the end."""
    if _Hook.ports is None:
        _Hook.ports = set(hookenv.opened_ports())
    return _Hook.ports


def _is_open(wanted: str) -> bool:
    number, _, protocol = wanted.partition("/")
    for known in opened():
        ports, _, of = known.partition("/")
        first, _, last = ports.partition("-")
        if of == protocol and int(first) <= int(number) <= int(last or first):
            return True
    return False
