"""certbot's renewal file of one lineage, read by certbot's own parser, in certbot's own way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Mapping, NamedTuple

from layer_lets_encrypt.machine.paths import PARTS

_DROPPED = ("pre_hook", "post_hook")  # certbot drops them without a look


class UnusableFile(ValueError):
    """certbot could not go on with the file; str() says why, without its content."""


class RenewalFile(NamedTuple):
    """What certbot takes from the file: where the ``links`` and the ``archive`` are ("" for the
    usual place), the ``server`` that the lineage was ordered from and the ``profile`` that it was
    ordered with, "" if they are not known."""

    links: Mapping[str, str]
    archive: str
    server: str
    profile: str = ""


def read(path: Path) -> RenewalFile:
    """Return what the file says. Raises UnusableFile."""
    if not path.is_file():
        raise UnusableFile(f"{path} is missing")
    plain = _parse(path)
    try:
        return _understand(path, plain)
    except UnusableFile:
        raise
    except Exception:  # such as a value that refers to another one, which is not there
        raise UnusableFile(f"{path} has values that certbot cannot read") from None


def _parse(path: Path) -> Any:
    # Here, because it takes longer to import than an idle pass takes in all.
    from configobj import ConfigObj, ConfigObjError

    try:
        return ConfigObj(str(path), encoding="utf-8", default_encoding="utf-8")
    except ConfigObjError as error:
        reason = (str(error).splitlines() or ["it is malformed"])[-1]
        raise UnusableFile(f"{path} cannot be parsed: {reason}") from None
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror}") from None
    except Exception:  # what certbot's parser stumbles over, certbot does, too
        raise UnusableFile(f"{path} is not UTF-8 text") from None


def _understand(path: Path, plain: Any) -> RenewalFile:
    links: dict[str, str] = {}
    for part in PARTS:
        links[part] = plain.get(part)
        if not isinstance(links[part], str):
            raise UnusableFile(f"{path} does not name {part}.pem")
    parameters = plain.get("renewalparams")
    if not isinstance(parameters, dict):
        raise UnusableFile(f"{path} has no section [renewalparams]")
    version, archive = plain.get("version", "0"), plain.get("archive_dir", "")
    if not isinstance(version, str) or not version.lstrip(".")[:1].isdigit():
        raise UnusableFile(f"{path} has a version that is not a number")
    if not isinstance(archive, str):
        raise UnusableFile(f"{path} names several archives")
    values = {key: parameters[key] for key in parameters if key not in _DROPPED}
    server, profile = (values.get(key, "") for key in ("server", "required_profile"))
    return RenewalFile(
        links,
        archive,
        server if isinstance(server, str) else "",
        profile if isinstance(profile, str) and profile != "None" else "",
    )


def is_same(one: str, other: Path) -> bool:
    """Whether a path in the file, which certbot reads from the root folder, is this other one."""
    path = os.path.join("/", one)
    if os.path.normpath(path) == os.path.normpath(str(other)):
        return True
    try:
        return os.path.samefile(path, str(other))
    except OSError:
        return False


def text(paths: Mapping[str, str], parameters: Mapping[str, str]) -> str:
    """Return a file that says this, with what is "" left out, as certbot's own parser writes it."""
    from configobj import ConfigObj

    conf = ConfigObj(encoding="utf-8", default_encoding="utf-8", interpolation=False)
    conf.update(paths)
    conf["renewalparams"] = {key: value for key, value in parameters.items() if value}
    conf.comments["renewalparams"] = ["", "# Options used in the renewal process"]
    return b"\n".join(conf.write()).decode("utf-8") + "\n"
