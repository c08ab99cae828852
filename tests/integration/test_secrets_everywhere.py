"""A secret in every place where one may be set: found in its own file for root, and nowhere else.

Each place has a marker of its own, which takes part in a good order or is refused, in every form
that the option has. While all that happens, a watcher reads the command lines of all processes.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from world.acme_dns import AcmeAndPowerDns
from world.dns_servers import API_KEY
from world.site import STATE, UNIT, Site, open_site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

NAME, OTHER, OWN = "any.example.org", "other.example.net", "own.example.net"
POWERDNS = "pdns_server: http://127.0.0.2:8081\nttl: 1"
BACKUP = "/var/backups/mine.tar.gz"
WATCH = str(Path(__file__).with_name("watch_commands.py"))
WATCHED = "/root/commands.json"
BEGAN = "/root/operator/began"
FOLDERS = ("/etc", "/home", "/opt", "/root", "/run", "/srv", "/tmp", "/usr/local", "/var")
# the model of Juju and the servers of the world are none of the unit's; /root/operator is ours
NOT_THE_UNITS = ("/root/operator/", "/var/log/world", "/var/lib/world-",
                 "/var/lib/juju/controller/")  # fmt: skip

# charmhelpers keeps options as they are written, and what a charm requests, for root alone, too
JUJUS_OWN = ("/.juju-persistent-config", "/.unit-state.db")
# where each may be: below STATE, in a file for root alone
FILES = {
    "eabtext": ("eab.ini",), "eabhalf": (), "eabsecret": ("eab.ini",),
    "dnssecret": ("dns.json",), "dnstext": ("dns.json",), "dnsoptions": ("dns.json",),
    "dnsurl": ("dns.json",),
    "tenant": (f"dns-{OWN}.json",),
    "pfxtext": ("pfx-passphrase.json",), "pfxsecret": ("pfx-passphrase.json",),
    "proxy": (), "server": (), "pastedkey": (),
}  # fmt: skip
MARKER = re.compile(r"planted([a-z]+)Xq7")


def marker(place: str) -> str:
    """The text used as a secret; long enough for a key, and base64."""
    assert place in FILES
    return f"planted{place}Xq7".ljust(64, "A")


class Traces:
    """All that could be seen of a unit while secrets were set, one after the other."""

    def __init__(self, site: Site):
        self.site = site
        self.said = ""  # statuses, actions' results, the log
        self.commands: list[str] = []  # command lines of all processes
        self.files: dict[str, set[str]] = {}  # by place
        self.modes: dict[str, str] = {}
        self.archive = b""
        site.world.write(BEGAN, "")

    def look(self) -> None:
        """Note what the unit says now, and which files hold a secret."""
        self.said += json.dumps(self.site.unit())
        changed = ["-xdev", "-type", "f", "-cnewer", BEGAN]
        grep = ["-exec", "grep", "-aoHE", MARKER.pattern, "{}", "+"]
        found = self.site.world.run(["find", *FOLDERS, *changed, *grep], check=False)
        for line in found.stdout.splitlines():
            path, _, text = line.rpartition(":")
            if not path.startswith(NOT_THE_UNITS):
                place = MARKER.fullmatch(text)
                assert place is not None
                self.files.setdefault(place[1], set()).add(path)
                self.modes[path] = self.site.world.run(["stat", "-c", "%U %a", path]).stdout.strip()

    def config(self, **options: str) -> None:
        """Set options from files, so that no command line of ours has a secret; then look."""
        for option, value in options.items():
            self.site.world.write(f"/root/operator/{option}", value)
        words = {option: f"@/root/operator/{option}" for option in options}
        self.site.config(**words)
        self.look()

    def secret(self, name: str, **content: str) -> str:
        """Add a secret and grant it; returns its id."""
        for key, value in content.items():
            self.site.world.write(f"/root/operator/{name}-{key}", value)
        pairs = [f"{key.replace('_', '-')}#file=/root/operator/{name}-{key}" for key in content]
        identifier = self.site.juju("add-secret", name, *pairs).strip()
        self.site.juju("grant-secret", name, "web")
        return identifier

    def fine(self) -> None:
        """Go on when nothing is to be done any more; an action does not wait for slow servers."""
        for _ in range(5):
            if self.site.status() == ("active", "serving https"):
                return
            self.act("renew")
        raise AssertionError(self.site.status(), self.site.log()[-3000:])

    def act(self, action: str, *words: str) -> None:
        self.said += self.site.juju("run", UNIT, f"lets-encrypt-{action}", *words, check=False)
        self.look()


@pytest.fixture(scope="module")
def traces() -> Iterator[Traces]:
    with open_site(ca=AcmeAndPowerDns) as site:
        seen = Traces(site)
        site.acme.bindings = {"kid-1": marker("eabsecret")}
        site.acme.restart()
        watch = site.world.popen(["/usr/bin/python3", "-I", "-B", WATCH, WATCHED])
        set_the_account(seen)
        set_dns(seen)
        set_a_tenant(seen)
        set_files(seen)
        set_what_holds_no_secrets(seen)
        site.world.signal(watch, signal.SIGTERM)
        watch.wait(timeout=60)
        seen.commands = json.loads(site.read(WATCHED))
        set_a_proxy(seen)
        seen.said += site.juju("debug-log", "-n", "1000000")
        yield seen


def set_the_account(seen: Traces) -> None:
    """A pair that the CA does not know, half a secret, and the right one."""
    seen.site.trust_the_ca()
    seen.config(acme_challenge="dns", acme_dns_provider="powerdns", acme_dns_options=POWERDNS,
                acme_dns_credentials=f"auth_token: {API_KEY}", fqdn=NAME,
                acme_eab=f"kid-2:{marker('eabtext')}")  # fmt: skip
    assert "acme-eab" in seen.site.status()[1], seen.site.status()
    seen.config(acme_eab=seen.secret("half", hmac=marker("eabhalf")))
    assert "key identifier" in seen.site.status()[1]
    seen.config(acme_eab=seen.secret("eab", kid="kid-1", hmac=marker("eabsecret")))
    seen.fine()
    assert seen.site.served(NAME).names == (NAME,)
    assert not seen.site.exists(f"{STATE}/eab.ini"), "the account is open"


def set_dns(seen: Traces) -> None:
    """Credentials that the provider refuses: as secret, as text, among the options, in a URL."""
    identifier = seen.secret("dns", auth_token=marker("dnssecret"))
    seen.config(acme_dns_credentials=identifier, fqdn=OTHER)
    assert "401" in seen.site.status()[1], seen.site.status()
    seen.act("check")
    seen.config(acme_dns_credentials=f"auth_token: {marker('dnstext')}")
    assert "401" in seen.site.status()[1]
    seen.config(acme_dns_credentials=f"auth_token: {API_KEY}",
                acme_dns_options=f"{POWERDNS}\nauth_token: {marker('dnsoptions')}")  # fmt: skip
    url = f"http://user:{marker('dnsurl')}@127.0.0.2:8099"
    seen.config(acme_dns_options=f"pdns_server: {url}\nttl: 1")
    seen.act("renew", "force=true")
    assert seen.site.status()[0] != "active"
    seen.config(acme_dns_options=POWERDNS)
    seen.fine()
    assert seen.site.served(OTHER).names == (OTHER,)


def set_a_tenant(seen: Traces) -> None:
    """A request of the charm with credentials of its own."""
    dns = {"provider": "powerdns", "options": {"pdns_server": "https://dns.example.net"},
           "credentials": {"auth_token": marker("tenant")}}  # fmt: skip
    entries = [{"fqdn": [OWN], "challenge": "dns", "dns": dns}]
    call = f"lets_encrypt.set_requested_certificates({entries})"
    seen.site.world.write("/root/operator/request.py",
                          f"from charms.layer import lets_encrypt\n{call}")  # fmt: skip
    seen.site.change("exec(open('/root/operator/request.py').read())")
    seen.site.hook()
    seen.look()
    assert OWN in seen.site.log()
    seen.site.change(
        "from charms.layer import lets_encrypt; lets_encrypt.set_requested_certificates([])")


def set_files(seen: Traces) -> None:
    """The passphrase of PFX files, in both forms; actions and a text file for monitoring."""
    seen.site.world.run(["mkdir", "-p", "/var/lib/metrics"])
    seen.config(acme_formats="pfx combined", acme_pfx_passphrase=marker("pfxtext"),
                acme_metrics_directory="/var/lib/metrics")  # fmt: skip
    seen.config(acme_pfx_passphrase=seen.secret("pfx", passphrase=marker("pfxsecret")))
    seen.act("renew", "force=true")
    seen.fine()
    seen.act("certificates", "format=json")
    seen.act("deploy")
    seen.act("export", f"name={OTHER}", "path=/root/other.pfx")
    seen.act("backup", f"path={BACKUP}")
    seen.archive = seen.site.world.run(["tar", "-xzOf", BACKUP], text=False).stdout
    seen.said += seen.site.world.run(["tar", "-tzf", BACKUP]).stdout


def set_what_holds_no_secrets(seen: Traces) -> None:
    """A password in the CA's address, and a private key among its certificates."""
    seen.config(acme_server=f"https://user:{marker('server')}@ca.example.com/directory")
    assert seen.site.status()[0] == "blocked"
    key = f"-----BEGIN PRIVATE KEY-----\n{marker('pastedkey')}\n-----END PRIVATE KEY-----\n"
    seen.config(acme_server=seen.site.acme.directory,
                acme_ca_certificates=key + seen.site.acme.ca_certificates)  # fmt: skip


