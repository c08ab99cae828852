"""Ways to get a certificate and to renew it: what people use without this layer.

All work for names of their own on the nginx that serves the charm's site, with their own folders
and a webroot of their own, and make nginx load what they got, as the layer does.
"""

from __future__ import annotations

from collections.abc import Collection

from outcome import BenchFailed
from world.acme import Acme
from world.world import World

WEBROOT = "/var/www/peers"
CHALLENGES = f"{WEBROOT}/.well-known/acme-challenge"
NAMES = {"certbot": "certbot.example.com", "dehydrated": "dehydrated.example.com",
         "uacme": "uacme.example.com"}  # fmt: skip
SITE = """\
server {{
    listen 80;
    server_name {names};
    root /var/www/html;
    location ^~ /.well-known/acme-challenge/ {{ root {webroot}; }}
}}
"""
SYSTEM_CAS = "/etc/ssl/certs/ca-certificates.crt"
STOP, START, RELOAD = (f"service nginx {verb}" for verb in ("stop", "start", "reload"))

CERTBOT = "/etc/peers/certbot"
DEHYDRATED = "/etc/peers/dehydrated"
DEHYDRATED_CONFIG = f"""\
CA="{Acme.directory}"
BASEDIR="{DEHYDRATED}"
WELLKNOWN="{CHALLENGES}"
KEY_ALGO=prime256v1
HOOK="{DEHYDRATED}/hook"
"""
DEHYDRATED_HOOK = f'#!/bin/sh\n[ "$1" != deploy_cert ] || {RELOAD}\n'
UACME = "/etc/peers/uacme"
UACME_HOOK = "/usr/share/uacme/uacme.sh"


def furnish(world: World, acme: Acme, names: Collection[str] = tuple(NAMES.values())) -> None:
    """Give nginx their names and folder, and the machine Pebble's CA to trust."""
    world.path(CHALLENGES).mkdir(parents=True)
    site = SITE.format(names=" ".join(names), webroot=WEBROOT)
    world.write("/etc/nginx/conf.d/peers.conf", site)
    world.run(["service", "nginx", "reload"])
    trusted = world.path(SYSTEM_CAS)
    trusted.write_text(trusted.read_text() + acme.ca_certificates)


class Peer:
    """One program: a command that gets or replaces the certificate, ``forced`` where it must be."""

    def __init__(self, world: World, name: str, label: str, path: str):
        self.name, self.label = name, label
        self._world, self._path = world, path
        self.ready = False

    def set_up(self) -> None:
        """Configuration and account, once."""
        raise NotImplementedError

    def command(self, forced: bool) -> str:
        """What an administrator would put into cron."""
        raise NotImplementedError

    def prepare(self) -> None:
        if not self.ready:
            self.set_up()
            self.ready = True

    def issue(self) -> None:
        self.execute(self.command(forced=False))

    def renew(self) -> None:
        self.execute(self.command(forced=True))

    def certificate(self) -> bytes:
        return self._world.run(["cat", self._path]).stdout.encode()

    def execute(self, command: str) -> None:
        """Run it as root's shell would. BenchFailed if it fails."""
        done = self._world.run(["/bin/sh", "-ec", command], check=False)
        if done.returncode:
            raise BenchFailed(f"{command}\nended with {done.returncode}:\n{done.stderr[-2000:]}")


class Certbot(Peer):
    """The distribution's certbot on port 80, nginx stopped and started by its hooks."""

    def __init__(self, world: World):
        path = f"{CERTBOT}/live/{NAMES['certbot']}/cert.pem"
        super().__init__(world, "certbot_standalone", "certbot, stop and start hooks", path)

    def set_up(self) -> None:
        self.execute(f"certbot register {_certbot_words()} --agree-tos "
                  "--register-unsafely-without-email")  # fmt: skip

    def command(self, forced: bool) -> str:
        return certbot_standalone(NAMES["certbot"]) + (" --force-renewal" if forced else "")


class Dehydrated(Peer):
    """A shell script with curl and openssl."""

    def __init__(self, world: World):
        path = f"{DEHYDRATED}/certs/{NAMES['dehydrated']}/cert.pem"
        super().__init__(world, "dehydrated_webroot", "dehydrated, webroot", path)

    def set_up(self) -> None:
        self._world.write(f"{DEHYDRATED}/config", DEHYDRATED_CONFIG)
        self._world.write(f"{DEHYDRATED}/hook", DEHYDRATED_HOOK, mode=0o755)
        self.execute(f"dehydrated --config {DEHYDRATED}/config --register --accept-terms")

    def command(self, forced: bool) -> str:
        words = f"dehydrated --config {DEHYDRATED}/config --cron --domain {NAMES['dehydrated']}"
        return words + (" --force" if forced else "")


class Uacme(Peer):
    """A small program in C."""

    def __init__(self, world: World):
        path = f"{UACME}/{NAMES['uacme']}/cert.pem"
        super().__init__(world, "uacme_webroot", "uacme, webroot", path)

    def set_up(self) -> None:
        self.execute(f"mkdir -p {UACME}; uacme -y -c {UACME} -a {Acme.directory} -t EC new")

    def command(self, forced: bool) -> str:
        words = f"uacme -c {UACME} -a {Acme.directory} -t EC -h {UACME_HOOK}"
        words += (" -f" if forced else "") + f" issue {NAMES['uacme']}"
        return f"export UACME_CHALLENGE_PATH={CHALLENGES}; {words}; {RELOAD}"


def certbot_standalone(name: str) -> str:
    """The command that the layer's standalone is compared with."""
    hooks = f"--pre-hook '{STOP}' --post-hook '{START}'"
    return f"certbot certonly {_certbot_words()} --standalone {hooks} --cert-name {name} -d {name}"


def certbot_webroot(name: str) -> str:
    """The command that the layer's other challenges are compared with."""
    way = f"--webroot --webroot-path {WEBROOT} --deploy-hook '{RELOAD}'"
    return f"certbot certonly {_certbot_words()} {way} --cert-name {name} -d {name}"


def _certbot_words() -> str:
    folders = f"--config-dir {CERTBOT} --work-dir {CERTBOT}/work --logs-dir {CERTBOT}/logs"
    return f"--non-interactive {folders} --server {Acme.directory}"


def all_of_them(world: World) -> list[Peer]:
    """The reference for the gap first."""
    return [Certbot(world), Dehydrated(world), Uacme(world)]
