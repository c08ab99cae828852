"""The ways to prove that a name is ours, as a table."""

from __future__ import annotations

from typing import NamedTuple

_HTTP = ("--preferred-challenges", "http")
PLUGIN = "layer-lets-encrypt-dns"  # the name of ours at certbot
_NOTHING = "/bin/true"  # a hook of certbot's manual plugin that has nothing to do


class Challenge(NamedTuple):
    """One way: certbot's ``arguments``, and what it needs of the machine."""

    name: str
    arguments: tuple[str, ...]
    wildcards: bool = False  # it can validate *.example.com
    takes_port_80: bool = False  # certbot itself listens, so nobody else may
    wants_webroot: bool = False  # certbot leaves files in a folder that the service serves
    wants_thumbprint: bool = False  # the service itself answers, from the account's thumbprint
    open_port: str = ""  # the port that Juju must have open, "" for none
    method: str = "http-01"  # as the CA calls it

    @property
    def wants_dns(self) -> bool:
        """Whether records in the DNS answer the CA."""
        return self.method == "dns-01"

    @property
    def authenticator(self) -> str:
        """The certbot plugin that is used, as renewal files name it."""
        if self.arguments[0] == "--authenticator":
            return self.arguments[1]
        return self.arguments[0][2:]

    @property
    def wants_service(self) -> bool:
        """Whether the running service answers the CA."""
        return self.wants_webroot or self.wants_thumbprint

    def certbot_arguments(self, webroot: str, dns_config: str = "") -> list[str]:
        """Return certbot's arguments, with the folder or the plugin's file that it wants."""
        arguments = list(self.arguments)
        if self.wants_webroot:
            arguments += ["--webroot-path", webroot]
        if self.wants_dns:
            arguments += [f"--{PLUGIN}-config", dns_config]
        return arguments


STANDALONE = Challenge(
    name="standalone",
    arguments=("--standalone", *_HTTP),
    takes_port_80=True,
    open_port="80/tcp",
)

WEBROOT = Challenge(
    name="webroot",
    arguments=("--webroot", *_HTTP),
    wants_webroot=True,
    open_port="80/tcp",
)

STATELESS = Challenge(
    name="stateless",
    arguments=("--manual", *_HTTP, "--manual-auth-hook", _NOTHING,
               "--manual-cleanup-hook", _NOTHING),
    wants_thumbprint=True,
    open_port="80/tcp",
)  # fmt: skip

DNS = Challenge(
    name="dns",
    arguments=("--authenticator", PLUGIN, "--preferred-challenges", "dns"),
    wildcards=True,
    method="dns-01",
)

CHALLENGES = {challenge.name: challenge for challenge in (STANDALONE, WEBROOT, STATELESS, DNS)}
