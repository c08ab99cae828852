"""The machine's settings for certbot, which must not change what the layer asks for.

A certbot that is a Python script is run without them, see runner.py. For another one, such as
the snap, what they say counts; so they are checked before it is run.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable

from layer_lets_encrypt.machine import files

PLACES = (Path("/etc/letsencrypt/cli.ini"), Path("/root/.config/letsencrypt/cli.ini"))
MOST = 3  # settings that are named

# What the command line overrides, and what changes no order.
_HARMLESS = (
    "account", "agree-tos", "cert-name", "d", "domain", "domains", "eff-email", "email",
    "elliptic-curve", "force-renewal", "keep-until-expiring", "key-type", "logs-dir", "m",
    "max-log-backups", "n", "no-eff-email", "no-random-sleep-on-renew", "non-interactive",
    "noninteractive", "preconfigured-renewal", "preferred-challenges", "quiet",
    "register-unsafely-without-email", "renew-by-default", "rsa-key-size", "server", "text",
    "user-agent", "user-agent-comment", "v", "verbose", "webroot-path",
)  # fmt: skip


def objection(places: Iterable[Path] = PLACES) -> str:
    """Return which settings could change what is asked of certbot, and where; "" for none."""
    for place in places:
        try:
            lines = files.read_text(place, follow=True, errors="replace").splitlines()
        except OSError:
            continue  # most machines have but one of them
        harmful = [key for key in _keys(lines) if key not in _HARMLESS]
        if harmful:
            more = ", ..." if len(harmful) > MOST else ""
            return f"{place} sets {', '.join(harmful[:MOST])}{more}"
    return ""


def _keys(lines: Iterable[str]) -> list[str]:
    """Return the settings' names, once each."""
    stripped = (line.strip() for line in lines)
    told = (line for line in stripped if line and line[0] not in "#;[" and line[:3] != "---")
    keys = (re.split(r"[\s:=]", line.lstrip("-"), maxsplit=1)[0] for line in told)
    return [key for key in dict.fromkeys(keys) if key.isprintable()]
