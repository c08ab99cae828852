"""What the charm's web server includes to answer challenges: put on disk, told by path."""

from __future__ import annotations

import os
from pathlib import Path

from layer_lets_encrypt.certificates import account, ledger
from layer_lets_encrypt.juju import hook, notes
from layer_lets_encrypt.juju.configuration import challenge, read_configuration, webroot
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import STATE_DIR
from layer_lets_encrypt.rules.wanted import WEBROOT
from layer_lets_encrypt.web import snippets


def paths() -> dict[str, str]:
    """Return the snippets' paths, by kind of server; they are there when this returns."""
    found = snippets.paths(hook.places().snippets)
    if not all(os.path.exists(path) for path in found.values()):
        place()
    return found


def place() -> None:
    """Write the snippets for the challenge and account in use."""
    wanted, places = read_configuration().wanted, hook.places()
    server = wanted.account.server if wanted else ""
    known = account.used(server, ledger.load(places.history)) if server else None
    said = notes.Notes().said if hook.current().shared.leader else ""
    thumbprint = said or (known.thumbprint if known else "")
    folder = places.snippets
    for own in (folder.parent, folder, STATE_DIR, Path(WEBROOT)):
        files.open_folder(own)
    snippets.write(folder, challenge(), webroot(), thumbprint)
