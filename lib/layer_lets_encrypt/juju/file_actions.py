"""Actions about files: export, delete, backup and restore."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path
from typing import Callable

from charmhelpers.core import hookenv

from layer_lets_encrypt.certificates import backup as backups
from layer_lets_encrypt.certificates import claims, exchange, lineage, removal, restoring
from layer_lets_encrypt.certificates.backup import BackupError
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.delivery import forms
from layer_lets_encrypt.delivery.forms import FormError
from layer_lets_encrypt.juju import certificates, hook, tell
from layer_lets_encrypt.juju.configuration import options, read_configuration
from layer_lets_encrypt.machine import files, os_errors
from layer_lets_encrypt.machine.lock import machine_lock
from layer_lets_encrypt.machine.paths import CONFIG_DIR
from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.rules.formats import FILES, PFX
from layer_lets_encrypt.rules.request import without_wildcard

MAX_SHOWN = 60


class Refused(Exception):
    """The action makes no sense, or could not be carried out; str() says why."""


def run(action: Callable[[], dict[str, str]]) -> bool:
    """Carry out an action under the machine's lock, and tell its results or why it failed.

    Returns whether it has succeeded.
    """
    try:
        with machine_lock():
            results = action()
    except (Refused, BackupError) as error:
        tell.failure(str(error))
    except FormError as error:
        tell.failure(error.problem.words)
    except OSError as error:
        tell.failure(os_errors.words(error))
    else:
        tell.results(results)
        return True
    return False


def _name() -> str:
    """Return the lineage that the action is about."""
    written = str(hookenv.action_get("name") or "").strip()
    name = without_wildcard(written)
    if not stored.is_file_name(name):
        raise Refused("give the certificate's name: name=www.example.com")
    return name


def export() -> dict[str, str]:
    """Write a certificate as PFX or combined PEM file to a path, for root alone."""
    name, form = _name(), str(hookenv.action_get("format") or PFX)
    if form not in FILES:
        raise Refused(f"the format {form[:MAX_SHOWN]!r} is not known; use pfx or combined")
    if not lineage.inspect(name).usable:
        raise Refused(f"there is no usable certificate {name}; see lets-encrypt-certificates")
    path = _export_path(str(hookenv.action_get("path") or ""))
    passphrase = _passphrase() if form == PFX else ""
    files.write_content(path, forms.content_of(name, form, passphrase), 0o600, (0, 0))
    protected = "its passphrase" if passphrase else "nothing but its mode (0600)"
    return {"path": str(path), "protected-by": protected if form == PFX else "its mode (0600)"}


def _export_path(written: str) -> Path:
    path = Path(os.path.normpath(written))
    if not written.startswith("/") or not written.isprintable():
        raise Refused("give an absolute path: path=/root/www.example.com.pfx")
    if CONFIG_DIR in path.parents or not path.parent.is_dir():
        raise Refused(f"{path.parent} is not a folder for exports; name another one that exists")
    if os.path.lexists(str(path)) and not stat.S_ISREG(path.lstat().st_mode):
        raise Refused(f"{path} is there and is not a file; name another path")
    return path


def _passphrase() -> str:
    """Return the passphrase of the option; what cannot be read must not mean none."""
    from layer_lets_encrypt.juju import passphrase

    try:
        return passphrase.wanted(options())
    except passphrase.Unusable as error:
        raise Refused(str(error)) from None


def delete() -> dict[str, str]:
    """Remove a lineage that this unit has ordered and that nobody wants any more."""
    name, places = _name(), hook.places()
    ledger = Ledger(places.history)
    for request in read_configuration().requests:
        if request.lineage_name == name:
            raise Refused(f"{name} is wanted by {request.source}; end that first")
    if name in claims.claims(places):
        raise Refused(f"{name} is wanted by another unit of this machine")
    if not ledger.of(name).made:
        raise Refused(f"this unit has not ordered {name}; use certbot delete for others")
    revoked = _revoke(name) if hookenv.action_get("revoke") else "no"
    removal.remove(name)
    with ledger.deferred():
        ledger.forget(name)
        ledger.undeployed([name])
        ledger.own_unloaded([name])
        ledger.loaded({one: serial for one, serial in ledger.past.loaded.items() if one != name})
    forms.remove_others(name, (), places.forms)
    return {"deleted": name, "revoked": revoked}


def _revoke(name: str) -> str:
    from layer_lets_encrypt.juju import revocation

    problem = revocation.revoke(name, str(hookenv.action_get("reason") or "unspecified"))
    if problem is not None:
        raise Refused(f"nothing was deleted, since {name} could not be revoked: {problem.words}")
    return "yes"


def backup() -> dict[str, str]:
    """Write certbot's folder to an archive for root alone."""
    places = hook.places()
    path = backups.place_for(str(hookenv.action_get("path") or ""), places.state.name, time.time())
    size = backups.write(path, places.history)
    return {"path": str(path), "bytes": str(size),
            "holds": "private keys and account keys: keep it as safe as those"}  # fmt: skip


def restore() -> dict[str, str]:
    """Put an archive back; what is there now is kept aside."""
    written = str(hookenv.action_get("path") or "")
    if not written.startswith("/") or not written.isprintable():
        raise Refused(f"give the backup's path: path={backups.FOLDER}/NAME.tar.gz")
    places = hook.places()
    fresh, past = restoring.unpack(Path(written))
    existed = exchange.exchange(fresh)
    Ledger(places.history).restored(past)
    names = sorted(entry["name"] for entry in certificates.states() if entry["on_disk"])
    return {"restored": ", ".join(names) or "none of the wanted certificates",
            "kept-aside": str(fresh) if existed else "nothing was there before"}  # fmt: skip
