"""What lies on disk under one lineage's name, and whether certbot can go on with it.

certbot keeps a lineage in three places: ``live/NAME`` (links), ``archive/NAME`` (files) and
``renewal/NAME.conf``. Where one of them is damaged it either makes ``NAME-0001`` or throws
a freshly issued certificate away, so nothing is ordered before this module has looked.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

from layer_lets_encrypt import certificate, files
from layer_lets_encrypt.certificate import Certificate

CONFIG_DIR = Path("/etc/letsencrypt")
PARTS = ("cert", "chain", "fullchain", "privkey")

ABSENT = "absent"
SANE = "sane"
BROKEN = "broken"


@dataclass(frozen=True)
class Lineage:
    """A lineage as it was found.

    ``state`` is ABSENT, SANE or BROKEN; ``fault`` says what is broken. ``found`` holds the
    facts of the certificate where the four live files are readable and belong together.
    ``server`` is the directory URL it was ordered from, "" where that is unknown.
    """

    name: str
    state: str
    fault: str = ""
    found: Optional[Certificate] = None
    server: str = ""

    @property
    def usable(self) -> bool:
        """Whether a web server can be pointed at it."""
        return self.state == SANE and self.found is not None

    def holds(self, names: Tuple[str, ...]) -> bool:
        """Whether a web server can be pointed at it for just these names."""
        return self.usable and self.found is not None and set(self.found.names) == set(names)


def live_paths(name: str, config_dir: Path = CONFIG_DIR) -> Dict[str, str]:
    """Return certbot's public paths of a lineage, keyed cert, chain, fullchain, privkey."""
    return {part: str(config_dir / "live" / name / (part + ".pem")) for part in PARTS}


def is_readable(name: str, config_dir: Path = CONFIG_DIR) -> bool:
    """Whether there is a chain to serve under the lineage's public path."""
    return os.path.isfile(live_paths(name, config_dir)["fullchain"])


def places(name: str, config_dir: Path = CONFIG_DIR) -> Tuple[Path, Path, Path]:
    """Return where a lineage lives: its live folder, archive folder and renewal file."""
    conf = config_dir / "renewal" / (name + ".conf")
    return config_dir / "live" / name, config_dir / "archive" / name, conf


def inspect(name: str, config_dir: Path = CONFIG_DIR) -> Lineage:
    """Look at a lineage and return what is there. Reads only, never raises for damage."""
    live, archive, conf = places(name, config_dir)
    if not any(os.path.lexists(str(place)) for place in (live, archive, conf)):
        return Lineage(name, ABSENT)
    settings = _renewal_settings(conf)
    found = _read_live(live)
    fault = (
        _fault_of_folders(live, archive)
        or _fault_of_conf(conf, settings, name, config_dir)
        or _fault_of_links(live, archive)
        or ("" if found else "its four live files do not hold one certificate with its key")
    )
    return Lineage(name, BROKEN if fault else SANE, fault, found, settings.get("server", ""))


def _read_live(live: Path) -> Optional[Certificate]:
    try:
        texts = {part: (live / (part + ".pem")).read_text("utf-8") for part in PARTS}
        found = certificate.read(texts["cert"])
        if certificate.read(texts["fullchain"]) != found:
            return None
    except (OSError, ValueError):
        return None
    if not certificate.key_matches(live / "fullchain.pem", live / "privkey.pem"):
        return None
    return found


def _fault_of_folders(live: Path, archive: Path) -> str:
    for folder in (live, archive):
        if folder.is_symlink() or not folder.is_dir():
            return f"{folder} is missing or not a folder"
    return ""


def _fault_of_conf(conf: Path, settings: Dict[str, str], name: str, config_dir: Path) -> str:
    if not conf.is_file():
        return f"{conf} is missing"
    expected = live_paths(name, config_dir)
    for part in PARTS:
        if os.path.normpath(settings.get(part, ".")) != os.path.normpath(expected[part]):
            return f"{conf} does not name {expected[part]}"
    if "authenticator" not in settings:
        return f"{conf} has no renewal parameters"
    return ""


_SETTING = re.compile(r"\s*([A-Za-z0-9_.\-]+)\s*=\s*(.*?)\s*\Z")
_OTHER_LINE = re.compile(r"\s*(#.*|\[+[^\[\]]+\]+)?\s*\Z")


