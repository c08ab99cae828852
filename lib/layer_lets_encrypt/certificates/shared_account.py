"""Hands certbot's account with a CA from one unit to another: certbot's three files as texts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Mapping

from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates.account import Registered
from layer_lets_encrypt.certificates.published import Unfit
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR

# The last one makes it an account: certbot, like accounts.exists(), looks for that file.
FILES = {"private_key.json": 0o400, "meta.json": 0o644, "regr.json": 0o644}
MAX_TEXT = 64 * 1024

_IDENTIFIER = re.compile(r"[0-9a-f]{32}\Z")  # certbot's: the MD5 digest of the public key


def exported(server: str, account: Registered, config_dir: Path = CONFIG_DIR) -> dict[str, str]:
    """Return the account's files by name. Raises OSError."""
    folder = accounts.folder_of(server, config_dir) / account.identifier
    return {name: files.read_text(folder / name) for name in FILES}


def adopt(
    server: str,
    identifier: str,
    texts: Mapping[str, object],
    thumbprint: str,
    config_dir: Path = CONFIG_DIR,
) -> Registered:
    """Make the files an account of this machine's certbot, if its key has this ``thumbprint``.

    Safe to repeat, and after a kill anywhere. Raises Unfit, and OSError.
    """
    if not _IDENTIFIER.match(identifier):
        raise Unfit("certbot calls no account so")
    plain = {name: _parsed(name, texts.get(name)) for name in FILES}
    key = plain["private_key.json"]
    if not isinstance(key.get("d"), str) or accounts.thumbprint_of(key) != thumbprint:
        raise Unfit("its key is not the one whose thumbprint was published")
    folder = accounts.folder_of(server, config_dir) / identifier
    for parent in reversed([folder, *folder.parents]):
        files.make_folder(parent, 0o700 if config_dir in parent.parents else 0o755)
    for name, mode in FILES.items():
        files.write_atomic(folder / name, str(texts[name]), mode)
    uri = plain["regr.json"].get("uri")
    return Registered(identifier, thumbprint, uri if isinstance(uri, str) else "")


def _parsed(name: str, text: object) -> dict[str, object]:
    try:
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            raise ValueError
        plain = json.loads(text)
    except (ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict):
        raise Unfit(f"its {name} cannot be read")
    return plain
