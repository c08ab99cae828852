"""What a web server's configuration includes to answer challenges: written to stable paths."""

from __future__ import annotations

from pathlib import Path
from string import Template

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import TEMPLATES
from layer_lets_encrypt.rules.challenge import Challenge

# server -> the file that it includes, the template for webroot, the template for the others
_KINDS = {
    "nginx": ("nginx.conf", "nginx-webroot.conf", "nginx-stateless.conf"),
    "apache2": ("apache2.conf", "apache2-webroot.conf", "apache2-stateless.conf"),
    "haproxy": ("haproxy.cfg", "haproxy-stateless.cfg", "haproxy-stateless.cfg"),
}
_NOTHING = "# Nothing to answer yet: Juju unit {} has no account at its CA.\n"


def paths(folder: Path) -> dict[str, str]:
    """Return the paths of the snippets in a unit's ``folder``, keyed by kind of server."""
    return {kind: str(folder / names[0]) for kind, names in _KINDS.items()}


def write(folder: Path, challenge: Challenge, webroot: str, thumbprint: str) -> bool:
    """Write the snippets for a challenge; return whether one of them has changed.

    They are there for any challenge, so that an ``include`` never fails. Without a
    ``thumbprint``, those that need one are empty.
    """
    files.make_folder(folder)
    values = {"unit": folder.name, "webroot": webroot, "thumbprint": thumbprint}
    changed = False
    for name, of_webroot, of_others in _KINDS.values():
        template = of_webroot if challenge.wants_webroot else of_others
        changed |= files.write_atomic(folder / name, _text(template, values), 0o644)
    return changed


def texts(folder: Path) -> list[str]:
    """Return the content of a folder's snippets."""
    return [Path(path).read_text("utf-8") for path in paths(folder).values()]


def empty(folder: Path) -> None:
    """Make the snippets answer nothing, for a unit that leaves; whoever includes them still can."""
    for path in paths(folder).values():
        if Path(path).exists():
            files.write_atomic(Path(path), _NOTHING.format(folder.name), 0o644)


def _text(template: str, values: dict[str, str]) -> str:
    text = (TEMPLATES / template).read_text("utf-8")
    if "$thumbprint" in text and not values["thumbprint"]:
        return _NOTHING.format(values["unit"])
    return Template(text).substitute(values)
