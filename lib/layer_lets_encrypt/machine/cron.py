"""The unit's own cron file: it asks the unit, twice a day, to renew what is due.

After a boot it undoes what a hook was killed in the middle of, see guard.py.
"""

from __future__ import annotations

import os
import random
import re
import stat
import sys
from pathlib import Path
from string import Template

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import LIBRARY
from layer_lets_encrypt.rules import schedule

CRON_DIR = Path("/etc/cron.d")

_LINE = r"[ \t]*((?:[0-9A-Za-z*/,-]+[ \t]+){5}|@[a-z]+[ \t]+)(\S+)[ \t]+(\S.*)"
_NO_JOB = r"\s*(#.*|[\"']?\w+[\"']?\s*=.*)?"
_AT_BOOT = "@reboot"

_MAY_BE_EDITED = "It may be edited: it is kept as long as cron takes it and it runs both."
_OF_OPTION = "Its time fields are the option acme-renew-schedule: they are put back if edited."


def path_for(unit: str) -> Path:
    """Return the unit's cron file; cron reads only names of letters, digits, - and _."""
    return CRON_DIR / ("layer-lets-encrypt-" + unit.replace("/", "-"))


def random_schedule(source: random.Random | None = None) -> str:
    """Return time fields for twice a day at a random minute, as the CA asks of its clients."""
    chooser = source or random.SystemRandom()
    hour = chooser.randrange(12)
    return f"{chooser.randrange(60)} {hour},{hour + 12} * * *"


def schedule_in(text: str, script: str = "") -> str | None:
    """Return the time fields of the line that runs ``script``, None if there is no such line
    or cron refuses it."""
    for match in filter(None, (re.fullmatch(_LINE, line) for line in text.splitlines())):
        fields = " ".join(match.group(1).split())
        is_ours = match.group(2) == "root" and script in match.group(3)
        if is_ours and fields != _AT_BOOT and schedule.longest_gap(fields) is not None:
            return fields
    return None


def _is_taken(text: str) -> bool:
    """Whether cron takes the file: for one bad line, or a last one without end, it does not."""
    jobs = [line for line in text.splitlines() if not re.fullmatch(_NO_JOB, line)]
    return text.endswith("\n") and all(map(_is_job, jobs))


def _is_job(line: str) -> bool:
    match = re.fullmatch(_LINE, line)
    if match is None:
        return False
    fields = match.group(1).strip()
    return fields == _AT_BOOT or schedule.longest_gap(fields) is not None


def running_schedule(unit: str, script: Path) -> str | None:
    """Return the time fields at which cron runs the unit's script, None if it cannot.

    An edited file counts as long as it runs the script, and has the owner and mode without which
    cron ignores it.
    """
    try:
        seen = path_for(unit).lstat()
        text = files.read_text(path_for(unit))
        if not all(os.access(str(path), os.X_OK) for path in (script, _undo_beside(script))):
            return None
    except (OSError, UnicodeDecodeError):
        return None
    plain = stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1 and not seen.st_mode & 0o022
    if not plain or seen.st_uid != os.geteuid() or not _is_taken(text):
        return None
    return schedule_in(text, str(script))


def render(template: str, **values: str) -> str:
    """Return a template's text with ``${name}`` replaced. Raises KeyError for a missing value."""
    return Template(template).substitute(values)


def install(
    unit: str,
    script: Path,
    journal: Path,
    templates: Path,
    service_name: str = "",
    chosen: str | None = "",
) -> tuple[bool, Path]:
    """Install the scripts and the cron file that runs them; a file that does so already stays.

    ``chosen`` are the operator's time fields, which replace those of the file. "" leaves the file
    alone unless its fields were chosen so, None leaves it alone in any case.

    What ``script`` runs is the schedule's; a script next to it undoes what ``journal`` says,
    after a boot, with the interpreter and the library that run now, and starts the service if
    nobody can read that. Returns whether anything was written, and the cron file. Raises OSError.
    """
    import shlex  # here, because few hooks install

    target, undo = path_for(unit), _undo_beside(script)
    values = {
        "unit": unit,
        "script": str(script),
        "undo": str(undo),
        "state": str(script.parent),
        "journal": str(journal),
        "service": shlex.quote("service=" + service_name) if service_name else "",
        "python": sys.executable,
        "library": str(LIBRARY),
        "schedule": chosen or _kept_schedule(target, chosen) or random_schedule(),
        "note": _OF_OPTION if chosen else _MAY_BE_EDITED,
    }
    wanted = [(script, "renew.sh", 0o755), (undo, "undo.sh", 0o755)]
    if not (_is_edited(unit, script, undo) and is_as_chosen(unit, script, chosen)):
        wanted.append((target, "cron", 0o644))
    written = [
        files.write_atomic(path, render((templates / name).read_text("utf-8"), **values), mode)
        for path, name, mode in wanted
    ]
    return any(written), target


def is_as_chosen(unit: str, script: Path, chosen: str | None) -> bool:
    """Whether cron runs the script at the operator's times, ``chosen`` as for install()."""
    if chosen is None:
        return True
    if chosen:
        return running_schedule(unit, script) == chosen
    return not _is_of_option(path_for(unit))


def _is_of_option(target: Path) -> bool:
    """Whether the file's time fields are the option's, and not a person's or chance's."""
    try:
        return _OF_OPTION in files.read_text(target, follow=True)
    except (OSError, UnicodeDecodeError):
        return False


def _kept_schedule(target: Path, chosen: str | None) -> str | None:
    if chosen == "" and _is_of_option(target):
        return None
    try:
        return schedule_in(files.read_text(target, follow=True))
    except (OSError, UnicodeDecodeError):
        return None


def _is_edited(unit: str, script: Path, undo: Path) -> bool:
    """Whether there is a cron file that does all that is needed, whoever wrote its lines."""
    if running_schedule(unit, script) is None:
        return False
    return f"@reboot root {undo}" in files.read_text(path_for(unit))


def remove(unit: str, script: Path) -> None:
    """Remove what install() wrote."""
    for path in (path_for(unit), script, _undo_beside(script)):
        files.remove(path)


def _undo_beside(script: Path) -> Path:
    return script.with_name("undo")
