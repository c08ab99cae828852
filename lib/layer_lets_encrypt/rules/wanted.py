"""What a unit wants, where it keeps its files, and how the two compare: reads only."""

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from layer_lets_encrypt.certificates.account import Account
from layer_lets_encrypt.certificates.lineage import Lineage, Reader
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules import dns_options, plan, records
from layer_lets_encrypt.rules.challenge import CHALLENGES, Challenge
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.schedule import USUAL_GAP

STATE_DIR = Path("/var/lib/layer-lets-encrypt")
LOG_DIR = Path("/var/log/layer-lets-encrypt")
SNIPPET_DIR = Path("/etc/layer-lets-encrypt")
PER_NAME = 120  # seconds for one record, with repetitions
WEBROOT = STATE_DIR / "webroot"  # where the author names no other


@dataclass(frozen=True)
class Wanted:
    """All that a unit wants: certificates, from whom, proven how, for which service."""

    requests: Tuple[Request, ...]
    account: Account
    challenge: Challenge
    service_name: str = ""
    reload_services: Tuple[str, ...] = ()
    webroot: str = str(WEBROOT)
    propagation: int = 0  # seconds for which the DNS may be waited for
    dns: str = ""  # the operator's DNS options, so that a change of them is noticed
    soft_checks: bool = True  # whether a doubt about the CA's way to port 80 delays an order
    extra_wait: int = 0  # seconds after the name servers have a record, by the operator
    gap: Optional[float] = USUAL_GAP  # seconds between scheduled renewals; None: none wanted

    def challenge_of(self, request: Request) -> Challenge:
        """Return the request's own challenge, or else the unit's."""
        return CHALLENGES.get(request.challenge, self.challenge)

    @functools.cached_property
    def patience(self) -> int:
        """Seconds that certbot's plugin may take, at most, to bring records into the DNS."""
        using = [wish for wish in self.requests if self.challenge_of(wish).wants_dns]
        return max((self.patience_for(wish) for wish in using), default=0)

    def patience_for(self, request: Request) -> int:
        """Seconds that the plugin may take, at most, for one certificate."""
        propagation = self.propagation
        if request.dns:  # it has no part in the operator's settings
            propagation = dns_options.propagation_of(json.loads(request.dns).get("propagation"))
            return 2 * propagation + PER_NAME * len(request.names)
        return 2 * propagation + self.extra_wait + PER_NAME * len(request.names)

    @property
    def services(self) -> Tuple[str, ...]:
        """The services that load certificates, the one that visitors see first."""
        return tuple(dict.fromkeys(filter(None, (self.service_name, *self.reload_services))))


@dataclass(frozen=True)
class Places:
    """The layer's own files of one unit."""

    state: Path
    logs: Path

    @classmethod
    def of(cls, unit: str) -> "Places":
        """Return the places of the unit called ``unit``, such as web/0."""
        folder = unit.replace("/", "-")
        return cls(STATE_DIR / folder, LOG_DIR / folder)

    @property
    def history(self) -> Path:
        return self.state / "history.json"

    @property
    def journal(self) -> Path:
        return self.state / "journal.json"

    @property
    def facts(self) -> Path:
        return self.state / "facts.json"

    @property
    def scheduler(self) -> Path:
        """What was turned off for all units of the machine."""
        return self.state.parent / "scheduler-off.json"

    @property
    def marker(self) -> Path:
        return self.state / "renew-requested"

    @property
    def script(self) -> Path:
        return self.state / "renew"

    @property
    def ran(self) -> Path:
        """When cron has last run the script: a number of seconds."""
        return self.state / "schedule-ran"

    @property
    def scheduled(self) -> Path:
        """Since when cron should run the script: a number of seconds."""
        return self.state / "schedule-since"

    @property
    def renewal_info(self) -> Path:
        """What the CA has said about when to renew; may be lost."""
        return self.state / "renewal-info.json"

    @property
    def snippets(self) -> Path:
        """The folder of what web servers include; its path is known to charms."""
        return SNIPPET_DIR / self.state.name

    def dns_config(self, request: Request) -> Path:
        """The plugin's file with the credentials of the request's zones: for root alone."""
        return self.state / (f"dns-{request.lineage}.json" if request.dns else "dns.json")

    def dns_configs(self) -> List[Path]:
        """All files of the plugin that are there, the operator's first."""
        found = sorted(self.state.glob("dns*.json"), key=lambda path: (len(path.name), path.name))
        return [path for path in found if path != self.dns_journal]

    @property
    def dns_journal(self) -> Path:
        """What the plugin has published and not yet removed."""
        return self.state / "dns-published.json"

    @property
    def ca_bundle(self) -> Path:
        return self.state / "acme-ca.pem"


def survey(
    wanted: Wanted,
    past: History,
    reader: Reader,
    now: float,
    renewing: bool,
    advised: Callable[[Lineage], Optional[float]] = lambda lineage: None,
) -> List[Decision]:
    """Decide about every wanted certificate from what is on disk.

    ``advised`` tells the moment at which the CA wants one renewed.
    """
    decisions, common = [], _common(wanted)
    for request in wanted.requests:
        found = reader.inspect(request.lineage)
        record = past.of(request.lineage)
        server = wanted.account.server
        asked = _digest(common, wanted, request) if record.failures else ""
        decided = plan.decide(
            request, found, record, server, asked, now, renewing, advised(found), wanted.gap
        )
        if decided.action != plan.KEEP and not asked:  # nobody needs the others'
            decided = replace(decided, asked=_digest(common, wanted, request))
        decisions.append(decided)
    return decisions


def _common(wanted: Wanted) -> str:
    account = wanted.account
    return records.digest(account.server, account.email, account.ca_certificates)


def _digest(common: str, wanted: Wanted, request: Request) -> str:
    """Return what tells this request from a changed one; quick, since there may be thousands."""
    challenge = wanted.challenge_of(request)
    parts = [common, challenge.name, request.key_type, *sorted(request.names)]
    if challenge.wants_dns:
        parts += [wanted.dns, request.dns]
    return records.fingerprint("\0".join(parts))


def dns_is_left(places: Places) -> bool:
    """Whether records may still be published that nobody needs any more."""
    return bool(files.read_json(places.dns_journal, []))


def contact_is_due(wanted: Wanted, past: History) -> bool:
    """Whether the account's contact differs from what is wanted; an unknown one does not."""
    known = past.contacts.get(wanted.account.server)
    return known is not None and known != (wanted.account.email or "")


def unloaded(wanted: Wanted, past: History, reader: Reader) -> Dict[str, str]:
    """Return the serials, by lineage, that the service has not been made to load."""
    serials = {}
    for request in wanted.requests:
        found = reader.inspect(request.lineage).found
        if found is not None and past.loaded.get(request.lineage) != found.serial:
            serials[request.lineage] = found.serial
    return serials if wanted.services else {}
