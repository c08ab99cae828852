"""DNS-01 settings of a certificate that is good: checked once for each change, not in each hook."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from world.acme_dns import AcmeAndPowerDns
from world.dns_servers import API_KEY
from world.site import Site, open_site

NAME = "*.example.net"
RIGHT = "pdns_server: http://127.0.0.2:8081\nttl: 1"
OTHER = "pdns_server: http://127.0.0.2:8099\nttl: 1"
COUNT = "/tmp/asked"  # noqa: S108 - in a world of its own
SERVER = str(Path(__file__).parents[1] / "world" / "answering.py")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with open_site(ca=AcmeAndPowerDns) as opened:
        opened.want(
            NAME, acme_challenge="dns", acme_dns_provider="powerdns", acme_dns_options=RIGHT,
            acme_dns_credentials=f"auth_token: {API_KEY}",
        )  # fmt: skip
        assert opened.status()[0] == "active", opened.status()
        yield opened


@contextlib.contextmanager
def provider(site: Site, status: int) -> Iterator[Callable[[], int]]:
    """Another provider that gives one answer to everything, 0 for none; how often it was asked."""
    site.world.write(COUNT, "")
    words = ["/usr/bin/python3", SERVER, "127.0.0.2", "8099", str(status), COUNT]
    process = site.world.popen(words, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"listening\n"
        yield lambda: len(site.read(COUNT))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (0, "waiting", "its server cannot be reached"),
        (503, "waiting", "answered 503: its server has a problem"),
        (401, "blocked", "answered 401: wrong credentials"),
    ],
)
def test_a_failed_check_is_told_and_made_again_when_it_is_time_or_asked_for(
    site: Site, status: int, state: str, said: str
) -> None:
    before = site.counts()
    with provider(site, status) as asked:
        site.config(acme_dns_options=OTHER)
        shown = site.status()
        assert shown[0] == state
        assert said in shown[1]
        assert re.search(r"; next attempt \d{4}-\d\d-\d\d \d\d:\d\d UTC$", shown[1])
        assert said in site.log()
        once = asked()
        assert once > 0
        for hook in ("update-status", "config-changed"):
            site.hook(hook)
        assert (site.status(), asked()) == (shown, once)

        told = site.juju("run", "web/0", "lets-encrypt-check", check=False)
        assert said in told
        assert asked() > once
        assert said in site.status()[1]

    site.config(acme_dns_options=RIGHT)
    assert site.status()[0] == "active"
    assert (site.counts() - before).order_requests == 0


def test_what_was_corrected_at_the_provider_is_seen_by_the_action(site: Site) -> None:
    """No option changes then, so that no hook would look before it is time."""
    with provider(site, 401):
        site.config(acme_dns_options=OTHER)
        assert site.status()[0] == "blocked"
    site.config(acme_dns_options=RIGHT)
    site.acme.pdns.stop()
    try:
        site.config(acme_dns_options=f"{RIGHT}\nextra_wait: 1")
        assert site.status()[0] == "waiting", site.status()
    finally:
        site.acme.pdns.start()
    told = site.juju("run", "web/0", "lets-encrypt-check")
    assert "removed TXT _acme-challenge.example.net" in told
    assert site.status()[0] == "active"
    site.config(acme_dns_options=RIGHT)


def test_a_new_revision_of_another_secret_asks_no_provider(site: Site) -> None:
    secret = site.juju("add-secret", "pfx", "passphrase=first-one").strip()
    site.juju("grant-secret", "pfx", "web")
    site.config(acme_formats="pfx", acme_pfx_passphrase=secret)
    with provider(site, 401) as asked:
        site.config(acme_dns_options=OTHER)
        once = asked()
        assert once > 0
        before = site.log().count('ran "secret-changed" hook')
        site.juju("update-secret", "pfx", "passphrase=second-one")
        site.hook()
        assert site.log().count('ran "secret-changed" hook') == before + 1
        assert asked() == once
    site.config(acme_dns_options=RIGHT, acme_formats="", acme_pfx_passphrase="")
