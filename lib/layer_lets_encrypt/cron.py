"""The unit's own cron file: it asks the unit, twice a day, to renew what is due."""

import random
import re
from pathlib import Path
from string import Template
from typing import Optional, Tuple

from layer_lets_encrypt import files

CRON_DIR = Path("/etc/cron.d")

_FIELDS = re.compile(r"^((?:[0-9A-Za-z*/,-]+\s+){5}|@[a-z]+\s+)root\s", re.M)


def path_for(unit: str) -> Path:
    """Return the unit's cron file; cron reads only names of letters, digits, - and _."""
    return CRON_DIR / ("layer-lets-encrypt-" + unit.replace("/", "-"))


def random_schedule(source: Optional[random.Random] = None) -> str:
    """Return time fields for twice a day at a random minute, as the CA asks of its clients."""
    chooser = source or random.SystemRandom()
    hour = chooser.randrange(12)
    return f"{chooser.randrange(60)} {hour},{hour + 12} * * *"


def schedule_in(text: str) -> Optional[str]:
    """Return the time fields of an installed cron file, None where it has none."""
    match = _FIELDS.search(text)
    return " ".join(match.group(1).split()) if match else None


def render(template: str, **values: str) -> str:
    """Return a template's text with ``${name}`` replaced. Raises KeyError for a missing value."""
    return Template(template).substitute(values)


def install(unit: str, script: Path, templates: Path) -> Tuple[bool, Path]:
    """Install the script and the cron file that runs it; a schedule that is there stays.

    Returns whether anything was written, and the cron file.
    """
    target = path_for(unit)
    try:
        schedule = schedule_in(target.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        schedule = None
    values = {"unit": unit, "script": str(script), "state": str(script.parent)}
    changed = files.write_atomic(
        script, render((templates / "renew.sh").read_text("utf-8"), **values), 0o755
    )
    text = render(
        (templates / "cron").read_text("utf-8"), schedule=schedule or random_schedule(), **values
    )
    return files.write_atomic(target, text, 0o644) or changed, target


def remove(unit: str, script: Path) -> None:
    """Remove what install() wrote."""
    files.remove(path_for(unit))
    files.remove(script)
