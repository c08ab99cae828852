"""Keeps the current and the two previous generations of a lineage, and no older keys.

certbot keeps every key that it has ever made: in archive/NAME, and older releases once more in
keys/, with the requests in csr/. What a live link names is never removed, nor anything newer.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import Iterable, Iterator

from layer_lets_encrypt.certificates import certificate
from layer_lets_encrypt.machine import files, paths
from layer_lets_encrypt.machine.paths import CONFIG_DIR, PARTS

KEPT = 3  # generations in archive/: the current one and two before it
KEPT_COPIES = 2  # in keys/ and csr/: the others have been replaced twice
COPIES = ("keys", "csr")
NEVER = 1e11  # a moment that does not come

_FILE = re.compile(r"(cert|chain|fullchain|privkey)([1-9][0-9]{0,8})\.pem\Z")


class Copies:
    """What certbot has kept in keys/ and csr/: looked at once, however many lineages there are."""

    def __init__(self, config_dir: Path = CONFIG_DIR) -> None:
        self.config_dir = config_dir

    @functools.cached_property
    def _known(self) -> dict[bytes, list[Path]]:
        """The files by the key that they hold, or ask a certificate for."""
        known: dict[bytes, list[Path]] = {}
        for path in (*_listed(self.config_dir / "keys"), *_listed(self.config_dir / "csr")):
            content = _content(path)
            known.setdefault(_public_key(content) or content, []).append(path)
        known.pop(b"", None)
        return known

    def are_there(self) -> bool:
        return bool(self._known)

    def remove(self, archive: Path, over: Iterable[int], kept: Iterable[int]) -> None:
        """Remove what belongs to the generations ``over``, and not to the ``kept`` ones.

        Raises OSError.
        """
        for secret in _identities(archive, over) - _identities(archive, kept):
            for path in self._known.pop(secret, ()):
                files.remove(path)


def tidy(name: str, now: float, copies: Copies) -> float:
    """Remove what is too old of a lineage; return the moment to look again.

    Safe to repeat, and to be ended anywhere. Raises OSError.
    """
    live, archive, _ = paths.places(name, copies.config_dir)
    current = _current(live)
    if current is None:
        return NEVER  # a damaged lineage: somebody may need all of it
    generations = _generations(archive)
    again = _tidy_copies(archive, [n for n in generations if n <= current], now, copies)
    for number in generations:
        if number <= current - KEPT:
            for part in PARTS:
                files.remove(archive / f"{part}{number}.pem")
    return again


def forget(name: str, copies: Copies) -> None:
    """Remove the copies of all keys of a lineage that is about to be removed. Raises OSError."""
    archive = paths.places(name, copies.config_dir)[1]
    copies.remove(archive, _generations(archive), ())


def _current(live: Path) -> int | None:
    """Return the lowest number that a live link names, None if one of them leads elsewhere."""
    numbers = []
    for part in PARTS:
        for link in (live / f"{part}.pem", live / f"previous_{part}.pem"):
            try:
                found = _FILE.match(os.path.basename(os.readlink(str(link))))
            except FileNotFoundError:
                if link.name.startswith("previous_"):
                    continue
                return None
            except OSError:
                return None
            if found is None or found.group(1) != part:
                return None
            numbers.append(int(found.group(2)))
    return min(numbers)


def _generations(archive: Path) -> list[int]:
    """Return the numbers of the files in an archive, oldest first."""
    if archive.is_symlink() or not archive.is_dir():
        return []
    found = filter(None, map(_FILE.match, os.listdir(str(archive))))
    return sorted({int(one.group(2)) for one in found})


def _tidy_copies(archive: Path, generations: list[int], now: float, copies: Copies) -> float:
    """Remove copies of keys that are replaced twice or expired; return when the next one expires.

    ``generations`` are those up to the current one.
    """
    if not copies.are_there():
        return NEVER
    ends = {number: _end(archive / f"cert{number}.pem") for number in generations[-KEPT_COPIES:]}
    kept = [number for number, end in ends.items() if end > now]
    copies.remove(archive, [number for number in generations if number not in kept], kept)
    return min((ends[number] for number in kept), default=NEVER)


def _end(path: Path) -> float:
    """Return when a certificate ends; one that cannot be read never does."""
    try:
        return certificate.read(files.read_text(path)).not_after
    except (OSError, ValueError):
        return NEVER


def _identities(archive: Path, generations: Iterable[int]) -> set[bytes]:
    """Return the keys of these generations, private and public, as their copies show them."""
    found = set()
    for number in generations:
        found.add(_content(archive / f"privkey{number}.pem"))
        found.add(_public_key(_content(archive / f"cert{number}.pem")))
    return found - {b""}


def _listed(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(os.listdir(str(folder)))
    except OSError:
        return
    for name in names:
        if name.endswith(".pem"):
            yield folder / name


def _content(path: Path) -> bytes:
    try:
        return files.read_bytes(path).strip()
    except OSError:
        return b""


def _public_key(pem: bytes) -> bytes:
    """Return the public key in a certificate or a certificate request, b"" for none."""
    from asn1crypto import csr, x509
    from asn1crypto import pem as armour

    try:
        kind, _, der = armour.unarmor(pem)
        if kind == "CERTIFICATE":
            return bytes(x509.Certificate.load(der).public_key.dump())
        if kind.endswith("CERTIFICATE REQUEST"):
            info = csr.CertificationRequest.load(der)["certification_request_info"]
            return bytes(info["subject_pk_info"].dump())
    except (ValueError, TypeError, KeyError):
        pass
    return b""
