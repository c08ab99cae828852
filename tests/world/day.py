"""An operator's day, from the first certificates to a new machine: `make demo STORY=day`.

The steps are in ``STEPS``, in their order; each does what an operator does, looks at what came of
it, and raises DayFailed (or WorldError, OSError) if that is not what the documents promise. The
integration test runs the same steps.
"""

from __future__ import annotations

import re

from .as_operator import DayFailed, Operator, Say, expect
from .clock import Clock
from .cron import Cron
from .lets_encrypt import HERE, LetsEncrypt
from .probe import Seen, look
from .site import CRON_FILE, Site, open_site

WEB, MAIL, LDAP, SHOP = (f"{host}.example.com" for host in ("www", "smtp", "ldap", "shop"))
FIRST = f"{MAIL} imap.example.com\n{LDAP} key-type=rsa\n{SHOP}\n"
GROWN = FIRST.replace("imap", "imap.example.com pop", 1)
REST = GROWN.replace(f"{LDAP} key-type=rsa\n", "")
FORMS = f"/etc/layer-lets-encrypt/web-0/certificates/{SHOP}"
SHOP_PORT = 8443
HAPROXY = f"""\
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend shop
    bind 127.0.0.1:{SHOP_PORT} ssl crt {FORMS}/combined.pem
    http-request return status 200
"""
PUSH = """\
#!/bin/sh
[ ! -e /root/balancer-is-full ] || { echo the balancer is full; exit 7; }
echo "$RENEWED_LINEAGE" >>/root/pushed
"""
PASSPHRASE = "correct-horse-battery"  # noqa: S105
KID, KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
METRICS = "/var/lib/prometheus/node-exporter"
BACKUP = "/var/backups/web.tar.gz"
SAMPLE = re.compile(r'lets_encrypt_certificate_(\w+)\{name="([^"\\]+)",unit="web/0"\} ([0-9.e+]+)')


