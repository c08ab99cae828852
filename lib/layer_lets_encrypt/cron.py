"""The unit's own cron file: it asks the unit, twice a day, to renew what is due.

After a boot it undoes what a hook was killed in the middle of, see guard.py.
"""

import random
import re
import shlex
import sys
from pathlib import Path
from string import Template
from typing import Optional, Tuple

from layer_lets_encrypt import files

CRON_DIR = Path("/etc/cron.d")

# not the line that runs at boot
_FIELDS = re.compile(r"^((?:[0-9A-Za-z*/,-]+\s+){5}|@(?!reboot\b)[a-z]+\s+)root\s", re.M)


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


def install(
    unit: str, script: Path, journal: Path, templates: Path, service_name: str = ""
) -> Tuple[bool, Path]:
    """Install the scripts and the cron file that runs them; a schedule that is there stays.

    What ``script`` runs is the schedule's; a script beside it undoes what ``journal`` says,
    after a boot, with the interpreter and the library that run now, and starts the service if
    nobody can read that. Returns whether anything was written, and the cron file. Raises OSError.
    """
    target, undo = path_for(unit), _undo_beside(script)
    try:
        schedule = schedule_in(files.read_text(target, follow=True))
    except (OSError, UnicodeDecodeError):
        schedule = None
    values = {
        "unit": unit,
        "script": str(script),
        "undo": str(undo),
        "state": str(script.parent),
        "journal": str(journal),
        "service": shlex.quote("service=" + service_name) if service_name else "",
        "python": sys.executable,
        "library": str(Path(__file__).resolve().parent.parent),
        "schedule": schedule or random_schedule(),
    }
    wanted = ((script, "renew.sh", 0o755), (undo, "undo.sh", 0o755), (target, "cron", 0o644))
    written = [
        files.write_atomic(path, render((templates / name).read_text("utf-8"), **values), mode)
        for path, name, mode in wanted
    ]
    return any(written), target


def remove(unit: str, script: Path) -> None:
    """Remove what install() wrote."""
    for path in (path_for(unit), script, _undo_beside(script)):
        files.remove(path)


def _undo_beside(script: Path) -> Path:
    return script.with_name("undo")
