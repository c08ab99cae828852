"""Users and groups of this machine, as numbers."""

from __future__ import annotations

import grp
import pwd
from typing import Callable, NamedTuple

from layer_lets_encrypt.rules.delivery import ACCESS
from layer_lets_encrypt.rules.file_access import FileAccess
from layer_lets_encrypt.rules.request import InvalidRequest

MAX_ID = 2**32 - 2
REMEDY = "create it, or correct the option"


class Granted(NamedTuple):
    """Access as the kernel knows it."""

    owner: int
    group: int
    mode: int
    folder_mode: int


ROOT_ALONE = Granted(0, 0, 0o600, 0o700)


def resolve(access: FileAccess) -> Granted:
    """Return the numbers of owner and group. Raises InvalidRequest for unknown ones."""
    owner = _number(access.owner, "user", lambda name: pwd.getpwnam(name).pw_uid)
    group = _number(access.group, "group", lambda name: grp.getgrnam(name).gr_gid)
    return Granted(owner, group, access.mode, access.folder_mode)


def _number(name: str, kind: str, find: Callable[[str], int]) -> int:
    try:
        return find(name)
    except KeyError:
        pass
    if name.isdecimal() and name.isascii() and int(name) <= MAX_ID:
        return int(name)
    raise InvalidRequest(ACCESS, f"names the {kind} {name}, which this unit does not have", REMEDY)