def _renewal_settings(conf: Path) -> Dict[str, str]:
    """Return the file's ``key = value`` lines; {} where certbot could not parse it."""
    try:
        lines = conf.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    settings: Dict[str, str] = {}
    for line in lines:
        match = _SETTING.match(line)
        if match:
            settings.setdefault(match.group(1), match.group(2).strip("\"'"))
        elif not _OTHER_LINE.match(line):
            return {}
    return settings


def _fault_of_links(live: Path, archive: Path) -> str:
    for part in PARTS:
        link = live / (part + ".pem")
        if not link.is_symlink():
            return f"{link} is not a link"
        target = Path(os.path.normpath(str(live / os.readlink(str(link)))))
        if target.parent != archive or not re.match(part + r"[0-9]+\.pem\Z", target.name):
            return f"{link} does not point into {archive}"
        if not target.is_file():
            return f"{link} points to nothing"
    return ""


class Reader:
    """Reads lineages and remembers, by file identity, what it has read.

    Looks at each lineage once; ``again()`` gives a reader that looks anew. ``memory`` is a JSON
    file; losing it costs a second reading and nothing else.
    """

    def __init__(self, memory: Path, config_dir: Path = CONFIG_DIR) -> None:
        self.memory = memory
        self.config_dir = config_dir
        self._known: Optional[Dict[str, Any]] = None
        self._learnt = False
        self._looked: Dict[str, Lineage] = {}

    def again(self) -> "Reader":
        """Return a reader with the same memory that has not looked yet."""
        other = Reader(self.memory, self.config_dir)
        other._known, other._learnt = self._known, self._learnt
        return other

    def inspect(self, name: str) -> Lineage:
        """Return what inspect() would, without opening files that have not changed."""
        if name not in self._looked:
            self._looked[name] = self._look(name)
        return self._looked[name]

    def inspect_again(self, name: str) -> Lineage:
        """Return what is there now, after something has been changed."""
        self._looked.pop(name, None)
        return self.inspect(name)

    def _look(self, name: str) -> Lineage:
        identity = _identity(name, self.config_dir)
        seen = self._known_as(name, identity)
        if seen is None:
            seen = inspect(name, self.config_dir)
            self._recall()[name] = [identity, _to_plain(seen)]
            self._learnt = True
        return seen

    def _known_as(self, name: str, identity: str) -> Optional[Lineage]:
        """Return what is remembered of just these files; what is no memory counts as none."""
        try:
            known, plain = self._recall()[name]
            return _from_plain(name, plain) if known == identity else None
        except (TypeError, KeyError, ValueError):
            return None

    def _recall(self) -> Dict[str, Any]:
        if self._known is None:
            known = files.read_json(self.memory, {})
            self._known = known if isinstance(known, dict) else {}
        return self._known

    def remember(self) -> None:
        """Put what was learnt on disk, for the next hook."""
        if not self._learnt:
            return
        try:
            files.write_json(self.memory, self._known)
        except OSError:
            return  # a full disk: it is read again next time
        self._learnt = False


_FILES = tuple(part + ".pem" for part in PARTS)


def _to_plain(seen: Lineage) -> List[Any]:
    found = None if seen.found is None else list(vars(seen.found).values())
    return [seen.state, seen.fault, found, seen.server]


def _from_plain(name: str, plain: List[Any]) -> Lineage:
    state, fault, facts, server = plain
    found = None if facts is None else Certificate(tuple(facts[0]), *facts[1:])
    return Lineage(name, state, fault, found, server)


def _identity(name: str, config_dir: Path) -> str:
    """Return what changes whenever inspect() might find something else.

    The live folder's own stamp changes with its links; the files' are those behind the links.
    """
    live = f"{config_dir}/live/{name}"
    stamps = [_stamp(live, os.lstat), _stamp(f"{config_dir}/archive/{name}", os.lstat)]
    stamps.append(_stamp(f"{config_dir}/renewal/{name}.conf", os.stat))
    stamps += [_stamp(f"{live}/{file}", os.stat) for file in _FILES]
    return " ".join(stamps)


def _stamp(path: str, stat: Callable[[str], os.stat_result]) -> str:
    try:
        seen = stat(path)
    except OSError:
        return "-"
    return f"{seen.st_ino}.{seen.st_size}.{seen.st_ctime_ns}"  # no change leaves ctime alone
