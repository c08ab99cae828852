"""The layer's actions: what an operator asks of a unit by hand."""

import json
from dataclasses import replace
from typing import Any, Dict, List

from charmhelpers.core import hookenv
from charms.layer import basic  # type: ignore[attr-defined]
from charms.reactive import is_flag_set, main

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.juju import certificates, complaints, flags, hook, tell
from layer_lets_encrypt.juju import schedule as unit_schedule
from layer_lets_encrypt.juju.configuration import read_configuration
from layer_lets_encrypt.machine import files, os_errors
from layer_lets_encrypt.passes import report
from layer_lets_encrypt.rules import complaint, records
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import Request, split_names


def renew() -> None:
    """Forget what failed, renew what is due (or all, with force), and tell the result."""
    wanted = _chosen(hookenv.action_get("names"))
    if not wanted:
        tell.failure("no such certificate is wanted; see lets-encrypt-certificates")
        return
    flag = unit_schedule.forbidding_flag()
    if flag:
        tell.failure(f"nothing is renewed while the charm has set the flag {flag}")
        return
    before = _serials()
    try:
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


def check() -> None:
    """Try the challenge of each certificate without an order, and tell each step."""
    wanted = _chosen(hookenv.action_get("names"))
    if not wanted:
        tell.failure("no such certificate is wanted; see lets-encrypt-certificates")
        return
    from layer_lets_encrypt.juju import check as trial

    results: Dict[str, str] = {}
    failed: List[str] = []
    for request in wanted:
        try:
            steps, problem = trial.tried(request)
        except OSError as error:  # a full disk: the plugin's settings are a file
            steps, problem = [], Problem("local", os_errors.words(error))
        key = _key(request.lineage)
        results.update({f"{key}.step-{n}": step for n, step in enumerate(steps, 1)})
        if problem is not None:
            failed.append(f"{request.lineage}: {problem.words}")
    tell.results(results)
    if failed:
        tell.failure("; ".join(failed))


def deploy() -> None:
    """Hand certificates over again: files, services, the operator's command; nothing is ordered."""
    from layer_lets_encrypt.passes import again

    wanted, chosen = read_configuration().wanted, _chosen(hookenv.action_get("names"))
    if wanted is None or not chosen:
        tell.failure("no such certificate is wanted; see lets-encrypt-certificates")
        return
    if is_flag_set(flags.DISABLED):
        tell.failure(f"nothing is done while the charm has set the flag {flags.DISABLED}")
        return
    try:
        there = again.hand_over(wanted, hook.places(), chosen)
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
    chosen = {one.lineage for one in _chosen(hookenv.action_get("names") or "")}
    states = [entry for entry in certificates.states() if entry["name"] in chosen]
    form = hookenv.action_get("format")
    if form == "json":
        text = json.dumps(states, ensure_ascii=True)
        if len(text) > tell.MAX_RESULT:
            tell.failure("there are too many certificates for one result; choose some with names=")
            return
        tell.results({"certificates": text})
    elif form == "table":
        lines = {_key(entry["name"]): report.line(entry) for entry in states}
        tell.results(lines or {"certificates": "none"})
    else:
        tell.results(_fields(states) or {"certificates": "none"})


def _chosen(text: str) -> List[Request]:
    names = set(split_names(text))
    requests = read_configuration().requests
    return [one for one in requests if not names or names & {*one.names, one.lineage}]


def _free(wanted: List[Request], force: bool) -> None:
    ledger = Ledger(hook.places().history)
    with ledger.deferred():
        for request in wanted:
            record = ledger.of(request.lineage).forgiven()
            if force:
                record = replace(record, forced=True, failures=0, not_before=0)
            ledger.record(request.lineage, record)
            of_services = ledger.past.services.get(request.lineage)
            if of_services is not None:
                ledger.own_failed(request.lineage, of_services.forgiven())
        for name in set(records.UNIT_WIDE) & set(ledger.past.records):
            ledger.record(name, ledger.of(name).forgiven())



def _serials() -> Dict[str, str]:
    return {entry["name"]: entry["serial"] for entry in certificates.states()}


def _told() -> Dict[str, str]:
    """Return what is known of each certificate."""
    return _fields(certificates.states())


def _fields(states: List[Dict[str, Any]]) -> Dict[str, str]:
    return {
        _key(entry["name"]) + "." + key.replace("_", "-"): _text(value)
        for entry in states
        for key, value in entry.items()
        if value is not None
    }


def _key(name: str) -> str:
    """Return a name as the key of a result; Juju makes a tree of keys with dots."""
    return name.replace(".", "-")


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
