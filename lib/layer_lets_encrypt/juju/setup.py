"""What the unit needs on its machine: put there, put right in each hook, and taken away."""

from __future__ import annotations

import os
from pathlib import Path

from charmhelpers.core import hookenv
from charms.reactive import is_flag_set, set_flag
from charms.reactive.helpers import data_changed

from layer_lets_encrypt.certificates import claims
from layer_lets_encrypt.juju import flags, observe, ports, tell
from layer_lets_encrypt.juju import schedule as unit_schedule
from layer_lets_encrypt.juju.configuration import layer_options
from layer_lets_encrypt.juju.failures import fail, survive
from layer_lets_encrypt.juju.hook import places
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import CONFIG_DIR, DHPARAM
from layer_lets_encrypt.rules.records import History

SCRIPTS = "layer.lets-encrypt.scripts"  # what data_changed remembers certbot's own by


def undo_what_a_killed_hook_left() -> None:
    if not os.path.lexists(str(places().journal)):
        return
    from layer_lets_encrypt.rules.configuration import service_name
    from layer_lets_encrypt.web import guard
    from layer_lets_encrypt.web.service import ServiceError

    try:
        tell.log(guard.undo(places().journal, service_name=service_name(layer_options())))
    except ServiceError as error:
        fail(str(error))


def put_files_right(past: History) -> None:
    from layer_lets_encrypt.machine import state_files

    claims.renew_claims(places())
    for text in state_files.put_right(places(), past):
        tell.log(text, level=hookenv.WARNING)


def install() -> None:
    """Put on the machine what the unit needs there; safe to repeat, and repeated until it works."""
    survive(_install)


def _install() -> None:
    from layer_lets_encrypt.juju import snippets as unit_snippets
    from layer_lets_encrypt.machine import cron, predecessor, schedule_watch
    from layer_lets_encrypt.rules.configuration import service_name

    charm = Path(hookenv.charm_dir())
    if not is_flag_set(flags.PORTS_OPENED):
        ports.ask()
        set_flag(flags.PORTS_OPENED)
    templates = charm / "templates" / "lets-encrypt"
    service = service_name(layer_options())
    unit_snippets.place()
    cron.install(
        hookenv.local_unit(), places().script, places().journal, templates, service,
        unit_schedule.chosen(),
    )  # fmt: skip
    schedule_watch.restarted(places())
    predecessor.remove_cron_job(charm)
    place_dhparam()
    set_flag(flags.INSTALLED)


def place_dhparam() -> None:
    source = Path(hookenv.charm_dir()) / "files" / "lets-encrypt" / "dhparam.pem"
    target = DHPARAM
    try:
        if "BEGIN DH PARAMETERS" in files.read_text(target, follow=True):
            return  # the operator's own, or ours
    except (OSError, UnicodeDecodeError):
        pass
    files.write_atomic(target, source.read_text("ascii"), 0o644)


def tell_of_scripts() -> None:
    """Log, once for each set of them, that certbot's own scripts are not run."""
    found = scripts(CONFIG_DIR / "renewal-hooks")
    if data_changed(SCRIPTS, found) and found:
        tell.log(f"certbot's scripts are not run, acme-deploy-command is: {', '.join(found)}")


def scripts(folder: Path) -> list[str]:
    """Return what certbot would run for each renewal."""
    found = sorted(folder.glob("*/*")) if folder.is_dir() else []
    return [str(path) for path in found if path.is_file() and os.access(str(path), os.X_OK)]


def leave() -> None:
    """Take away what the unit put on the machine; certificates and their history stay."""
    from layer_lets_encrypt.machine import cron, package_timer
    from layer_lets_encrypt.web import snippets

    survive(files.remove, places().eab)
    for path in places().dns_configs():
        survive(files.remove, path)  # the credentials in them
    survive(snippets.empty, places().snippets)
    survive(cron.remove, hookenv.local_unit(), places().script)
    survive(files.remove, places().marker)
    survive(files.remove, places().passphrase)
    survive(observe.leave)
    survive(claims.renounce, places())
    if not claims.claims(places()):
        survive(package_timer.turn_on, places().scheduler)
