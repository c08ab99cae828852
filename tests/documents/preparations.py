"""What must be there before a command of the documents can be typed: files that it names, the
state that its section speaks of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from world.playground import CA_FILE

from . import markdown, project
from .tables import DNS, KEY, KID, OLD, OPERATORS

if TYPE_CHECKING:
    from .reader import Reader

PUSH = '#!/bin/sh\n[ "$1" = --all ] && echo "$RENEWED_LINEAGE" >>/root/pushed\n'
SYSTEMCTL = '#!/bin/sh\n[ "$*" = "restart app" ] && touch /root/app-restarted\n'
ASLEEP = '#!/bin/sh\n[ "$1" != status ] || exit 3\n'  # an init script of a service that is stopped
DNS_OPTIONS = "acme-dns-provider,acme-dns-options,acme-dns-credentials"


def trust_the_ca(reader: Reader) -> None:
    """Instead of Let's Encrypt's, which every machine trusts."""
    reader.site.juju("config", "web", f"acme-ca-certificates=@{CA_FILE}")


def leave_a_certificate(reader: Reader) -> None:
    """One that nobody wants any more."""
    reader.site.config(acme_certificates=OLD)
    reader.site.juju("config", "web", "--reset", "acme-certificates")


def lines(reader: Reader) -> None:
    """The file with the lines that the section shows, and services of those names."""
    text = (project.ROOT / OPERATORS).read_text()
    (shown,) = [one for one in markdown.blocks(OPERATORS, text)
                if one.section == "More certificates" and one.language == "text"]  # fmt: skip
    reader.write("lines", shown.text)
    for name in ("postfix", "dovecot"):
        reader.world.write(f"/etc/init.d/{name}", ASLEEP, 0o755)


def no_more_lines(reader: Reader) -> None:
    """The lines are gone, and a CA is there that knows its customers."""
    reader.site.juju("config", "web", "--reset", "acme-certificates")
    reader.site.acme.bindings = {KID: KEY}
    reader.site.acme.restart()
    reader.write("key.txt", KEY)


def group(reader: Reader) -> None:
    reader.world.run(["sh", "-c", "getent group ssl-cert || groupadd ssl-cert"])


def passphrase(reader: Reader) -> None:
    reader.write("passphrase.txt", "correct-horse-battery")


def push_cert(reader: Reader) -> None:
    reader.world.write("/usr/local/sbin/push-cert", PUSH, 0o755)


def app(reader: Reader) -> None:
    """A world has no systemd: the service app is restarted by a program of that name."""
    reader.world.write("/usr/local/sbin/systemctl", SYSTEMCTL, 0o755)


def node_exporter(reader: Reader) -> None:
    reader.world.run(["mkdir", "-p", "/var/lib/prometheus/node-exporter"])


def back_from_dns(reader: Reader) -> None:
    """Another name, and no DNS provider any more."""
    reader.site.juju("config", "web", "--reset", f"acme-challenge,{DNS_OPTIONS},contact-email,fqdn")


def no_dns_options(reader: Reader) -> None:
    """Each section sets its own; those of the one before are gone."""
    reader.site.juju("config", "web", "--reset", "acme-dns-options")


def lexicon_of_ones_own(reader: Reader) -> None:
    """A provider to use it with; the environment is the same as what Debian has."""
    reader.world.run(["mkdir", "-p", "/opt/lexicon/bin"])
    reader.world.run(["ln", "-sf", "/usr/bin/python3", "/opt/lexicon/bin/python"])
    reader.secret = reader.site.juju("add-secret", "other", "auth-token=API-TOKEN").strip()
    reader.site.juju("grant-secret", "other", "web")
    reader.site.config(acme_dns_provider="cloudflare", acme_dns_credentials=reader.secret)


def no_such_secret(reader: Reader) -> None:
    """Another document has made one of the same name."""
    reader.site.juju("remove-secret", "cf")


OF: dict[str, Callable[[Reader], None]] = {
    "README.md: juju config web fqdn=www.example.com": trust_the_ca,
    "SECURITY.md: juju run web/0 lets-encrypt-delete name=NAME revoke=true": leave_a_certificate,
    f"{DNS}: juju config web acme-dns-provider=cloudflare acme-dns-credentials=secret:...":
        no_dns_options,
    f"{DNS}: juju config web acme-dns-provider=route53 acme-dns-credentials=secret:...":
        no_dns_options,
    "docs/migration.md: juju config web contact-email=admin@example.com acme-challenge=dns "
    "acme-dns-provider=cloudflare acme-dns-credentials=secret:...": no_dns_options,
    f"{DNS}: juju config web acme-dns-options='python: /opt/lexicon/bin/python'":
        lexicon_of_ones_own,
    "docs/migration.md: juju add-secret cf auth-token=API-TOKEN": no_such_secret,
    f"{OPERATORS}: juju expose web": back_from_dns,
    f"{OPERATORS}: juju config web acme-certificates=@lines": lines,
    f"{OPERATORS}: juju add-secret eab kid=KID hmac#file=key.txt": no_more_lines,
    f'{OPERATORS}: juju config web acme-files-access="root:ssl-cert 0640"': group,
    f"{OPERATORS}: juju add-secret web-pfx passphrase#file=passphrase.txt "
    "&& juju grant-secret web-pfx web": passphrase,
    f'{OPERATORS}: juju config web acme-deploy-command="/usr/local/sbin/push-cert --all"':
        push_cert,
    f"{OPERATORS}: juju config web acme-deploy-command=\"sh -c 'cp -rL \\\"\\$RENEWED_LINEAGE\\\" "
    "/srv/tls && systemctl restart app'\"": app,
    f"{OPERATORS}: juju config web acme-metrics-directory=/var/lib/prometheus/node-exporter":
        node_exporter,
}  # fmt: skip
