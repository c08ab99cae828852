"""The ids of Juju secrets in the operator's options. Pure."""

from __future__ import annotations

import re

_ID = r"secret:[A-Za-z0-9/._-]{1,200}\Z"


def is_meant(text: str) -> bool:
    """Whether an option names a secret; whoever writes ``secret:`` means one."""
    return text.strip().startswith("secret:")


def is_valid(text: str) -> bool:
    """Whether a text is the id of a secret, as Juju shows it."""
    return bool(re.match(_ID, text))


def bare(identifier: str) -> str:
    """Return what all forms of a secret's id have in common."""
    return identifier.replace("secret:", "").rpartition("/")[2]


def are_same(option: str, identifier: str) -> bool:
    """Whether an option names the secret of this id, in any of its forms."""
    return is_meant(option) and bare(option.strip()) == bare(identifier)
