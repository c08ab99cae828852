"""The unit's side of layer:lets-encrypt: configuration in, flags and statuses out.

For the layer's own handlers; charm authors want ``charms.layer.lets_encrypt``. Most hooks have
nothing to do here, so what only acts is imported by the function that acts.
"""

import functools
import os
import time
from pathlib import Path
from typing import Callable, List, Optional

from charmhelpers.core import hookenv
from charms.reactive import clear_flag, is_flag_set, set_flag

from layer_lets_encrypt.certificates import claims, ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.juju import complaints, ports, tell
from layer_lets_encrypt.juju import schedule as unit_schedule
from layer_lets_encrypt.juju import status as unit_status
from layer_lets_encrypt.juju.announce import (
    REGISTERED,
    RENEWED,
    announce,
    announced,
    is_as_announced,
    put,
    serials,
)
from layer_lets_encrypt.juju.configuration import Wishes, author, config, read_wishes
from layer_lets_encrypt.machine import files, os_errors
from layer_lets_encrypt.machine.paths import DHPARAM, Places
from layer_lets_encrypt.passes.survey import (
    contact_is_due,
    dns_is_left,
    survey,
    undeployed,
    unloaded,
    unsupplied,
)
from layer_lets_encrypt.rules import complaint, plan
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

RENEW_REQUESTED = "lets-encrypt.renew.requested"
DISABLED = "lets-encrypt.disable"
RENEW_DISABLED = "lets-encrypt.renew.disable"
INSTALLED = "layer.lets-encrypt.installed"
PENDING = "layer.lets-encrypt.pending"
PORTS_OPENED = "layer.lets-encrypt.ports-opened"

LEAVING = ("stop", "remove")


class _Hook:
    """What this hook has found out, for the functions below."""

    failures: List[Complaint] = []


def places() -> Places:
    """Return where this unit keeps the layer's files."""
    return Places.of(hookenv.local_unit())


# Before and after the handlers


def notice() -> None:
    """Turn what happened since the last hook into flags, before any handler runs."""
    _Hook.failures = []
    ports.begin()
    unit_status.speak_last(assess)
    _survive(_undo_what_a_killed_hook_left)
    past = ledger.load(places().history)
    _survive(_put_files_right, past)
    clear_flag(RENEWED)
    if hookenv.hook_name() in LEAVING:
        clear_flag(PENDING)
        clear_flag(RENEW_REQUESTED)
        return
    if not unit_schedule.look() or hookenv.hook_name() in ("upgrade-charm", "start"):
        clear_flag(INSTALLED)  # install again what the machine may have lost
    if places().marker.exists():
        set_flag(RENEW_REQUESTED)
    wishes = read_wishes()
    if hookenv.hook_name() == "secret-changed":
        _survive(_forgive, wishes, past)
    wishes = _with_passphrase(wishes, again=hookenv.hook_name() == "secret-changed")
    reader = Reader(places().facts)
    if is_flag_set(REGISTERED) and not is_as_announced(wishes, reader):
        clear_flag(REGISTERED)
    put(PENDING, _is_anything_to_do(wishes, reader, past))
    if not is_flag_set(REGISTERED):
        ports.opened()  # before a handler opens any: Juju does so when the hook ends
    if ports.are_refused():
        ports.ask()


def assess() -> None:
    """Tell the operator, after all handlers, what still keeps a certificate away."""
    if hookenv.hook_name() not in LEAVING:
        _survive(complaints.look)
        unit_status.say(complaint.worst(current_complaints()))


def current_complaints() -> List[Complaint]:
    """Return all that now keeps certificates away, or will if nothing happens."""
    return complaints.current(_Hook.failures)


def _undo_what_a_killed_hook_left() -> None:
    if not os.path.lexists(str(places().journal)):
        return
    from layer_lets_encrypt.rules import configuration
    from layer_lets_encrypt.web import guard
    from layer_lets_encrypt.web.service import ServiceError

    try:
        tell.log(guard.undo(places().journal, service_name=configuration.service_name(author())))
    except ServiceError as error:
        _fail(str(error))


def _put_files_right(past: History) -> None:
    from layer_lets_encrypt.machine import state_files

    claims.renew_claims(places())
    for text in state_files.put_right(places(), past):
        tell.log(text, level=hookenv.WARNING)


def _survive(step: Callable[..., object], *words: object) -> None:
    """Take a step; what the machine refuses becomes a status instead of a failed hook."""
    try:
        step(*words)
    except OSError as error:
        _fail(os_errors.words(error))


def _fail(text: str) -> None:
    tell.log(text, level=hookenv.ERROR)
    _Hook.failures.append(Complaint("blocked", text))


def _forgive(wishes: Wishes, past: History) -> None:
    """New credentials deserve another attempt at once, for the certificates that need them."""
    from layer_lets_encrypt.juju import dns_settings

    if wishes.wanted is None or not dns_settings.is_ours(os.environ.get("JUJU_SECRET_ID", "")):
        return
    for wish in wishes.requests:
        if wish.lineage in past.records and wishes.wanted.challenge_of(wish).wants_dns:
            past.records[wish.lineage] = past.records[wish.lineage].forgiven()
    ledger.save(past, places().history)


