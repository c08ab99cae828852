"""What the older layer of the same name has left on the machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

COMMENT = "# Renew Let's Encrypt [managed by Juju]"


def remove_cron_job(charm_dir: Path) -> bool:
    """Remove the older layer's job for this charm from root's table; return whether it was there.

    The job writes to the unit's database from outside of hooks, and another unit's job bears
    the same comment: only the line that names ``charm_dir`` goes. Raises OSError.
    """
    table = _read()
    kept = without_job(table or "", charm_dir)
    if table is None or kept == table:
        return False
    subprocess.run(["crontab", "-u", "root", "-"], input=kept, text=True, check=True)
    return True


def without_job(table: str, charm_dir: Path) -> str:
    """Return a table of cron jobs without the older layer's for the charm in ``charm_dir``."""
    lines = table.splitlines(keepends=True)
    return "".join(line for line in lines if not (COMMENT in line and f'"{charm_dir}"' in line))


def _read() -> str | None:
    """Return root's table, None if there is neither table nor cron."""
    if shutil.which("crontab") is None:
        return None
    done = subprocess.run(
        ["crontab", "-u", "root", "-l"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None
