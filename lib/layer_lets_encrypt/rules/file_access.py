"""The option acme-files-access: owner, group and mode of a certificate's files. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from layer_lets_encrypt.rules import options
from layer_lets_encrypt.rules.delivery import ACCESS
from layer_lets_encrypt.rules.request import InvalidRequest

GROUPS_MODE = 0o640  # what is meant where no mode is written
REMEDY = "write owner:group mode, such as root:ssl-cert 0640"
MAX_SHOWN = 40

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?"
_FORM = rf"({_NAME}):({_NAME})(?:[ \t]+(\S{{1,20}}))?\Z"


class FileAccess(NamedTuple):
    """Who may read keys and certificates; ``owner`` and ``group`` are names or numbers."""

    owner: str = "root"
    group: str = "root"
    mode: int = 0o600

    @property
    def folder_mode(self) -> int:
        """The mode of folders around such files: enter and list for whoever reads the files.

        Folders stay root's, so an owner who is not root passes through as one of the others.
        """
        group = 0o050 if self.mode & 0o040 else 0
        others = 0o005 if self.mode & 0o004 else 0
        passing = 0o001 if self.owner not in ("root", "0") else 0
        return 0o700 | group | others | passing

    @property
    def is_for_all(self) -> bool:
        """Whether every user of the machine can read the keys."""
        return bool(self.mode & 0o004)

    @property
    def text(self) -> str:
        return f"{self.owner}:{self.group} {self.mode:04o}"


def parse_access(value: object) -> FileAccess | None:
    """Return what the option says, None for an unset one. Raises InvalidRequest."""
    written = options.text(ACCESS, value).strip()
    if not written:
        return None
    found = re.match(_FORM, written)
    if found is None:
        raise InvalidRequest(ACCESS, f"is {written[:MAX_SHOWN]!r}", REMEDY)
    owner, group, mode = found.groups()
    return FileAccess(owner, group, GROUPS_MODE if mode is None else _mode(mode))


def _mode(written: str) -> int:
    """Return a mode that keys can have. Raises InvalidRequest."""
    if not re.match(r"[0-7]{3,4}\Z", written):
        raise InvalidRequest(ACCESS, f"has the mode {written!r}", "write it in octal, such as 0640")
    mode = int(written, 8)
    reason, remedy = "", "files need 0400 to 0664, such as 0640"
    if mode & 0o7000:
        reason = "has bits that keys must not have"
    elif mode & 0o111:
        reason, remedy = "lets files be run", f"folders get their x bits by themselves; {remedy}"
    elif mode & 0o002:
        reason = "lets everybody write keys"
    elif not mode & 0o400:
        reason = "does not let the owner read keys"
    if reason:
        raise InvalidRequest(ACCESS, f"mode {written} {reason}", remedy)
    return mode
