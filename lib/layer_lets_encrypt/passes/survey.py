"""What a unit wants compared with what is there: reads only."""

from __future__ import annotations

import time
from typing import Callable

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import plan, records
from layer_lets_encrypt.rules.facts import Lineage
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted


def survey(
    wanted: Wanted,
    past: History,
    reader: Reader,
    now: float,
    renewing: bool,
    advised: Callable[[Lineage], float | None] = lambda lineage: None,
) -> list[Decision]:
    """Decide about every wanted certificate from what is on disk.

    ``advised`` tells the moment at which the CA wants one renewed.
    """
    decisions, common = [], _common(wanted)
    for request in wanted.requests:
        found = reader.inspect(request.lineage_name)
        record = past.of(request.lineage_name)
        server = wanted.account.server
        asked = _digest(common, wanted, request) if record.failures else ""
        decided = plan.decide(
            request,
            found,
            record,
            server,
            asked,
            now,
            renewing,
            advised(found),
            wanted.gap,
            wanted.shared,
        )
        if decided.action != plan.KEEP and not asked:  # nobody needs the others'
            decided = decided._replace(asked=_digest(common, wanted, request))
        decisions.append(decided)
    return decisions


def _common(wanted: Wanted) -> str:
    account = wanted.account
    eab = [account.eab] if account.eab else []
    return records.digest(account.server, account.email, account.ca_certificates, *eab)


def _digest(common: str, wanted: Wanted, request: Request) -> str:
    """Return what tells this request from a changed one; quick, since there may be thousands."""
    challenge = wanted.challenge_of(request)
    parts = [common, challenge.name, request.key_type, *sorted(request.names)]
    if challenge.wants_dns:
        parts += [wanted.dns, request.dns]
    if request.profile or request.chain:
        parts += ["profile", request.profile, "chain", request.chain]
    return records.fingerprint("\0".join(parts))


def dns_is_left(places: Places) -> bool:
    """Whether records may still be published that nobody needs any more."""
    return bool(files.read_json(places.dns_journal, []))


def contact_is_due(wanted: Wanted, past: History) -> bool:
    """Whether the account's contact differs from what is wanted; an unknown one does not."""
    known = past.contacts.get(wanted.account.server)
    return known is not None and known != (wanted.account.email or "")


def unloaded(wanted: Wanted, past: History, reader: Reader) -> dict[str, str]:
    """Return the serials, by lineage, that the service has not been made to load."""
    serials = {}
    for request in wanted.requests:
        found = reader.inspect(request.lineage_name).certificate
        if found is not None and past.loaded.get(request.lineage_name) != found.serial:
            serials[request.lineage_name] = found.serial
    return serials if wanted.services else {}


def unloaded_by_own(wanted: Wanted, past: History, reader: Reader) -> dict[str, str]:
    """Return the serials, by lineage, of the operator's lines that their own services have not
    loaded; a line without services counts, so that a service which is named later is left alone.
    """
    serials = {}
    for request in wanted.requests:
        found = reader.inspect(request.lineage_name).certificate if request.is_extra else None
        if found is not None and past.own_loaded.get(request.lineage_name) != found.serial:
            serials[request.lineage_name] = found.serial
    return serials


def undeployed(wanted: Wanted, past: History, reader: Reader, now: float) -> dict[str, str]:
    """Return the serials, by lineage, that the operator's command is to deploy now."""
    command, deployed = wanted.delivery.deploy, past.deployed
    if not command or deployed is None:
        return {}
    serials = {}
    for request in wanted.requests:
        found, name = reader.inspect(request.lineage_name), request.lineage_name
        if not found.holds(request.names) or found.certificate is None:
            continue
        serial = found.certificate.serial
        if deployed.get(name) == serial:
            continue
        record = past.deployments.get(name, records.NOTHING)
        if not record.waits(records.digest(command, serial), now):
            serials[name] = serial
    return serials


def unsupplied(wanted: Wanted, places: Places, past: History, reader: Reader) -> list[str]:
    """Return the lineages whose files are not as the operator's options want them."""
    if not (wanted.delivery.wants_files or past.access or places.forms.is_dir()):
        return []
    from layer_lets_encrypt.passes.supply import Needs  # most units have no such options

    return Needs(wanted, places, reader).due(time.time())