def set_a_proxy(seen: Traces) -> None:
    """A proxy with a password that does not answer, on the way to a CA elsewhere."""
    proxy = f"http://user:{marker('proxy')}@127.0.0.1:9"
    seen.site.juju("model-config", f"juju-https-proxy={proxy}")
    seen.config(acme_server="https://ca.firm.example/directory")
    assert "127.0.0.1:9" in seen.site.status()[1], seen.site.status()
    seen.act("renew", "force=true")


@pytest.mark.parametrize("place", FILES)
def test_it_is_in_its_file_for_root_alone_and_nowhere_else(traces: Traces, place: str) -> None:
    text = marker(place)[: len(place) + 10]
    assert text not in traces.said
    assert not [words for words in traces.commands if text in words]
    assert text.encode() not in traces.archive
    found = traces.files.get(place, set())
    own = {f"{STATE}/{file}" for file in FILES[place]}
    others = {path for path in found - own if not path.endswith(JUJUS_OWN)}
    assert others == set()
    assert {traces.modes[path] for path in found} <= {"root 600"}
    assert own <= found | {f"{STATE}/eab.ini"}, "it was used"


def test_what_was_looked_at_is_what_secrets_pass_through(traces: Traces) -> None:
    assert any("certbot" in words and "certonly" in words for words in traces.commands)
    assert any("register" in words for words in traces.commands)
    assert any("pkcs12" in words for words in traces.commands)
    assert "lets-encrypt" in traces.said and OTHER in traces.said
    assert b"BEGIN PRIVATE KEY" in traces.archive
