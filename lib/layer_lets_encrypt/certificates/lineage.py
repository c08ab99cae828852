"""What lies on disk under one lineage's name, and whether certbot can go on with it.

certbot keeps a lineage in three places: ``live/NAME`` (links), ``archive/NAME`` (files) and
``renewal/NAME.conf``. Where one of them is damaged it either makes ``NAME-0001`` or throws
a freshly issued certificate away, so nothing is ordered before this module has looked.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Callable

from layer_lets_encrypt.certificates import certificate, renewal_file
from layer_lets_encrypt.certificates.renewal_file import RenewalFile, UnusableFile
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR, PARTS, live_paths, places
from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.rules.facts import ABSENT, BROKEN, SANE, Certificate, Lineage


def is_readable(name: str, config_dir: Path = CONFIG_DIR) -> bool:
    """Whether there is a chain to serve under the lineage's public path."""
    return os.path.isfile(live_paths(name, config_dir)["fullchain"])


def inspect(name: str, config_dir: Path = CONFIG_DIR) -> Lineage:
    """Look at a lineage and return what is there. Reads only, never raises for damage."""
    live, archive, conf = places(name, config_dir)
    if not any(os.path.lexists(str(place)) for place in (live, archive, conf)):
        return Lineage(name, ABSENT)
    fault, server, profile = _fault_of_folders(live, archive), "", ""
    found, root = _read_live(live)
    try:
        settings = renewal_file.read(conf)
        server, profile = settings.server, settings.profile
        fault = fault or _fault_of_conf(conf, settings, live, archive)
    except UnusableFile as error:
        fault = fault or str(error)
    fault = fault or _fault_of_links(live, archive)
    if not fault and _is_half_updated(live):
        fault = "certbot was interrupted while it changed the links"
        return Lineage(name, SANE, fault, None, server, "", profile)
    if not fault and not found:
        fault = "its four live files do not hold one certificate with its key"
    return Lineage(name, BROKEN if fault else SANE, fault, found, server, root, profile)


def _read_live(live: Path) -> tuple[Certificate | None, str]:
    """Return the certificate and the root of its chain; None if the files are of no use."""
    try:
        texts = {part: files.read_text(live / (part + ".pem"), follow=True) for part in PARTS}
        found = certificate.read(texts["cert"])
        if certificate.read(texts["fullchain"]) != found:
            return None, ""
    except (OSError, ValueError):
        return None, ""
    if not certificate.key_matches(live / "fullchain.pem", live / "privkey.pem"):
        return None, ""
    return found, certificate.root(texts["fullchain"])


def _fault_of_folders(live: Path, archive: Path) -> str:
    for folder in (live, archive):
        if folder.is_symlink() or not folder.is_dir():
            return f"{folder} is missing or not a folder"
    return ""


def _fault_of_conf(conf: Path, settings: RenewalFile, live: Path, archive: Path) -> str:
    for part, link in settings.links.items():
        expected = live / (part + ".pem")
        folder, file = os.path.split(link)
        if file != expected.name or not renewal_file.is_same(folder, live):
            return f"{conf} does not name {expected}"
    if settings.archive and not renewal_file.is_same(settings.archive, archive):
        return f"{conf} does not name {archive}"
    return ""


def _previous(live: Path) -> list[Path]:
    """Return the links that certbot keeps while it changes the others."""
    return [live / f"previous_{part}.pem" for part in PARTS]


def _is_half_updated(live: Path) -> bool:
    """Whether certbot will put back its links from before, as it does if all four are there."""
    return all(link.exists() for link in _previous(live))


def _fault_of_links(live: Path, archive: Path) -> str:
    for previous in _previous(live):
        if previous.is_symlink() and not previous.exists():
            return f"{previous} points to nothing"
    prefix = "previous_" if _is_half_updated(live) else ""
    for part in PARTS:
        link = live / f"{prefix}{part}.pem"
        if not link.is_symlink():
            return f"{link} is not a link"
        target = Path(os.path.normpath(str(live / os.readlink(str(link)))))
        is_ours = renewal_file.is_same(str(target.parent), archive)
        if not is_ours or not re.match(part + r"[0-9]+\.pem\Z", target.name):
            return f"{link} does not point into {archive}"
        if not target.is_file():
            return f"{link} points to nothing"
    return ""


