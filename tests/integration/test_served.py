"""The certificate that visitors get is the one on disk, or the status says so and it is mended."""

from __future__ import annotations

import pytest
from world.site import Site

NAME = "www.example.com"
SCRIPT = "/etc/init.d/nginx"
FORCE = ("run", "web/0", "lets-encrypt-renew", "force=true")


@pytest.fixture(scope="module")
def site(shared_site: Site) -> Site:
    shared_site.want(NAME)
    return shared_site


def test_a_service_that_keeps_the_old_certificate_is_restarted(site: Site) -> None:
    old, script = site.served(NAME).serial, site.read(SCRIPT)
    deaf = script.replace("reload|force-reload)", "reload|force-reload) exit 0;;\nnever)")
    assert deaf != script
    site.world.write(SCRIPT, deaf, mode=0o755)
    before = site.counts()
    site.juju(*FORCE, check=False)
    assert site.served(NAME).serial == old, "the reload did nothing"
    state, text = site.status()
    assert state == "waiting"
    assert f"{NAME}: port 443 still shows the certificate that ends" in text
    pid = site.nginx_pid()
    site.hook()
    assert site.nginx_pid() != pid, "restarted"
    new = site.served(NAME).serial
    assert new != old
    assert int(site.ask("lets_encrypt.certificates()")[0]["serial"], 16) == int(new, 16)
    assert site.status()[0] == "active"
    assert (site.counts() - before).orders == 1, "mended without another order"
    pid = site.nginx_pid()
    site.hook()
    assert site.nginx_pid() == pid
    site.world.write(SCRIPT, script, mode=0o755)


def test_a_restart_that_does_not_help_is_not_tried_in_every_hook(site: Site) -> None:
    """The web server's configuration names a copy of the old certificate."""
    conf = "/etc/nginx/sites-enabled/default"
    text = site.read(conf)
    copy = "mkdir -p /srv/copy && cp -L /etc/letsencrypt/live/{0}/*.pem /srv/copy"
    site.world.run(["sh", "-c", copy.format(NAME)])
    site.world.write(conf, text.replace(f"/etc/letsencrypt/live/{NAME}/", "/srv/copy/"))
    site.world.run(["service", "nginx", "reload"])
    before = site.counts()
    site.juju(*FORCE, check=False)
    site.hook()
    pid = site.nginx_pid()
    for _ in range(3):
        site.hook()
    state, said = site.status()
    assert "port 443 still shows" in said and "next attempt" in said
    assert site.nginx_pid() == pid
    assert (site.counts() - before).orders == 1
    site.world.write(conf, text)
    site.juju("run", "web/0", "lets-encrypt-renew")
    assert site.status()[0] == "active"


def test_the_actions_tell_what_there_is(site: Site) -> None:
    said = site.juju("run", "web/0", "lets-encrypt-certificates")
    for words in ("www-example-com:", f"names: {NAME}", "not-after:", "key-type: ecdsa"):
        assert words in said
    assert "error" not in said
    said = site.juju("run", "web/0", "lets-encrypt-renew", "names=other.example.com", check=False)
    assert "'other.example.com' is in no wanted certificate; wanted are" in said
    before = site.counts()
    assert "renewed: none" in site.juju("run", "web/0", "lets-encrypt-renew")
    assert (site.counts() - before).order_requests == 0


def test_an_action_ends_the_wait_after_a_failure(site: Site) -> None:
    name = "late.example.com"
    site.acme.dns.point(name, "192.0.2.1")
    site.want(name, acme_preflight="false")
    assert site.status()[0] == "blocked"
    site.acme.dns.forget(name)
    site.hook()
    assert site.status()[0] == "blocked", "its wait is not over"
    said = site.juju("run", "web/0", "lets-encrypt-renew")
    assert f"renewed: {name}" in said
    assert site.served(name).names == (name,)
    assert site.status()[0] == "active"