class Day(Operator):
    """One machine on its day."""

    def __init__(self, site: Site, say: Say, show: Say):
        super().__init__(site, say, show)
        self.authority = LetsEncrypt(site.acme, port=SHOP_PORT + 1)
        self.clock = Clock(site.world)

    def at_haproxy(self) -> Seen:
        """The certificate that haproxy serves, verified for the name."""
        return look(SHOP, self.site.acme.root(), SHOP_PORT, self.world.connect)

    def four_certificates(self) -> None:
        """A certificate for the site, and three more by lines."""
        self.site.acme.dns.default(HERE)
        self.authority.__enter__()
        self.world.write("/root/ca.pem", self.site.acme.ca_certificates)
        proxies = (f"juju-https-proxy={self.authority.proxy}", "juju-no-proxy=127.0.0.1")
        self.juju("model-config", *proxies)
        self.juju("config", "web", "acme-ca-certificates=@/root/ca.pem", "acme-challenge=webroot")
        self.juju("config", "web", f"fqdn={WEB}")
        self.lines(FIRST)
        expect(self.site.lineages(), sorted([WEB, MAIL, LDAP, SHOP]), "certificates")
        expect(self.site.served(WEB).names, (WEB,), "what https shows")
        expect(self.authority.orders("production"), 4, "orders")
        self.healthy()

    def one_grows(self) -> None:
        """A line grows a name: one order, and the others stay."""
        before, orders = self.serials(), self.orders()
        self.lines(GROWN)
        changed = {name for name, serial in self.serials().items() if before.get(name) != serial}
        expect((changed, self.orders() - orders), ({MAIL}, 1), "what was ordered")
        self.healthy()

    def one_is_removed(self) -> None:
        """A line is removed: nothing is ordered or revoked, and an action deletes what is left."""
        orders = self.orders()
        self.lines(REST)
        expect((LDAP in self.site.lineages(), self.orders()), (True, orders), "what is kept")
        self.action("delete", f"name={LDAP}")
        expect(LDAP in self.site.lineages(), False, "the deleted certificate")
        self.healthy()

    def staging_and_back(self) -> None:
        """An order is tried at the staging side; then the unit uses it, and comes back."""
        before = self.authority.orders("production")
        told = self.action("check", f"names={WEB}")
        if "the staging side of Let's Encrypt has issued" not in " ".join(told.split()):
            raise DayFailed(f"no order from the staging side: {told}")
        expect(self.authority.orders("production"), before, "orders of production")
        self.juju("config", "web", "acme-server=staging")
        expect(self.authority.orders("staging"), 4, "orders of staging")
        self.healthy()
        self.juju("config", "web", "--reset", "acme-server")
        expect(self.authority.orders("production"), before + 3, "orders of production")
        self.healthy()

    def files_for_services(self) -> None:
        """A service that is not root reads its key; PFX for another, one PEM for haproxy."""
        self.world.write("/root/passphrase", PASSPHRASE, 0o600)
        secret = self.juju("add-secret", "pfx", "passphrase#file=/root/passphrase").strip()
        self.juju("grant-secret", "pfx", "web")
        orders = self.orders()
        self.juju("config", "web", "acme-files-access=root:www-data 0640",
                  "acme-formats=pfx combined", f"acme-pfx-passphrase={secret}")  # fmt: skip
        expect(self.orders(), orders, "orders")
        names = self.on_the_unit(
            f"openssl pkcs12 -in {FORMS}/certificate.pfx -passin file:/root/passphrase -nokeys "
            "-clcerts | openssl x509 -noout -ext subjectAltName")  # fmt: skip
        expect(f"DNS:{SHOP}" in names, True, "the name in the PFX file")
        reader = "setpriv --reuid=www-data --regid=www-data --clear-groups"
        key = f"/etc/letsencrypt/live/{SHOP}/privkey.pem"
        self.on_the_unit(f"{reader} openssl pkey -noout -in {key}")
        self.world.write("/etc/haproxy/haproxy.cfg", HAPROXY)
        self.on_the_unit("service haproxy start")
        self.until(self._haproxy_answers, 30, "haproxy serves combined.pem")
        self.lines(REST.replace(SHOP, f"{SHOP} reload=haproxy"))
        self.healthy()

    def _haproxy_answers(self) -> bool:
        try:
            return self.at_haproxy().names == (SHOP,)
        except OSError:
            return False

    def a_deployment_fails(self) -> None:
        """A command fails once; the next attempt comes by itself, and nothing is ordered for it."""
        self.world.write("/usr/local/sbin/push-cert", PUSH, 0o755)
        self.juju("config", "web", "acme-deploy-command=/usr/local/sbin/push-cert")
        self.on_the_unit("touch /root/balancer-is-full")
        self.action("renew", f"names={WEB}", "force=true", check=False, most=1)
        self.blocked("acme-deploy-command ended with exit code 7", "the balancer is full")
        expect(self.site.exists("/root/pushed"), False, "a failed deployment has deployed")
        orders = self.orders()
        self.on_the_unit("rm /root/balancer-is-full")
        self.say("two minutes later, by the unit's clock, a hook comes along")
        self.clock.shift(seconds=120)
        self.site.hook()
        self.clock.back()
        expect(self.site.read("/root/pushed").split(), [f"/etc/letsencrypt/live/{WEB}"], "deployed")
        expect(self.orders(), orders, "orders")
        self.healthy()

    def monitoring(self) -> None:
        """Prometheus' node exporter finds a text file."""
        self.on_the_unit(f"mkdir -p {METRICS}")
        self.juju("config", "web", f"acme-metrics-directory={METRICS}")
        path = f"{METRICS}/layer-lets-encrypt-web-0.prom"
        self.on_the_unit(f"grep not_after {path}")
        text = self.site.read(path)
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        found = [SAMPLE.fullmatch(line) for line in lines]
        expect(all(found), True, "each line is a sample")
        ready = {one[2]: one[3] for one in found if one and one[1] == "ready"}
        expect(ready, dict.fromkeys((WEB, MAIL, SHOP), "1"), "certificates that are ready")
        self.healthy()

    def cron_renews(self) -> None:
        """The schedule is changed, and the real cron daemon obeys it when 61 days have gone by."""
        self.juju("config", "web", "acme-renew-schedule=* * * * *")
        self.on_the_unit(f"tail -n 1 {CRON_FILE}")
        web, shop, orders = self.site.served(WEB), self.at_haproxy(), self.orders()
        self.say("61 days later by the unit's clock; the real cron runs, six times as fast")
        self.clock.shift(days=61)
        with Cron(self.world, speed=6) as cron:
            self.until(lambda: cron.check() or self.orders() == orders + 3, 240, "cron renews")
        self.clock.back()
        self.site.juju("settle")
        expect(self.site.served(WEB).serial != web.serial, True, "https shows the new one")
        self.until(lambda: self.at_haproxy().serial != shop.serial, 30, "haproxy has reloaded")
        self.juju("config", "web", "--reset", "acme-renew-schedule")
        self.healthy()

    def a_ca_that_binds_accounts(self) -> None:
        """Another CA, which knows its customers: it wants an external account binding."""
        self.say("a CA that demands an external account binding")
        self.site.acme.bindings = {KID: KEY}
        self.site.acme.restart()
        self.juju("config", "web", f"acme-server={self.site.acme.directory}")
        self.blocked("external account binding", "acme-eab")
        self.world.write("/root/hmac", KEY, 0o600)
        secret = self.juju("add-secret", "eab", f"kid={KID}", "hmac#file=/root/hmac").strip()
        self.juju("grant-secret", "eab", "web")
        self.juju("config", "web", f"acme-eab={secret}")
        self.healthy()
        expect(self.site.served(WEB).names, (WEB,), "what https shows")

    def the_other_actions(self) -> None:
        """What there is; nothing is due; deployed again; exported."""
        orders = self.orders()
        told = self.action("certificates", "format=table")
        expect(all(name in told for name in (WEB, MAIL, SHOP)), True, "all are told")
        self.action("renew", most=2)
        self.action("deploy", f"names={SHOP}")
        self.action("export", f"name={SHOP}", "format=combined", "path=/root/shop.pem")
        expect(self.site.read("/root/shop.pem"), self.site.read(f"{FORMS}/combined.pem"), "export")
        expect(self.orders(), orders, "orders")

    def a_new_machine(self) -> None:
        """All of it moves to another machine: one backup, restored there without an order."""
        self.action("backup", f"path={BACKUP}")
        archive = self.world.path(BACKUP).read_bytes()
        serials, server = self.serials(), self.site.juju("config", "web", "acme-server").strip()
        with open_site() as other:
            there = Day(other, self.say, self.show)
            self.say("a fresh machine, and the archive copied to it with juju scp")
            other.world.write(BACKUP, archive, 0o600)
            there.action("restore", f"path={BACKUP}")
            there.world.write("/root/lines", REST)
            settings = [f"acme-server={server}"] if server else []
            there.juju("config", "web", f"fqdn={WEB}", "acme-certificates=@/root/lines", *settings)
            there.healthy()
            expect((there.serials(), there.orders()), (serials, 0), "certificates and orders there")
            there.show(other.juju("status"))


STEPS = [
    Day.four_certificates,
    Day.one_grows,
    Day.one_is_removed,
    Day.staging_and_back,
    Day.files_for_services,
    Day.a_deployment_fails,
    Day.monitoring,
    Day.cron_renews,
    Day.a_ca_that_binds_accounts,
    Day.the_other_actions,
    Day.a_new_machine,
]
