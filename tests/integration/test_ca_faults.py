"""A CA that refuses, falls silent or talks rubbish: told clearly, waited for, and harmless.

One machine, on which a certificate is due for renewal all the time: each fault gets a day of its
own, far enough after the last one that no wait of before is in the way.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from due_stage import DAY, LIFETIME, NAME, Stage
from world import faults
from world.clock import Clock
from world.front import Front
from world.site import Site, open_site

OTHER = "other.example.com"
HOUR = 3600


@pytest.fixture(scope="module")
def machine() -> Iterator[Stage]:
    with open_site(lifetime=LIFETIME * DAY) as site, Front(site.acme) as front:
        site.want(NAME)
        yield Stage(site, front)


@pytest.fixture
def stage(machine: Stage) -> Iterator[Stage]:
    """The machine; whatever happens, the certificate from before is served.

    What an earlier test has left behind, even one that failed, is where this one begins.
    """
    machine.begin()
    yield machine
    machine.front.behave()
    machine.front.up()
    machine.assert_unharmed()


LONG = 3 * DAY + HOUR  # longer than any wait of the layer's own


@pytest.mark.parametrize("form", ["seconds", pytest.param("date", marks=pytest.mark.slow), "text"])
def test_a_rate_limit_is_waited_for_as_long_as_the_ca_says(stage: Stage, form: str) -> None:
    stage.later(DAY + max(0, stage.not_before() - stage.now))
    until = stage.now + LONG
    refusal = {
        "seconds": faults.rate_limited(str(LONG)),
        "date": faults.rate_limited(faults.http_date(until)),
        "text": faults.rate_limited("60", until=until),
    }[form]
    stage.front.misbehave("newOrder", refusal)
    stage.site.renew_by_cron()
    assert stage.not_before() == pytest.approx(until, abs=20)
    state, text = stage.site.status()
    assert state == "waiting"
    assert text.startswith(f"TLS: {NAME}: too many certificates (5) already issued")
    assert text.endswith(stage.told())


def test_no_order_is_made_before_the_cas_moment_and_one_after_it(stage: Stage) -> None:
    stage.front.misbehave("newOrder", faults.rate_limited(str(LONG)))
    stage.renew()
    stage.front.behave()
    made, pid = stage.orders(), stage.site.nginx_pid()
    stage.later(LONG - HOUR)
    stage.site.renew_by_cron()
    stage.site.hook()
    assert (stage.orders(), stage.site.nginx_pid()) == (made, pid)
    stage.later(HOUR + 60)
    stage.site.hook()  # what cron asked for still stands
    assert stage.orders() == made + 1
    stage.site.renew_by_cron()  # else the status says that cron has not run for days
    assert stage.site.status() == ("active", "serving https")
    renewed = stage.site.served(NAME)
    assert renewed.serial != stage.kept.serial
    stage.kept = renewed


def test_a_paused_account_is_shown_with_its_whole_link_and_a_change_tries_again(
    stage: Stage,
) -> None:
    token = "eyJ" + "a1-_." * 300
    stage.front.misbehave("newOrder", faults.paused(NAME, token))
    state, text = stage.renew()
    assert state == "blocked"
    said = f"Your account is temporarily prevented from requesting certificates for {NAME} and"
    said += f" possibly others. Please visit: {faults.UNPAUSE}{token}"
    assert text.startswith(f"TLS: {NAME}: {said}")
    made = stage.orders()
    stage.site.hook()
    assert stage.orders() == made
    stage.site.config(fqdn=OTHER)
    assert stage.orders() == made + 1, "another request does not wait for the first one"
    stage.site.config(fqdn=NAME)
    assert stage.orders() == made + 1, "the first one still does"


def test_a_ca_out_of_reach_stops_nothing(stage: Stage) -> None:
    stage.front.down()
    pid = stage.site.nginx_pid()
    state, text = stage.renew()
    assert state == "waiting"
    assert f"the CA at {stage.front.directory} " in text
    assert text.endswith(stage.told())
    assert stage.site.nginx_pid() == pid


def test_a_busy_cas_retry_after_counts_before_anything_is_stopped(stage: Stage) -> None:
    stage.front.misbehave("directory", faults.unavailable(str(LONG)))
    pid = stage.site.nginx_pid()
    state, text = stage.renew()
    assert (state, "Service Unavailable" in text) == ("waiting", True)
    assert stage.not_before() == pytest.approx(stage.now + LONG, abs=20)
    assert stage.site.nginx_pid() == pid


NOT_ACME = {**faults.GARBAGE, "reset": faults.RESET, "busy": faults.unavailable(str(LONG)),
            "limited": {**faults.unavailable(str(LONG)), "status": 429}}  # fmt: skip
RESOURCES = ("directory", "newNonce", "newOrder", "authorization", "challenge", "finalize",
             "order", "certificate")  # fmt: skip
SOME = {
    ("directory", "nested without end"),
    ("newOrder", "html"),
    ("certificate", "nothing"),
}
EACH = [
    pytest.param(resource, kind, marks=[] if (resource, kind) in SOME else [pytest.mark.slow])
    for resource in RESOURCES
    for kind in NOT_ACME
]


@pytest.mark.parametrize(("resource", "kind"), EACH)
def test_rubbish_is_told_and_waited_for(stage: Stage, resource: str, kind: str) -> None:
    stage.front.misbehave(resource, NOT_ACME[kind])
    asked, issued = stage.front.requests(resource), stage.site.counts().issued
    state, text = stage.renew()
    assert stage.front.requests(resource) > asked
    renewed = stage.site.served(NAME)
    if renewed.serial != stage.kept.serial:  # certbot did not need what was spoilt
        assert resource in ("newNonce", "finalize") or kind == "another content type"
        assert (state, text) == ("active", "serving https")
        stage.kept = renewed
        return
    assert state == "waiting"
    assert text.startswith((f"TLS: {NAME}: the CA", f"TLS: {NAME}: certbot cannot use the CA's"))
    assert text.endswith(stage.told())
    assert stage.site.counts().issued - issued <= 1
    if kind in ("busy", "limited") and resource != "directory":
        assert stage.not_before() == pytest.approx(stage.now + LONG, abs=20)


def test_a_directory_without_orders_is_none(stage: Stage) -> None:
    stage.front.misbehave("directory", {"drop": ["newOrder"]})
    made = stage.orders()
    state, text = stage.renew()
    assert (state, "not an ACME directory" in text) == ("waiting", True)
    assert stage.orders() == made


@pytest.mark.slow
def test_a_slow_ca_is_no_fault(stage: Stage) -> None:
    for resource in RESOURCES:
        stage.front.misbehave(resource, {"delay": 3})
    assert stage.renew() == ("active", "serving https")
    stage.kept = stage.site.served(NAME)


@pytest.mark.slow
@pytest.mark.parametrize("resource", ["authorization", "order"])
def test_a_ca_that_never_finishes_is_given_up(stage: Stage, resource: str) -> None:
    unfinished = {"authorization": "pending", "order": "processing"}[resource]
    stage.front.misbehave(resource, {"set": {"status": unfinished}})
    state, text = stage.renew()
    assert state == "waiting"
    assert "CA" in text
    assert text.endswith(stage.told())


@pytest.mark.slow
def test_nonces_that_are_rejected_keep_nobody_for_long(site: Site) -> None:
    """certbot asks once more for each; where that is rejected, too, the layer comes again."""
    site.acme.restart(PEBBLE_WFE_NONCEREJECT=20)
    clock, attempts = Clock(site.world), 0
    while not rejections(site) or site.status()[0] != "active":
        attempts += 1
        assert attempts < 20, "each comes through with two thirds, and most meet a rejection"
        if site.status()[0] == "waiting":
            assert "badNonce" in site.status()[1]
            clock.shift(days=attempts)
            site.hook()
        else:
            site.want(f"n{attempts}.example.com")
    counts = site.counts()
    assert counts.orders <= attempts
    assert (counts.failed_validations, site.nginx_runs()) == (0, True)
    assert "failed: exit status" not in site.log()


def rejections(site: Site) -> int:
    """How often certbot was told that its nonce is bad."""
    logs = "cat /var/log/layer-lets-encrypt/web-0/*.log* || true"
    said = site.world.run(["sh", "-c", logs]).stdout
    return said.count('"type": "urn:ietf:params:acme:error:badNonce"')


def test_a_certificate_for_another_key_is_not_served(stage: Stage) -> None:
    old = stage.site.world.run(["cat", f"/etc/letsencrypt/live/{NAME}/fullchain.pem"]).stdout
    stage.front.misbehave("certificate", {"body": old})
    state, text = stage.renew()
    assert state in ("waiting", "blocked")
    assert text.endswith(stage.told())
    stage.assert_unharmed()
    assert stage.site.live() is not None
    stage.site.world.run(["nginx", "-t"])  # it can be started again, too
    stage.front.behave()
    assert stage.renew() == ("active", "serving https")
    stage.kept = stage.site.served(NAME)


def test_a_contact_that_the_ca_does_not_change_waits_and_hides_nothing(stage: Stage) -> None:
    refusal = faults.problem(400, "malformed", "contact updates are not supported")
    stage.front.misbehave("account", refusal)
    made = stage.orders()
    stage.site.config(contact_email="a@firm.example, b@firm.example")
    state, text = stage.site.status()
    assert state == "waiting"
    assert text.startswith("TLS: contact not changed: contact updates are not supported; ")
    assert "certificates do not depend on it; set contact-email back to end this" in text
    stage.site.config(fqdn=f"{NAME} www..example.com")
    state, text = stage.site.status()
    assert (state, "has two dots in a row" in text) == ("blocked", True)
    stage.site.config(fqdn=NAME)
    assert stage.orders() == made
    stage.front.behave()
    stage.site.juju("config", "web", "--reset", "contact-email")
    assert stage.site.status() == ("active", "serving https")
