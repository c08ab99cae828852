"""The ACME accounts that certbot keeps on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR
from layer_lets_encrypt.rules.records import History

_THUMBPRINT_MEMBERS = {"RSA": ("e", "kty", "n"), "EC": ("crv", "kty", "x", "y")}


@dataclass(frozen=True)
class Registered:
    """An account that certbot keeps: its ``identifier`` there, its key's ``thumbprint``, and the
    ``uri`` that the CA knows it by, "" if that is not known."""

    identifier: str
    thumbprint: str
    uri: str = ""


def exists(server: str, config_dir: Path = CONFIG_DIR) -> bool:
    """Whether certbot has an account with the CA at the directory URL ``server``."""
    return bool(_folders(server, config_dir))


def registered(server: str, chosen: str = "", config_dir: Path = CONFIG_DIR) -> Registered | None:
    """Return the account with the CA at ``server``, None if there is none that certbot can load.

    If certbot has several, it is the one whose identifier is ``chosen``, or else the first by name.
    """
    sound = [account for account in map(_read, _folders(server, config_dir)) if account]
    return next((one for one in sound if one.identifier == chosen), sound[0] if sound else None)


def used(server: str, past: History, config_dir: Path = CONFIG_DIR) -> Registered | None:
    """Return the account with the CA that this unit uses: of several, the one used before."""
    return registered(server, past.accounts.get(server, ""), config_dir)


def _read(folder: Path) -> Registered | None:
    """Return the account in the folder, None for one that certbot cannot load."""
    regr, meta = (files.read_json(folder / name, None) for name in ("regr.json", "meta.json"))
    thumbprint = thumbprint_of(files.read_json(folder / "private_key.json", None))
    if not thumbprint or not isinstance(regr, dict) or not isinstance(meta, dict):
        return None
    uri = regr.get("uri")
    return Registered(folder.name, thumbprint, uri if isinstance(uri, str) else "")


def thumbprint_of(jwk: object) -> str:
    """Return the RFC 7638 thumbprint of a key, "" if it is not a key of a known kind."""
    if not isinstance(jwk, dict):
        return ""
    public: dict[str, str] = {}
    for member in _THUMBPRINT_MEMBERS.get(str(jwk.get("kty")), ()):
        if not isinstance(jwk.get(member), str):
            return ""
        public[member] = jwk[member]
    if not public:
        return ""
    canonical = json.dumps(public, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode("utf-8")).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def folder_of(server: str, config_dir: Path = CONFIG_DIR) -> Path:
    """Return the folder of all accounts with the CA at the directory URL ``server``."""
    from urllib.parse import urlsplit

    url = urlsplit(server)
    return config_dir / "accounts" / url.netloc / url.path.strip("/")


def _folders(server: str, config_dir: Path) -> list[Path]:
    found = folder_of(server, config_dir).glob("*/regr.json")
    return sorted(regr.parent for regr in found)
