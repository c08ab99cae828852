"""Move a broken lineage out of certbot's way, and back. Nothing is ever deleted here.

A web server may name the files of a broken lineage in its configuration. So it is moved only
for the time of the order, and moved back where the order did not bring a replacement.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Tuple

from layer_lets_encrypt.certificates import access, lineage
from layer_lets_encrypt.machine import files, paths

Move = Tuple[str, str]

ASIDE = "layer-lets-encrypt-aside"


def moves_aside(name: str, now: float, config_dir: Path = paths.CONFIG_DIR) -> list[Move]:
    """Return the renames (from, to) that take what there is of a lineage out of the way."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    live, archive, conf = paths.places(name, config_dir)
    aside = config_dir / ASIDE / f"{name}.{stamp}"
    targets = ((live, aside / "live"), (archive, aside / "archive"), (conf, aside / "renewal.conf"))
    return [(str(a), str(b)) for a, b in targets if os.path.lexists(str(a))]


def move(moves: list[Move]) -> None:
    """Carry out the renames that have not happened yet. Raises OSError."""
    for source, target in moves:
        if os.path.lexists(source) and not os.path.lexists(target):
            _rename(source, target)


def move_back(moves: list[Move], config_dir: Path = paths.CONFIG_DIR) -> None:
    """Undo ``moves``, unless a sane lineage has taken the place since. Raises OSError.

    What a failed order left behind in its place is moved aside in turn. What has taken the place
    may be read by those who could read what was there.
    """
    replaced = {
        name
        for name in {_lineage_of(source) for source, _ in moves}
        if lineage.inspect(name, config_dir).usable
    }
    for name in replaced:
        live, archive, _ = paths.places(name, config_dir)
        aside = {place: Path(dict(moves).get(str(place), os.devnull)) for place in (live, archive)}
        access.carry_over(aside[live], aside[archive], live, archive)
    for source, target in moves:
        if _lineage_of(source) in replaced or not os.path.lexists(target):
            continue
        if os.path.lexists(source):
            _rename(source, _free_name(target + ".left"))
        _rename(target, source)


def _lineage_of(path: str) -> str:
    name = os.path.basename(path)
    return name[: -len(".conf")] if path.endswith(".conf") else name


def _free_name(path: str) -> str:
    number = 0
    while os.path.lexists(path + str(number)):
        number += 1
    return path + str(number)


def _rename(source: str, target: str) -> None:
    folder = Path(target).parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.rename(source, target)
    files.sync_directory(folder)
    files.sync_directory(Path(source).parent)


def step_back(name: str, now: float, config_dir: Path = paths.CONFIG_DIR) -> None:
    """Have the live links name the previous files; the newest are moved aside.

    For a lineage that was sane until certbot has saved what does not belong together. Does
    nothing unless there are four older files. Raises OSError.
    """
    live, archive, _ = paths.places(name, config_dir)
    newest = max((_version(live / (part + ".pem")) for part in paths.PARTS), default=0)
    older = {part: archive / f"{part}{newest - 1}.pem" for part in paths.PARTS}
    if newest < 2 or not all(path.is_file() for path in older.values()):
        return
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    aside = config_dir / ASIDE / f"{name}.{stamp}.unusable"
    for part, path in older.items():
        link = live / (part + ".pem")
        fresh = live / f".{part}.new"
        files.remove(fresh)
        os.symlink(os.path.relpath(str(path), str(live)), str(fresh))
        os.replace(str(fresh), str(link))
    for part in paths.PARTS:
        unusable = archive / f"{part}{newest}.pem"
        if unusable.exists():
            _rename(str(unusable), str(aside / unusable.name))


def _version(link: Path) -> int:
    """Return the number that certbot gave the file behind a link, 0 for none."""
    try:
        digits = re.search(r"(\d+)\.pem\Z", os.readlink(str(link)))
    except OSError:
        return 0
    return int(digits.group(1)) if digits else 0
