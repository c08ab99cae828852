"""What is known before an order costs nothing; a mere doubt delays it, but not for ever."""

from __future__ import annotations

import pytest
from world.clock import Clock
from world.site import Site

NOWHERE = "192.0.2.1"
PRODUCTION = "acme-server=production"


@pytest.fixture(scope="module")
def site(shared_site: Site) -> Site:
    shared_site.want("")
    return shared_site


def assert_nothing_is_spent(site: Site, settings: list[str], said: str, state: str) -> None:
    """Set options; the status must say why nothing is ordered, and nginx must not be touched."""
    before, pid = site.counts(), site.nginx_pid()
    site.config(*settings)
    seen, text = site.status()
    assert said in text
    assert seen == state
    site.hook()
    assert site.status() == (seen, text), "it lasts as long as its cause"
    assert ((site.counts() - before).order_requests, site.nginx_pid()) == (0, pid)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("co.uk", "co.uk: is a public suffix"),
        ("inside.example.net", "its DNS record 10.1.2.3 is not a public address"),
        pytest.param("six.example.net", "its DNS record fd00::1 is not a public address",
                     marks=pytest.mark.slow),
        ("caa.example.net", "allows only ca.example to certify it, by CAA"),
        pytest.param("below.caa.example.net", "allows only ca.example to certify it, by CAA",
                     marks=pytest.mark.slow),
    ],
)  # fmt: skip
def test_what_lets_encrypt_would_refuse_is_not_asked_for(site: Site, name: str, said: str) -> None:
    """In this world nobody answers as Let's Encrypt: what is certain is said before."""
    site.acme.dns.point("inside.example.net", "10.1.2.3")
    site.acme.dns.point("six.example.net", "fd00::1")
    for public in ("caa.example.net", "below.caa.example.net"):
        site.acme.dns.point(public, "93.184.215.14")
    site.acme.dns.caa("caa.example.net", ("issue", "ca.example"))
    assert_nothing_is_spent(site, [f"fqdn={name}", PRODUCTION], said, "blocked")


def test_a_name_without_a_way_here_is_waited_for_and_then_tried(site: Site) -> None:
    clock, name = Clock(site.world), "nowhere.example.com"
    site.acme.dns.point(name, NOWHERE)
    clock.shift()
    trusting = [f"fqdn={name}", f"acme-server={site.acme.directory}"]
    before = site.counts()
    site.config(*trusting)
    state, text = site.status()
    assert (state, "no answer at 192.0.2.1 port 80" in text) == ("waiting", True)
    assert "check the DNS record" in text and "anyway" in text
    clock.shift(seconds=590)
    site.hook()
    assert (site.counts() - before).order_requests == 0
    clock.shift(seconds=610)
    site.hook()
    clock.back()
    change = site.counts() - before
    assert (change.orders, change.failed_validations) == (1, 1), "a doubt does not delay for ever"
    assert site.status()[0] == "blocked"


def test_a_doubt_that_is_cleared_is_forgotten_at_once(site: Site) -> None:
    name = "soon.example.com"
    site.acme.dns.point(name, NOWHERE)
    site.want(name)
    assert site.status()[0] == "waiting"
    before = site.counts()
    site.acme.dns.forget(name)
    site.hook()
    assert site.served(name).names == (name,)
    assert (site.counts() - before).orders == 1


def test_without_the_soft_checks_the_ca_decides(site: Site) -> None:
    name = "unchecked.example.com"
    site.acme.dns.point(name, NOWHERE)
    before = site.counts()
    site.want(name, acme_preflight="false")
    site.juju("config", "web", "--reset", "acme-preflight")
    assert (site.counts() - before).failed_validations == 1


def test_a_web_server_without_the_snippet_is_told_of(site: Site) -> None:
    name, conf = "bare.example.com", "/etc/nginx/sites-enabled/default"
    text = site.read(conf)
    site.world.write(conf, "".join(
        line for line in text.splitlines(keepends=True) if "include /etc/layer" not in line
    ))  # fmt: skip
    site.world.run(["service", "nginx", "reload"])
    before = site.counts()
    site.want(name)
    state, said = site.status()
    assert (state, "does it include the snippet?" in said) == ("waiting", True)
    assert (site.counts() - before).order_requests == 0
    site.world.write(conf, text)
    site.world.run(["service", "nginx", "reload"])
    site.hook()
    assert site.served(name).names == (name,)


@pytest.mark.parametrize("value", ["dns-01", "carrier pigeon"])
def test_an_unknown_challenge_is_refused_and_loses_nothing(site: Site, value: str) -> None:
    site.want("known.example.com")
    serial = site.served("known.example.com").serial
    site.config(f"acme-challenge={value}")
    state, text = site.status()
    said = f"'acme-challenge' is {value!r}, which is not known"
    assert (state, said in text) == ("blocked", True)
    assert "standalone, webroot, stateless" in text
    site.juju("config", "web", "--reset", "acme-challenge")
    assert site.status()[0] == "active"
    assert site.served("known.example.com").serial == serial
