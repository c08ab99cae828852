"""Where files are: certbot's, the layer's own ones of a unit, and what ships with the layer."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from layer_lets_encrypt.rules.request import Request

CONFIG_DIR = Path("/etc/letsencrypt")
DHPARAM = CONFIG_DIR / "dhparam.pem"
PARTS = ("cert", "chain", "fullchain", "privkey")
STATE_DIR = Path("/var/lib/layer-lets-encrypt")
LOG_DIR = Path("/var/log/layer-lets-encrypt")
SNIPPET_DIR = Path("/etc/layer-lets-encrypt")

# What ships with the layer, in a charm's folder
LIBRARY = Path(__file__).resolve().parents[2]
TEMPLATES = LIBRARY.parent / "templates" / "lets-encrypt"
DNS_PLUGIN = LIBRARY.parent / "certbot-plugin"


def live_paths(name: str, config_dir: Path = CONFIG_DIR) -> dict[str, str]:
    """Return certbot's public paths of a lineage, keyed cert, chain, fullchain, privkey."""
    return {part: str(config_dir / "live" / name / (part + ".pem")) for part in PARTS}


def places(name: str, config_dir: Path = CONFIG_DIR) -> tuple[Path, Path, Path]:
    """Return where a lineage lives: its live folder, archive folder and renewal file."""
    conf = config_dir / "renewal" / (name + ".conf")
    return config_dir / "live" / name, config_dir / "archive" / name, conf


class Places(NamedTuple):
    """The layer's own files of one unit."""

    state: Path
    logs: Path

    @classmethod
    def of(cls, unit: str) -> Places:
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
    def shared(self) -> Path:
        """The folder in which secrets are put together: for root alone, and empty between hooks."""
        return self.state / "shared"

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

    @property
    def forms(self) -> Path:
        """The folder of other forms of certificates, in a folder for each lineage."""
        return self.snippets / "certificates"

    @property
    def status(self) -> Path:
        """What the unit's status was before steps of long work were shown."""
        return self.state / "status-before.json"

    @property
    def expiry(self) -> Path:
        """The validity of certificates, for Nagios' plugin to read."""
        return self.snippets / "expiry.json"

    @property
    def delivered(self) -> Path:
        """What was done for the files of each lineage; may be lost."""
        return self.state / "delivered.json"

    @property
    def passphrase(self) -> Path:
        """The passphrase of PFX files: for root alone."""
        return self.state / "pfx-passphrase.json"

    @property
    def eab(self) -> Path:
        """certbot's settings for the external account binding: for root alone."""
        return self.state / "eab.ini"

    def dns_config(self, request: Request) -> Path:
        """The plugin's file with the credentials of the request's zones: for root alone."""
        return self.state / (f"dns-{request.lineage_name}.json" if request.dns else "dns.json")

    def dns_configs(self) -> list[Path]:
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
