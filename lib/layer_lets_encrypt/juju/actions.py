"""The layer's actions: what an operator asks of a unit by hand."""

from __future__ import annotations

import json
from dataclasses import replace

from charmhelpers.core import hookenv, unitdata
from charms.layer import basic  # type: ignore[attr-defined]
from charms.reactive import is_flag_set, main

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.juju import (
    certificates,
    complaints,
    dns_settings_check,
    flags,
    hook,
    notes,
    sharing,
    tell,
)
from layer_lets_encrypt.juju import schedule as unit_schedule
from layer_lets_encrypt.juju import status as unit_status
from layer_lets_encrypt.juju.configuration import read_configuration
from layer_lets_encrypt.machine import files, os_errors
from layer_lets_encrypt.passes import report
from layer_lets_encrypt.rules import action, complaint, records
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import InvalidRequest, Request


def renew() -> None:
    """Forget what failed, renew what is due (or all, with force), and tell the result."""
    wanted = _chosen()
    if not wanted:
        return
    flag = unit_schedule.forbidding_flag()
    if flag:
        tell.failure(f"nothing is renewed while the charm has set the flag {flag}")
        return
    before, leader = _serials(), sharing.current().shared().leader
    try:
        dns_settings_check.forget(wanted)
        if not leader:
            _free(wanted, bool(hookenv.action_get("force")))
        files.write_atomic(hook.places().marker, "")
    except OSError as error:
        tell.failure(os_errors.words(error))
        return
    _run_handlers()
    after = _serials()
    renewed = sorted(name for name, serial in after.items() if before.get(name) != serial)
    tell.results({"renewed": ", ".join(renewed) or "none", **_told()})
    worst = complaint.worst(complaints.current())
    if worst is not None:
        tell.failure(worst.text)
    elif leader and not renewed:
        application = hookenv.local_unit().partition("/")[0]
        tell.failure(f"{leader} orders; run juju run {application}/leader lets-encrypt-renew")


def check() -> None:
    """Try the challenge of each certificate without an order, and tell each step."""
    wanted = _chosen()
    if not wanted:
        return
    from layer_lets_encrypt.juju import check as trial

    results: dict[str, str] = {}
    failed: list[str] = []
    for request in wanted:
        try:
            steps, problem = trial.tried(request)
        except OSError as error:  # a full disk: the plugin's settings are a file
            steps, problem = [], Problem("local", os_errors.words(error))
        results.update(action.of_steps(request.lineage_name, steps))
        if problem is not None:
            failed.append(replace(problem, name=problem.name or request.lineage_name).text)
    tell.results(results)
    if failed:
        tell.failure("; ".join(failed))
    unit_status.say(complaint.worst(complaints.current()))
    unitdata.kv().flush()


def deploy() -> None:
    """Hand certificates over again: files, services, the operator's command; nothing is ordered."""
    from layer_lets_encrypt.passes import again

    chosen, wanted = _chosen(), read_configuration().wanted
    if wanted is None or not chosen:
        return
    if is_flag_set(flags.DISABLED):
        tell.failure(f"nothing is done while the charm has set the flag {flags.DISABLED}")
        return
    try:
        there = again.hand_over(wanted, hook.places(), chosen)
        notes.publish_again(there)
    except OSError as error:
        tell.failure(os_errors.words(error))
        return
    if not there:
        tell.failure("the certificate is not on disk yet; see lets-encrypt-certificates")
        return
    _run_handlers()
    past = Ledger(hook.places().history).past
    failed = set(there) - set(past.deployed or {}) if wanted.delivery.deploy else set()
    tell.results({"deployed": ", ".join(name for name in there if name not in failed) or "none",
                  "failed": ", ".join(sorted(failed)) or "none",
                  "command": "run" if wanted.delivery.deploy else "none is set"})  # fmt: skip
    worst = complaint.worst(complaints.current())
    if worst is not None:
        tell.failure(worst.text)


def export() -> None:
    """Write a certificate to a file."""
    from layer_lets_encrypt.juju import file_actions

    file_actions.run(file_actions.export)


def delete() -> None:
    """Delete a certificate that nobody wants any more."""
    from layer_lets_encrypt.juju import file_actions

    file_actions.run(file_actions.delete)


def backup() -> None:
    """Write all that certbot keeps to one archive."""
    from layer_lets_encrypt.juju import file_actions

    file_actions.run(file_actions.backup)


def restore() -> None:
    """Put such an archive back, and have the charm see what is there then."""
    from layer_lets_encrypt.juju import file_actions

    if file_actions.run(file_actions.restore):
        _run_handlers()


def _run_handlers() -> None:
    """Run all handlers as in a hook, those of the charm among them."""
    hookenv.atstart(basic.init_config_states)
    hookenv.atexit(basic.clear_config_states)
    main()


def show() -> None:
    """Tell the state of the wanted certificates."""
    states = certificates.states()
    if hookenv.action_get("names"):
        chosen = {one.lineage_name for one in _chosen()}
        states = [entry for entry in states if entry["name"] in chosen]
        if not states:
            return  # why is told
    form = hookenv.action_get("format")
    if form == "json":
        text = json.dumps(states, ensure_ascii=True)
        if len(text) > tell.MAX_RESULT:
            tell.failure("there are too many certificates for one result; choose some with names=")
            return
        tell.results({"certificates": text})
    elif form == "table":
        lines = {action.key(entry["name"]): report.line(entry) for entry in states}
        tell.results(lines or {"certificates": "none"})
    else:
        tell.results(action.of_certificates(states) or {"certificates": "none"})


def _chosen() -> list[Request]:
    """Return the requests that the action is about; tell what is wrong if there are none."""
    configuration = read_configuration()
    try:
        wanted = action.chosen(configuration.requests, hookenv.action_get("names"))
    except InvalidRequest as error:
        tell.failure(str(error))
        return []
    if not wanted:
        worst = complaint.worst(configuration.complaints)
        tell.failure(worst.text if worst else action.NOTHING)
    return wanted


def _free(wanted: list[Request], force: bool) -> None:
    ledger = Ledger(hook.places().history)
    with ledger.deferred():
        for request in wanted:
            record = ledger.of(request.lineage_name).forgiven()
            if force:
                record = replace(record, forced=True, failures=0, not_before=0)
            ledger.record(request.lineage_name, record)
            of_services = ledger.past.services.get(request.lineage_name)
            if of_services is not None:
                ledger.own_failed(request.lineage_name, of_services.forgiven())
        for name in set(records.UNIT_WIDE) & set(ledger.past.records):
            ledger.record(name, ledger.of(name).forgiven())


def _serials() -> dict[str, str]:
    return {entry["name"]: entry["serial"] for entry in certificates.states()}


def _told() -> dict[str, str]:
    """Return what is known of each certificate."""
    return action.of_certificates(certificates.states())
