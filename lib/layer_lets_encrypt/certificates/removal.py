"""Removes lineages that nobody wants any more: after a while, only our own, never revoked."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Callable, Collection

from layer_lets_encrypt.certificates import retention
from layer_lets_encrypt.machine import files, paths
from layer_lets_encrypt.machine.paths import CONFIG_DIR
from layer_lets_encrypt.rules.records import UNIT_WIDE, History

GRACE = 30 * 86400  # a site that still names the files keeps starting until then


def sweep(
    past: History,
    wanted: Collection[str],
    now: float,
    log: Callable[[str], None],
    config_dir: Path = CONFIG_DIR,
) -> History:
    """Remove what has been unwanted for GRACE seconds; return the history as it is then.

    ``wanted`` are the lineages that this unit or another one on the machine wants. Raises OSError.
    """
    records = {}
    for name, record in past.records.items():
        if name in wanted or name in UNIT_WIDE:
            records[name] = replace(record, unwanted=None)
        elif record.unwanted is None or now < record.unwanted:
            records[name] = replace(record, unwanted=now)
        elif now - record.unwanted < GRACE:
            records[name] = record
        else:
            for ours in filter(None, (name if record.made else "", record.stray)):
                log(f"{ours}: nobody has wanted it for {GRACE // 86400} days, it is removed")
                remove(ours, config_dir)
    return replace(past, records=records)


def remove(name: str, config_dir: Path = CONFIG_DIR) -> None:
    """Remove a lineage that may not be there, or not whole. Raises OSError."""
    # The renewal file goes first: whatever is left after a kill, certbot does not renew it.
    live, archive, conf = paths.places(name, config_dir)
    files.remove(conf)
    retention.forget(name, retention.Copies(config_dir))
    for folder in (live, archive):
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(str(folder))
