"""The distribution's own renewal of certificates, which would race with the layer's.

certbot's package brings a systemd timer, and a cron file for machines without systemd. Either
renews whatever is due, at its own hour, with the service on port 80. It is turned off while all
lineages of the machine are kept by units with this layer, and comes back when that ends.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Collection

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR
from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.web import systemd

AS_INSTALLED = {"timer": True, "running": True}  # how the package brings the timer
TIMER = "certbot.timer"
CRON_FILE = Path("/etc/cron.d/certbot")
CRON_FILE_OFF = Path("/etc/cron.d/certbot.layer-lets-encrypt")  # cron reads no name with a dot


def keep(kept: Collection[str], marker: Path, config_dir: Path = CONFIG_DIR) -> None:
    """Turn the distribution's renewal off where all lineages are among ``kept``, else on.

    ``marker`` is the file that remembers what was turned off. Raises OSError.
    """
    if _lineages(config_dir / "renewal") <= set(kept):
        turn_off(marker)
    else:
        turn_on(marker)


def _lineages(renewal: Path) -> set[str]:
    """Return the names of all lineages of the machine; quick, since there may be thousands."""
    try:
        found = os.listdir(str(renewal))
    except OSError:
        return set()
    return {name[: -len(".conf")] for name in found if name.endswith(".conf")}


def turn_off(marker: Path) -> None:
    """Turn it off and remember what was on; safe to repeat. Raises OSError."""
    known = _remembered(marker)
    found = {"timer": _timer("is-enabled"), "running": _timer("is-active")}
    on = {name: value or known.get(name, False) for name, value in found.items()}
    files.write_json(marker, on)
    if any(found.values()):  # also after somebody has turned it on again
        _timer("disable", "--now")
    if CRON_FILE.exists():
        os.replace(str(CRON_FILE), str(CRON_FILE_OFF))


def turn_on(marker: Path) -> None:
    """Turn on again what turn_off() has turned off; safe to repeat. Raises OSError."""
    if not os.path.lexists(str(marker)):
        return
    on = _remembered(marker)
    if on.get("timer"):
        _timer("enable", "--now")
    elif on.get("running"):
        _timer("start")
    if CRON_FILE_OFF.exists() and not CRON_FILE.exists():
        os.replace(str(CRON_FILE_OFF), str(CRON_FILE))
    files.remove(marker)


def _remembered(marker: Path) -> dict[str, bool]:
    """Return what was on; if that cannot be read, it is taken to be as the package brings it."""
    if not os.path.lexists(str(marker)):
        return {}
    plain = files.read_json(marker, None)
    if not isinstance(plain, dict) or not all(map(stored.is_flag, plain.values())):
        return AS_INSTALLED
    return plain


def _timer(*verb: str) -> bool:
    return systemd.present() and systemd.systemctl(*verb, TIMER).returncode == 0
