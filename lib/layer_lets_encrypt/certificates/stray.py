"""Lineages that certbot makes instead of one that it does not accept, NAME-0001 say: reads only."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Collection

from layer_lets_encrypt.certificates import lineage
from layer_lets_encrypt.machine.paths import CONFIG_DIR
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History


def numbered(name: str, config_dir: Path = CONFIG_DIR) -> list[str]:
    """Return the lineages that certbot has made in the place of ``name``, the newest last."""
    try:
        entries = os.listdir(str(config_dir / "renewal"))
    except OSError:
        return []
    pattern = re.compile(re.escape(name) + r"-[0-9]{4,}(?=\.conf\Z)")
    found = [match.group(0) for match in map(pattern.match, entries) if match]
    return sorted(found, key=lambda stray: (len(stray), stray))


def new_one(
    name: str, names: Collection[str], known: Collection[str], config_dir: Path = CONFIG_DIR
) -> str:
    """Return the one that has come since only the ``known`` were there, "" for none.

    It holds the ``names`` that were ordered for ``name``.
    """
    for stray in numbered(name, config_dir):
        if stray not in known and lineage.inspect(stray, config_dir).holds(tuple(names)):
            return stray
    return ""


def of_decision(decision: Decision, past: History) -> Problem | None:
    """Return why certbot would save the certificate under another name once more."""
    name = decision.request.lineage_name
    return problem(name, past.of(name).stray)


def problem(name: str, stray: str, config_dir: Path = CONFIG_DIR) -> Problem | None:
    """Return what is to be done about a stray lineage, None once it is gone."""
    if not stray or stray not in numbered(name, config_dir):
        return None
    detail = f"{name}: certbot does not accept its files and saved the certificate as {stray}"
    return Problem("blocked", f"{detail}; run 'certbot delete --cert-name {stray}' on the unit")