def _with_passphrase(wishes: Wishes, again: bool) -> Wishes:
    """Ask for the passphrase of PFX files where that is to be done; return what is wanted then."""
    if wishes.wanted is None:
        return wishes
    if not wishes.wanted.delivery.formats and not os.path.lexists(str(places().passphrase)):
        return wishes
    from layer_lets_encrypt.juju import passphrase

    try:
        passphrase.keep(config(), places(), again)
    except passphrase.Unusable as error:
        _fail(str(error))
    except OSError as error:
        _fail(os_errors.words(error))
    return read_wishes()


def _is_anything_to_do(wishes: Wishes, reader: Reader, past: History) -> bool:
    if wishes.wanted is None:
        return False
    decisions = survey(wishes.wanted, past, reader, time.time(), renewing=False)
    reader.remember()
    return bool(
        (wishes.requests and not is_flag_set(REGISTERED))
        or any(decision.action == plan.ORDER for decision in decisions)
        or serials(wishes, reader) != announced()
        or contact_is_due(wishes.wanted, past)
        or dns_is_left(places())
        or unloaded(wishes.wanted, past, reader)
        or undeployed(wishes.wanted, past, reader, time.time())
        or unsupplied(wishes.wanted, places(), past, reader)
    )


# What the handlers call


def install() -> None:
    """Put on the machine what the unit needs there; safe to repeat, and repeated until it works."""
    _survive(_install)


def _install() -> None:
    from layer_lets_encrypt.juju import snippets as unit_snippets
    from layer_lets_encrypt.machine import cron, predecessor, schedule_watch
    from layer_lets_encrypt.rules import configuration

    charm = Path(hookenv.charm_dir())
    if not is_flag_set(PORTS_OPENED):
        ports.ask()
        set_flag(PORTS_OPENED)
    templates = charm / "templates" / "lets-encrypt"
    service_name = configuration.service_name(author())
    unit_snippets.place()
    cron.install(hookenv.local_unit(), places().script, places().journal, templates, service_name)
    schedule_watch.restarted(places())
    predecessor.remove_cron_job(charm)
    _place_dhparam()
    set_flag(INSTALLED)


def obtain() -> None:
    """Order what is missing, changed or expired, unless renew() is going to do it anyway."""
    if not is_flag_set(RENEW_REQUESTED) or is_flag_set(RENEW_DISABLED):
        _run_pass(renewing=False)
        clear_flag(PENDING)


def renew() -> None:
    """Order what is due, too, and remove what is long unwanted: this is what cron asks for.

    The request stands until nothing is due any more, so that what keeps a certificate from
    being renewed now does not keep it until cron asks again.
    """
    finished = _run_pass(renewing=True)
    clear_flag(PENDING)
    if finished:
        _survive(files.remove, places().marker)
        clear_flag(RENEW_REQUESTED)


def leave() -> None:
    """Take away what the unit put on the machine; certificates and their history stay."""
    from layer_lets_encrypt.machine import cron, package_timer
    from layer_lets_encrypt.web import snippets

    for path in places().dns_configs():
        _survive(files.remove, path)  # the credentials in them
    _survive(snippets.empty, places().snippets)
    _survive(cron.remove, hookenv.local_unit(), places().script)
    _survive(files.remove, places().marker)
    _survive(claims.renounce, places())
    if not claims.claims(places()):
        _survive(package_timer.turn_on, places().scheduler)


def _place_dhparam() -> None:
    source = Path(hookenv.charm_dir()) / "files" / "lets-encrypt" / "dhparam.pem"
    target = DHPARAM
    try:
        if "BEGIN DH PARAMETERS" in files.read_text(target, follow=True):
            return  # the operator's own, or ours
    except (OSError, UnicodeDecodeError):
        pass
    files.write_atomic(target, source.read_text("ascii"), 0o644)


def _run_pass(renewing: bool) -> bool:
    """Run one pass and announce its result; return whether nothing is left to be ordered."""
    from layer_lets_encrypt.passes.renewal_pass import Pass
    from layer_lets_encrypt.web.service import ServiceError

    wishes, finished = read_wishes(), False
    if wishes.wanted is not None:
        run = Pass(wishes.wanted, places(), os.environ, tell.log, ports.own_addresses)
        try:
            _place_dhparam()
            finished = run.run(renewing, functools.partial(_obstacle, wishes.wanted))
            _remove_credentials(wishes)
            if renewing and not wishes.invalid:
                run.sweep()
        except OSError as error:
            _fail(f"orders were broken off: {os_errors.words(error)}; the next hook goes on")
        except ServiceError as error:
            _fail(str(error))
    announce(wishes)
    return finished


def _obstacle(wanted: Wanted, wish: Request) -> Optional[Problem]:
    """Return what keeps the unit from ordering a certificate; asked only when one is due."""
    challenge = wanted.challenge_of(wish)
    problem = ports.obstacle(challenge)
    if problem is None and challenge.wants_dns:
        from layer_lets_encrypt.juju import dns_settings

        problem = dns_settings.write(wish)
    return problem


def _remove_credentials(wishes: Wishes) -> None:
    """Remove what the plugin needs no more."""
    if wishes.wanted is None or not places().dns_configs():
        return
    from layer_lets_encrypt.juju import dns_settings

    using = [w for w in wishes.requests if wishes.wanted.challenge_of(w).wants_dns]
    dns_settings.remove_unused(using)