class Reader:
    """Reads lineages and remembers, by file identity, what it has read.

    Looks at each lineage once; ``again()`` gives a reader that looks again. ``memory`` is a JSON
    file; losing it costs a second reading and nothing else.
    """

    def __init__(self, memory: Path, config_dir: Path = CONFIG_DIR) -> None:
        self.memory = memory
        self.config_dir = config_dir
        self._known: dict[str, Any] | None = None
        self._learnt = False
        self._looked: dict[str, Lineage] = {}
        self._identities: dict[str, str] = {}

    def again(self) -> Reader:
        """Return a reader with the same memory that has not looked yet."""
        other = Reader(self.memory, self.config_dir)
        other._known, other._learnt = self._known, self._learnt
        return other

    def inspect(self, name: str) -> Lineage:
        """Return what inspect() would, without opening files that have not changed."""
        if name not in self._looked:
            self._looked[name] = self._look(name)
        return self._looked[name]

    def identity(self, name: str) -> str:
        """Return what changes whenever a file of the lineage does, as inspect() has seen it."""
        self.inspect(name)
        return self._identities[name]

    def inspect_again(self, name: str) -> Lineage:
        """Return what is there now, after something has been changed."""
        self._looked.pop(name, None)
        return self.inspect(name)

    def _look(self, name: str) -> Lineage:
        identity = self._identities[name] = _identity(name, self.config_dir)
        seen = self._known_as(name, identity)
        if seen is None:
            seen = inspect(name, self.config_dir)
            self._recall()[name] = [identity, _to_plain(seen)]
            self._learnt = True
        return seen

    def _known_as(self, name: str, identity: str) -> Lineage | None:
        """Return what is remembered of exactly these files; a corrupt memory is ignored."""
        try:
            known, plain = self._recall()[name]
            return _from_plain(name, plain) if known == identity else None
        except (TypeError, KeyError, ValueError):
            return None

    def _recall(self) -> dict[str, Any]:
        if self._known is None:
            known = files.read_json(self.memory, {})
            self._known = known if isinstance(known, dict) else {}
        return self._known

    def remember(self) -> None:
        """Put what was learnt on disk, for the next hook."""
        if not self._learnt:
            return
        try:
            files.write_json(self.memory, self._known)
        except OSError:
            return  # a full disk: it is read again next time
        self._learnt = False


FORMAT = "3:"  # of what is remembered; a lineage remembered in another format is read again
_FILES = tuple(part + ".pem" for part in PARTS)
_STATES = (ABSENT, SANE, BROKEN)


def _to_plain(seen: Lineage) -> list[Any]:
    found = None if seen.certificate is None else list(seen.certificate)
    return [seen.state, seen.fault, found, seen.server, seen.root, seen.profile]


def _from_plain(name: str, plain: list[Any]) -> Lineage:
    state, fault, facts, server, root, profile = plain
    if state not in _STATES or not stored.are_texts([fault, server, root, profile]):
        raise ValueError("no lineage")
    found = None if facts is None else certificate.from_plain(facts)
    return Lineage(name, state, fault, found, server, root, profile)


def _identity(name: str, config_dir: Path) -> str:
    """Return what changes whenever inspect() might find something else.

    The live folder's own stamp changes with its links; the files' are those behind the links.
    """
    live = f"{config_dir}/live/{name}"
    stamps = [FORMAT, _stamp(live, os.lstat), _stamp(f"{config_dir}/archive/{name}", os.lstat)]
    stamps.append(_stamp(f"{config_dir}/renewal/{name}.conf", os.stat))
    stamps += [_stamp(f"{live}/{file}", os.stat) for file in _FILES]
    return " ".join(stamps)


def _stamp(path: str, stat: Callable[[str], os.stat_result]) -> str:
    try:
        seen = stat(path)
    except OSError:
        return "-"
    return f"{seen.st_ino}.{seen.st_size}.{seen.st_ctime_ns}"  # no change leaves ctime alone
