"""The end of a hook in an application of several units: write, and say that this unit answers."""

from __future__ import annotations

import os

from charmhelpers.core import hookenv
from charms.reactive import is_flag_set

from layer_lets_encrypt.juju import flags, hook, tell
from layer_lets_encrypt.juju import sharing as unit_sharing
from layer_lets_encrypt.juju.configuration import read_configuration
from layer_lets_encrypt.juju.sharing import Sharing
from layer_lets_encrypt.juju.units import Refused
from layer_lets_encrypt.rules import sharing
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.wanted import Wanted


def conclude() -> None:
    """Tell the other units what is new. Juju keeps it if the hook ends well. Raises OSError."""
    current, wanted = unit_sharing.current(), read_configuration().wanted
    if not is_flag_set(flags.DISABLED):
        try:
            _conclude(current, wanted)
        except Refused as error:
            tell.log(f"nothing is shared in this hook: {error}", level=hookenv.WARNING)
    current.notes.keep()


def _conclude(current: Sharing, wanted: Wanted | None) -> None:
    if not current.mode.is_shared:
        if current.notes.leads and not current.mode.lacking and current.units.is_leader():
            from layer_lets_encrypt.juju import publishing

            publishing.retire(current)
        return
    if wanted is None:
        return
    if _may_write(current):
        if current.units.is_leader():
            from layer_lets_encrypt.juju import publishing

            publishing.Publishing(current, wanted).run()
        else:
            current.notes.leads = False
    if current.is_asking or hook.current().has_run_pass:
        _answer(current, wanted)


def _may_write(current: Sharing) -> bool:
    """Whether this unit may lead, and may have something to write."""
    if current.refused:
        return False
    if hook.current().has_run_pass and not hook.current().shared.leader:
        return True
    return current.is_asking and not current.shared().leader


def _answer(current: Sharing, wanted: Wanted) -> None:
    """Say for which account this unit answers, once it does: the leader waits for that."""
    account = current.ledger().accounts.get(wanted.account.server)
    if account is None or not wanted.of_all_units:
        return
    said = sharing.answer_to_say(account.thumbprint, current.notes.said, is_answering=True)
    if said is None:
        return
    from layer_lets_encrypt.juju import answers

    problem = answers.prepare(wanted, said, os.environ)
    if problem is not None:
        hook.current().failures.append(Complaint(problem.severity, problem.words))
        return
    current.units.say(said)
    current.notes.said = said
