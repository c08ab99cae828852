"""What operators and machines get wrong: said in one line, with nothing lost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from _pytest.mark import ParameterSet
from world.front import Front
from world.site import STATE, Site

NAME = "www.example.com"

BAD_NAMES = [
    ("www.exa mple", "single label"),
    ("--server=http://x", "option"),
    ("-h", "option"),
    ("$(touch /tmp/owned).example.com", "'$(touch'"),
    ("x;touch${IFS}/tmp/owned", "path"),
    ("../../../tmp/evil", "path"),
    ("https://www.example.com/", "is a URL"),
    ("192.0.2.7", "IP address"),
    ("2001:db8::7", "IP address"),
    ("a" * 64 + ".example.com", "label longer than 63"),
    ("com", "single label"),
    ("*.example.com", "set acme-challenge=dns"),
]
SOME_NAMES = ("--server=http://x", "$(touch /tmp/owned).example.com", "*.example.com")


@pytest.fixture
def registered_site(shared_site: Site) -> Site:
    """The site for all tests that leave it as it was, at first with a certificate for NAME."""
    shared_site.want(NAME, acme_challenge="", acme_preflight="true")
    return shared_site


def some_of(values: list[tuple[str, str]]) -> list[ParameterSet]:
    """The others cost a hook or three each, and unit tests show them, too."""
    return [pytest.param(*value, marks=[] if value[0] in SOME_NAMES else [pytest.mark.slow])
            for value in values]  # fmt: skip


@pytest.mark.parametrize(("value", "reason"), some_of(BAD_NAMES))
def test_an_invalid_name_is_blocked_and_touches_nothing(
    registered_site: Site, value: str, reason: str
) -> None:
    site = registered_site
    site.config(fqdn=NAME)
    orders, pid = site.counts().orders, site.nginx_pid()
    logs = site.world.run(["ls", "/var/log/layer-lets-encrypt/web-0"]).stdout
    site.config(fqdn=value)
    for _ in range(2):
        state, text = site.status()
        assert state == "blocked"
        assert text.startswith("TLS: fqdn ")
        assert reason in text
        assert "; " in text, "the remedy"
        assert site.live() is None
        site.hook()
    assert (site.counts().orders, site.nginx_pid()) == (orders, pid)
    assert site.world.run(["ls", "/var/log/layer-lets-encrypt/web-0"]).stdout == logs, "certbot ran"
    assert site.exists(f"/etc/letsencrypt/live/{NAME}/fullchain.pem")
    assert not site.exists("/tmp/owned")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("  WWW.Example.COM.  ", NAME), ("bücher.example.com", "xn--bcher-kva.example.com")],
)
def test_a_valid_name_is_normalised_and_live_follows(
    registered_site: Site, written: str, meant: str
) -> None:
    registered_site.config(fqdn=written)
    assert registered_site.live()["fullchain"] == f"/etc/letsencrypt/live/{meant}/fullchain.pem"
    assert registered_site.served(meant).names == (meant,)


@pytest.mark.parametrize(
    ("option", "value"),
    [("contact-email", "not an address"), ("acme-server", "http://ca.example/dir"),
     ("acme-ca-certificates", "no certificate")],
)  # fmt: skip
def test_an_invalid_option_is_blocked_and_orders_nothing(
    registered_site: Site, option: str, value: str
) -> None:
    site = registered_site
    site.want(NAME)
    before = site.counts()
    site.config(f"{option}={value}", "fqdn=other.example.com")
    state, text = site.status()
    assert (state, option in text) == ("blocked", True)
    assert (site.counts() - before).orders == 0
    site.juju("config", "web", "--reset", option)
    site.want(NAME)
    assert site.status() == ("active", "serving https")


def test_a_stranger_on_port_80_is_named(registered_site: Site) -> None:
    site, before = registered_site, registered_site.counts()
    site.config(acme_challenge="standalone")
    site.world.run(["service", "nginx", "stop"])
    with site.world.popen(["python3", "-m", "http.server", "80", "--bind", "127.0.0.1"]) as server:
        try:
            site.world.run(["sh", "-c", "until ss -ltn | grep -q :80; do sleep 0.1; done"])
            site.config(fqdn="stranger.example.com", wait=False)
            site.wait_until(lambda: site.status()[0] == "blocked", 20, "blocked")
            assert "port 80 is held by python3 (pid " in site.status()[1]
            assert "service nginx" in site.status()[1]
            assert (site.counts() - before).orders == 0
            assert server.poll() is None
        finally:
            server.kill()
    site.juju("settle")
    site.hook()
    assert (site.counts() - before).issued == 1


def test_a_missing_certbot_is_blocked_and_found_when_it_comes(registered_site: Site) -> None:
    site = registered_site
    site.world.run(["mv", "/usr/bin/certbot", "/usr/bin/certbot.off"])
    pid = site.nginx_pid()
    site.config(fqdn="missing.example.com")
    assert site.status()[0] == "blocked"
    assert "certbot is not installed" in site.status()[1]
    assert site.nginx_pid() == pid
    site.world.run(["mv", "/usr/bin/certbot.off", "/usr/bin/certbot"])
    site.hook()
    assert site.status() == ("active", "serving https")


def test_a_ca_out_of_reach_is_waited_for_and_stops_nothing(registered_site: Site) -> None:
    site = registered_site
    with Front(site.acme) as front:
        front.down()
        pid = site.nginx_pid()
        site.want("waiting.example.com")
        for _ in range(2):
            state, text = site.status()
            assert state == "waiting"
            assert f"the CA at {site.acme.directory} cannot be reached" in text
            assert "next attempt 20" in text
            site.hook()
        assert site.nginx_pid() == pid
        front.up()
        site.config(contact_email="admin@firm.example")  # a changed request is tried at once
        assert site.status() == ("active", "serving https")
    site.config(contact_email="")


@contextlib.contextmanager
def full(site: Site, folder: str) -> Iterator[None]:
    """A small disk, with what is in the folder, takes its place, and there is no room."""
    site.world.run(["sh", "-c", f"rm -rf /small && cp -a {folder} /small"])
    site.world.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder])
    site.world.run(["sh", "-c", f"cp -a /small/. {folder}/"])
    site.world.run(["sh", "-c", f"cat /dev/zero > {folder}/full; true"])
    try:
        yield
    finally:
        site.world.run(["umount", folder])


def test_a_full_disk_orders_nothing_and_is_told(registered_site: Site) -> None:
    site, before, pid = registered_site, registered_site.counts(), registered_site.nginx_pid()
    with full(site, "/var/lib/layer-lets-encrypt"):
        site.config(fqdn="disk.example.com")
        state, text = site.status()
        assert state == "blocked"
        assert "No space left on device" in text
        assert ((site.counts() - before).orders, site.nginx_pid()) == (0, pid)
        site.world.run(["rm", "/var/lib/layer-lets-encrypt/full"])
        site.hook()
        assert site.status() == ("active", "serving https")


def test_a_full_etc_keeps_the_old_certificate(registered_site: Site) -> None:
    site, old = registered_site, registered_site.served(NAME)
    with full(site, "/etc/letsencrypt"):
        site.config(fqdn="other-disk.example.com")
        assert site.status()[0] == "blocked"
        assert "No space left on device" in site.status()[1]
        assert site.served(NAME).serial == old.serial
        assert site.nginx_runs()


def test_a_service_that_does_not_exist_is_told(site: Site) -> None:
    site.trust_the_ca()
    site.world.run(["service", "nginx", "stop"])
    site.juju(
        "exec",
        "--unit",
        "web/0",
        "--",
        'sed -i \'s/service-name.*nginx.*/service-name\\": \\"ngnix\\"/\' layer.yaml',
    )
    assert "ngnix" in site.juju("exec", "--unit", "web/0", "--", "cat layer.yaml")
    site.config(fqdn=NAME, acme_challenge="standalone")
    assert site.counts().issued == 1
    state, text = site.status()
    assert (state, "'ngnix' is not a service" in text) == ("waiting", True)


def test_a_unit_that_is_not_the_leader_waits(site: Site) -> None:
    site.juju("add-unit", "web")
    # Both units share one nginx here, which can include the snippet of one of them.
    site.want(NAME, acme_challenge="standalone")
    assert site.status("web/0") == ("active", "serving https")
    site.juju("leader", "web", "web/1")
    site.config(fqdn="other.example.com")
    state, text = site.status("web/0")
    assert (state, "the leader web/1 orders it" in text) == ("waiting", True)
    assert site.counts().orders == 1
    site.juju("leader", "web", "web/0")
    assert "it orders in its next hook" in site.status("web/0")[1]
    site.hook()
    assert site.status("web/0") == ("active", "serving https")
    assert site.counts().orders == 2


def test_what_is_wrong_is_logged_whole(registered_site: Site) -> None:
    site = registered_site
    site.acme.dns.point("bad.example.com", "192.0.2.1")
    site.want("bad.example.com", acme_preflight="false")
    assert site.status()[0] == "blocked"
    assert site.status()[1].startswith("TLS: bad.example.com: connection: ")
    assert "Certbot failed to authenticate some domains" in site.log()
    assert site.exists(f"{STATE}/history.json")
