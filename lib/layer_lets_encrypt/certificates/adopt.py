"""Makes a certificate that another unit has ordered a lineage of this machine's certbot.

Nothing that is served is touched before the new files have been checked on disk. Then the four live
links are changed as certbot does it, with links called ``previous_*`` meanwhile: if that is
interrupted, whoever comes next puts the old ones back, this module or certbot.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from layer_lets_encrypt.certificates import belonging, lineage, renewal_file
from layer_lets_encrypt.certificates.published import Published, Unfit, facts
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR, PARTS, places
from layer_lets_encrypt.rules.facts import ABSENT, SANE, Certificate, Lineage

# The oldest release that writes the file like this: none warns of a file of a newer one.
CONF_VERSION = "1.0.0"


@dataclass(frozen=True)
class Origin:
    """How the certificate was ordered, for certbot's renewal file.

    ``account`` is what certbot calls the account, "" if this machine has none.
    """

    server: str
    authenticator: str
    account: str = ""


def adopt(
    name: str,
    names: tuple[str, ...],
    published: Published,
    origin: Origin,
    now: float,
    config_dir: Path = CONFIG_DIR,
) -> Certificate:
    """Make what is published the lineage ``name``; return what it says.

    Safe to repeat, and after a kill anywhere. Raises Unfit, and OSError; what was served is served
    on then. A damaged lineage has to be moved aside before.
    """
    restore(name, config_dir)
    found, before = facts(published), lineage.inspect(name, config_dir)
    _check_facts(found, names, before, now)
    _check_place(name, before, config_dir)
    number = _write_files(name, published, config_dir)
    _change_links(name, number, config_dir)
    _write_renewal_file(name, origin, found.key_type, config_dir)
    after = lineage.inspect(name, config_dir)
    if not after.usable:
        raise Unfit(f"certbot would not accept the lineage: {after.fault}")
    return found


def _check_facts(found: Certificate, names: tuple[str, ...], before: Lineage, now: float) -> None:
    """Raises Unfit for what must not take the place of what is there."""
    if set(found.names) != set(names):
        raise Unfit(f"it is for {', '.join(found.names)}, wanted is {', '.join(names)}")
    old = before.certificate
    if old is None or not before.holds(names):
        return
    if (found.not_before, found.serial) < (old.not_before, old.serial):
        raise Unfit("it is older than the certificate on this unit")
    if found.expired(now) and not old.expired(now):
        raise Unfit("it has expired, the certificate on this unit has not")


def is_in_the_way(name: str, before: Lineage, config_dir: Path = CONFIG_DIR) -> bool:
    """Whether a lineage is damaged, and is not one whose making was interrupted."""
    live, archive, conf = places(name, config_dir)
    unlike_ours = [place for place in (live, archive) if place.is_symlink()]
    unlike_ours += [link for link in live.glob("*.pem") if not link.is_symlink()]
    is_whole = bool(unlike_ours) or os.path.lexists(str(conf))
    return before.state not in (ABSENT, SANE) and is_whole


def _check_place(name: str, before: Lineage, config_dir: Path) -> None:
    """Raises Unfit for a damaged lineage."""
    if is_in_the_way(name, before, config_dir):
        raise Unfit(f"the lineage on this unit is damaged: {before.fault}")


# The files


def _write_files(name: str, published: Published, config_dir: Path) -> int:
    """Write the four files, and check them as they are on disk; return their number."""
    live, archive, _ = places(name, config_dir)
    for folder in (live, archive):
        files.make_folder(folder.parent, 0o700)
        files.make_folder(folder)
    for left in archive.glob(files.TEMPORARY + "*"):
        files.remove(left)  # by a kill: there may be a key in it
    number = _free_number(live, archive, published)
    paths = {part: archive / f"{part}{number}.pem" for part in PARTS}
    new = [path for path in paths.values() if not os.path.lexists(str(path))]
    for part, text in published.texts.items():
        if paths[part] in new:
            files.write_atomic(paths[part], text, 0o600 if part == "privkey" else 0o644)
    fault = belonging.fault(paths["fullchain"], paths["privkey"], published.anchor)
    if fault:
        for path in new:
            files.remove(path)
        raise Unfit(fault)
    _open_to_group(paths["privkey"], live / "privkey.pem")
    return number


def _free_number(live: Path, archive: Path, published: Published) -> int:
    """Return the number of files that hold just this, or of the first that are not there.

    Files of a higher number than the live ones' may be an operator's: they are kept.
    """
    number = max(1, _current(live))
    while any(_is_other(archive / f"{part}{number}.pem", text)
              for part, text in published.texts.items()):  # fmt: skip
        number += 1
    return number


def _current(live: Path) -> int:
    """Return the highest number behind the live links, 0 for none."""
    numbers = [0]
    for part in PARTS:
        try:
            found = re.search(r"([0-9]{1,9})\.pem\Z", os.readlink(str(live / f"{part}.pem")))
        except OSError:
            continue
        numbers += [int(found.group(1))] if found else []
    return max(numbers)


def _is_other(path: Path, text: str) -> bool:
    """Whether there is something at the path, and not this text."""
    try:
        return files.read_text(path) != text
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True


def _open_to_group(key: Path, before: Path) -> None:
    """Let the group that could read the key before read the new one, as certbot does."""
    try:
        old = before.stat()
    except OSError:
        return
    os.chown(str(key), -1, old.st_gid)
    key.chmod(0o600 | stat.S_IMODE(old.st_mode) & 0o074)


# The links


def _change_links(name: str, number: int, config_dir: Path) -> None:
    live, archive, _ = places(name, config_dir)
    targets = {part: archive / f"{part}{number}.pem" for part in PARTS}
    if all(_leads_to(live / f"{part}.pem", target) for part, target in targets.items()):
        return
    links = {part: live / f"{part}.pem" for part in PARTS}
    if all(link.is_symlink() and link.exists() for link in links.values()):
        for part, link in links.items():
            _link(live / f"previous_{part}.pem", os.readlink(str(link)))
        files.sync_directory(live)
    for part, target in targets.items():
        _link(links[part], os.path.relpath(str(target), str(live)))
    files.sync_directory(live)
    _remove_previous(live)


def _leads_to(link: Path, target: Path) -> bool:
    return link.is_symlink() and os.path.realpath(str(link)) == os.path.realpath(str(target))


def _link(link: Path, target: str) -> None:
    """Make a link lead to a target, without a moment in which there is none."""
    fresh = link.with_name(f".{link.name}.new")
    files.remove(fresh)
    os.symlink(target, str(fresh))
    os.replace(str(fresh), str(link))


def restore(name: str, config_dir: Path = CONFIG_DIR) -> None:
    """Put back the links that an interrupted change has left half done, as certbot does.

    If fewer than four are kept, the change had not begun, or was over. Raises OSError.
    """
    live = places(name, config_dir)[0]
    kept = {part: live / f"previous_{part}.pem" for part in PARTS}
    if all(link.is_symlink() and link.exists() for link in kept.values()):
        for part, link in kept.items():
            _link(live / f"{part}.pem", os.readlink(str(link)))
        files.sync_directory(live)
    if any(os.path.lexists(str(link)) for link in kept.values()):
        _remove_previous(live)


def _remove_previous(live: Path) -> None:
    for part in PARTS:
        files.remove(live / f"previous_{part}.pem")
    files.sync_directory(live)


# The renewal file


def _write_renewal_file(name: str, origin: Origin, key_type: str, config_dir: Path) -> None:
    """Write the file, unless it names the same CA: certbot keeps more in it than is known here."""
    live, archive, conf = places(name, config_dir)
    try:
        if renewal_file.read(conf).server == origin.server:
            return
    except renewal_file.UnusableFile:
        pass
    content = renewal_file.text(
        {"version": CONF_VERSION, "archive_dir": str(archive),
         **{part: str(live / f"{part}.pem") for part in PARTS}},
        {"account": origin.account, "authenticator": origin.authenticator,
         "server": origin.server, "key_type": key_type},
    )  # fmt: skip
    files.write_atomic(conf, content, 0o644)
