"""The distribution's own renewal of certificates, which would race with the layer's.

certbot's package brings a systemd timer, and a cron file for machines without systemd. Either
renews whatever is due, at its own hour, with the service on port 80. It is turned off while all
lineages of the machine are kept by units with this layer, and comes back when that ends.
"""

import os
import subprocess
from pathlib import Path
from typing import Collection

from layer_lets_encrypt import files
from layer_lets_encrypt.lineage import CONFIG_DIR

TIMER = "certbot.timer"
CRON_FILE = Path("/etc/cron.d/certbot")
CRON_FILE_OFF = Path("/etc/cron.d/certbot.layer-lets-encrypt")  # cron reads no name with a dot


def keep(kept: Collection[str], marker: Path, config_dir: Path = CONFIG_DIR) -> None:
    """Turn the distribution's renewal off where all lineages are among ``kept``, else on.

    ``marker`` is the file that remembers what was turned off. Raises OSError.
    """
    lineages = {conf.stem for conf in (config_dir / "renewal").glob("*.conf")}
    if lineages <= set(kept):
        turn_off(marker)
    else:
        turn_on(marker)


def turn_off(marker: Path) -> None:
    """Turn it off and remember what was on; safe to repeat. Raises OSError."""
    if not marker.exists():
        files.write_json(marker, {"timer": _timer("is-enabled")})
        _timer("disable", "--now")
    if CRON_FILE.exists():  # also after the package has brought it again
        os.replace(str(CRON_FILE), str(CRON_FILE_OFF))


def turn_on(marker: Path) -> None:
    """Turn on again what turn_off() has turned off; safe to repeat. Raises OSError."""
    if not marker.exists():
        return
    if files.read_json(marker, {}).get("timer"):
        _timer("enable", "--now")
    if CRON_FILE_OFF.exists() and not CRON_FILE.exists():
        os.replace(str(CRON_FILE_OFF), str(CRON_FILE))
    files.remove(marker)


def _timer(*verb: str) -> bool:
    if not os.path.isdir("/run/systemd/system"):
        return False
    done = subprocess.run(
        ["systemctl", *verb, TIMER],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode == 0
