"""The machine's settings for certbot, and those of a lineage: none changes what is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from world.site import Site, open_site

CLI_INI = "/etc/letsencrypt/cli.ini"
OTHER_INI = "/root/.config/letsencrypt/cli.ini"
PACKAGES = "max-log-backups = 0\n"  # what Debian's package brings
HOSTILE = """
authenticator = webroot
webroot-path = /nowhere
pre-hook = service nginx stop
post-hook = touch /ran
deploy-hook = touch /ran
domains = other.example.com
cert-name = other.example.com
server = https://ca.example/dir
email = other@firm.example
account = 0123
key-type = rsa
rsa-key-size = 4096
reuse-key = True
must-staple = True
preferred-chain = Other
preferred-challenges = dns
allow-subset-of-names = True
dry-run = True
http-01-port = 8080
config-dir = /elsewhere
work-dir = /elsewhere
logs-dir = /elsewhere
max-log-backups = many
no-such-setting = 1
"""


@pytest.fixture(scope="module", params=["apt", pytest.param("newest", marks=pytest.mark.slow)])
def shared(request: pytest.FixtureRequest) -> Iterator[Site]:
    with open_site(certbot=request.param) as opened:
        yield opened


@pytest.fixture
def site(shared: Site) -> Site:
    """The package's settings, and no certificate wanted; each test wants a name of its own."""
    shared.world.write(CLI_INI, PACKAGES)
    shared.world.path(OTHER_INI).unlink(missing_ok=True)
    shared.want("", acme_challenge="stateless")
    return shared


def is_in_order(site: Site, name: str) -> bool:
    """The unit has the certificate, from the CA that was asked, and no hook has run."""
    assert site.status() == ("active", "serving https")
    assert not site.exists("/ran")
    assert not site.exists("/elsewhere")
    return [one for one in site.lineages() if name in one] == [name]


def test_no_cli_ini_counts(site: Site) -> None:
    name = "machine.example.com"
    for path in (CLI_INI, OTHER_INI):
        site.world.write(path, HOSTILE)
    pid = site.nginx_pid()
    site.config(fqdn=name)
    assert is_in_order(site, name)
    first, before = site.served(name), site.counts()
    site.config(contact_email="new@firm.example")
    assert (site.counts() - before).accounts_updated == 1
    site.world.write(CLI_INI, "[[[ \0 = = never closed\n")
    site.juju("run", "web/0", "lets-encrypt-renew", "force=true")
    assert is_in_order(site, name)
    assert site.served(name).serial != first.serial
    assert (site.counts() - before).orders == 1
    assert site.nginx_pid() == pid
    conf = site.read(f"/etc/letsencrypt/renewal/{name}.conf")
    for saved in ("hook = service", "rsa_key_size", "must_staple", "reuse_key = True"):
        assert saved not in conf


def test_what_a_lineage_has_saved_does_not_count_either(site: Site) -> None:
    name = "saved.example.com"
    site.config(fqdn=name)
    conf = f"/etc/letsencrypt/renewal/{name}.conf"
    saved = """pre_hook = touch /ran
post_hook = touch /ran
renew_hook = touch /ran
reuse_key = True
must_staple = True
rsa_key_size = 4096
preferred_chain = Other
http01_port = 8080
autorenew = False
account = 0123
"""
    text = "".join(line for line in site.read(conf).splitlines(keepends=True)
                   if not line.startswith("account"))  # fmt: skip
    site.world.write(conf, text + saved)
    old, before = site.served(name), site.counts()
    request = "from charms.layer import lets_encrypt; lets_encrypt.set_requested_certificates"
    site.config(fqdn="")
    site.change(f"{request}([{{'fqdn': ['{name}'], 'key-type': 'rsa'}}])")
    site.hook()
    site.change(f"{request}([])")
    site.config(fqdn=name)
    assert (site.counts() - before).orders == 1
    assert is_in_order(site, name)
    assert site.served(name).serial != old.serial
    assert "touch" not in site.read(conf)


@pytest.mark.parametrize("shared", ["apt"], indirect=True)
def test_settings_of_a_certbot_that_must_obey_them_are_named_before_an_order(site: Site) -> None:
    site.world.write("/usr/local/bin/certbot", '#!/bin/sh\nexec /usr/bin/certbot "$@"\n')
    site.world.run(["chmod", "755", "/usr/local/bin/certbot"])
    site.world.write(CLI_INI, "pre-hook = service nginx stop\n")
    pid, before = site.nginx_pid(), site.counts()
    site.config(fqdn="obeyed.example.com")
    state, text = site.status()
    assert state == "blocked"
    assert f"{CLI_INI} sets pre-hook" in text
    assert ((site.counts() - before).orders, site.nginx_pid()) == (0, pid)
    site.world.write(CLI_INI, PACKAGES)
    site.hook()
    assert site.status() == ("active", "serving https")
    site.world.path("/usr/local/bin/certbot").unlink()
