"""The provider httpreq, with a service that answers as Canonical's, and one as lego describes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from net import POWERDNS, Net
from web import PASSWORD, Web, serve, until
from world import certificates

BOTH = ("example.org", "*.example.org")


@pytest.fixture(scope="module")
def canonical(net: Net) -> Iterator[Web]:
    with serve(net, 8103) as running:
        yield running


@pytest.fixture(scope="module")
def lego(net: Net) -> Iterator[Web]:
    with serve(net, 8104, lego=True) as running:
        yield running


@pytest.mark.parametrize(
    "names",
    [["www.example.org"], ["*.example.org"], ["a.example.org", "b.c.example.org", "example.org"]],
    ids=["one", "wildcard", "several"],
)
def test_names_through_canonicals_service(clean: Net, canonical: Web, names: list[str]):
    config = clean.config(canonical.provider())
    for run in (clean.order(config, *names), clean.renew(config, *names)):
        assert run.status == 0, run.said
        assert run.counts.failed_validations == 0
        assert clean.names(config) == set(names)
        assert clean.txt() == []
        assert clean.journal(config) == []


def test_apex_and_wildcard_at_once_are_refused_with_the_reason(clean: Net, canonical: Web):
    run = clean.order(clean.config(canonical.provider()), *BOTH)
    assert run.status == 1
    category, name, text = run.error()
    assert (category, name) == ("configuration", "example.org")
    assert text.startswith("one-value-server: provider httpreq at http://127.0.0.1:8103 keeps one")
    assert "*.example.org" in text
    assert run.counts.validations == 0


def test_apex_then_wildcard_then_both_where_the_ca_reuses_authorizations(net: Net, canonical: Web):
    net.acme.restart(PEBBLE_AUTHZREUSE=100)
    try:
        config = net.config(canonical.provider())
        for names in (BOTH[:1], BOTH[1:], BOTH):
            run = net.order(config, *names)
            assert run.status == 0, run.said
            assert run.counts.failed_validations == 0
        assert net.names(config) == set(BOTH)
        assert net.txt() == []
    finally:
        net.acme.restart(PEBBLE_AUTHZREUSE=0)


@pytest.mark.parametrize("mode", ["", "RAW"])
def test_apex_and_wildcard_through_legos_service(clean: Net, lego: Web, mode: str):
    config = clean.config(lego.provider(mode=mode))
    run = clean.order(config, *BOTH)
    assert run.status == 0, run.said
    assert ("keyAuth" in lego.requests()[-1]) == (mode == "RAW")
    assert clean.names(config) == set(BOTH)


def test_raw_mode_is_not_for_canonicals_service(clean: Net, canonical: Web):
    run = clean.order(clean.config(canonical.provider(mode="RAW")), "www.example.org")
    assert run.error()[0] == "configuration"
    assert "answered 400" in run.error()[2]
    assert run.counts.validations == 0


def test_wrong_password(clean: Net, canonical: Web):
    run = clean.order(clean.config(canonical.provider("wrong-credential")), "www.example.org")
    assert run.error()[:2] == ("configuration", "www.example.org")
    assert "answered 401" in run.error()[2]
    assert run.counts.validations == 0


def test_a_name_that_is_not_permitted(clean: Net):
    with serve(clean, 8105, subdomains=[]) as web:
        run = clean.order(clean.config(web.provider()), "www.example.org")
    assert run.error()[0] == "configuration"
    assert run.error()[2] == (
        "httpreq at http://127.0.0.1:8105 answered 403 (The user acme does not have permission to "
        "manage _acme-challenge.www.example.org): the user may not publish this name; have it "
        "allowed"
    )
    assert run.counts.validations == 0


def test_success_with_nothing_stored(clean: Net, canonical: Web):
    config = clean.config(canonical.provider(), propagation=3)
    with canonical.fault("reject"):
        run = clean.order(config, "www.example.org")
    assert run.error()[:2] == ("transient", "www.example.org")
    assert "httpreq at http://127.0.0.1:8103 reported success, but no name" in run.error()[2]
    assert "zone example.org" in run.error()[2]
    assert run.counts.validations == 0
    assert clean.journal(config) == []


def test_a_lost_write_is_repeated(clean: Net, canonical: Web):
    """The first push is rejected; the service is well again when it is asked once more."""
    before = len(canonical.requests())
    with canonical.fault("reject"):
        process = clean.start_order(clean.config(canonical.provider()), "www.example.org")
        while len(canonical.requests()) == before:
            assert process.poll() is None
    assert process.wait(timeout=60) == 0


def test_a_service_whose_name_servers_follow_late(clean: Net):
    """It is asked again, and then answers 500 because it has the record already."""
    with serve(clean, 8108, late=5) as web:
        config = clean.config(web.provider(), propagation=14)
        run = clean.order(config, "www.example.org")
        answers = [line.rpartition(" ")[2] for line in web.requests()]
    assert run.status == 0, run.said
    assert run.counts.failed_validations == 0
    assert answers[0] == "204" and "500" in answers
    assert "repeated in vain, still waiting" in run.log
    assert "git: nothing to commit, working tree clean" in run.log
    assert clean.journal(config) == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_minutes_late_with_the_usual_limit(net: Net):
    with serve(net, 8109, late=120) as web:
        config = net.config(web.provider(), propagation=300)
        run = net.order(config, "www.example.org")
        assert run.status == 0, run.said
        assert run.counts.failed_validations == 0
        until(lambda: net.txt() == [], 200)
        assert net.sweep(config).returncode == 0
    assert net.journal(config) == []


def test_a_request_that_the_service_has_met_already_is_no_failure(clean: Net):
    """Its answer was lost; the name servers follow later."""
    value, name = "A" * 43, "_acme-challenge.www.example.org."
    with serve(clean, 8110, late=3) as web:
        assert web.ask("/present", {"fqdn": name, "value": value})[0] == 204
        config = clean.config(web.provider())
        assert publish(clean, config, {"name": "www.example.org", "value": value}) == {"done": 0}
        assert clean.sweep(config).returncode == 0


def test_a_check_asks_the_service_for_nothing_but_the_user(clean: Net, canonical: Web):
    before = canonical.requests()
    for password, status in ((PASSWORD, 0), ("wrong-credential", 1)):
        config = clean.config(canonical.provider(password))
        done = clean.python("-m", "layer_lets_encrypt_dns.check", config, "www.example.org")
        assert done.returncode == status, done.stderr
    assert "answered 401 (Invalid username/password.): wrong or missing username" in done.stderr
    assert canonical.requests() == before


def test_repository_down(clean: Net, canonical: Web):
    with canonical.fault("down"):
        run = clean.order(clean.config(canonical.provider()), "www.example.org")
    assert run.error()[0] == "transient"
    assert "answered 500 (git: fatal: Could not read from remote" in run.error()[2]
    assert run.counts.validations == 0


def test_nobody_listens(clean: Net, canonical: Web):
    provider = canonical.provider(endpoint="http://127.0.0.1:9")
    run = clean.order(clean.config(provider), "www.example.org")
    assert run.error()[0] == "transient"
    assert "cannot be reached" in run.error()[2]
    assert run.counts.validations == 0


def test_what_is_there_already_counts_as_published(clean: Net, canonical: Web):
    """A repeated request is answered with 500, and the DNS shows that all is well."""
    config = clean.config(canonical.provider())
    value = "A" * 43
    challenge = {"name": "www.example.org", "value": value}
    record = {"fqdn": "_acme-challenge.www.example.org.", "value": value}
    assert canonical.ask("/present", record)[0] == 204
    assert publish(clean, config, challenge) == {"done": 0}
    assert [line.rpartition(" ")[2] for line in canonical.requests()[-2:]] == ["204", "500"]
    assert clean.txt() == [f"_acme-challenge.www.example.org {value}"]
    assert clean.sweep(config).returncode == 0


def publish(net: Net, config: str, challenge: dict[str, str]) -> dict[str, object]:
    """Have the worker publish one value; returns its last answer."""
    request = {"do": "publish", "config": config, "owner": "", "challenges": [challenge]}
    done = net.world.run(
        ["/usr/bin/python3", "-B", "-m", "layer_lets_encrypt_dns.worker"],
        net.environment(),
        input=json.dumps(request) + "\n",
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_https_with_a_private_ca_and_without(clean: Net, tmp_path):
    authority = certificates.authority(tmp_path, "CA of the service")
    certificates.issue(tmp_path, "web", "IP:127.0.0.1")
    clean.world.copy_in(tmp_path, "/var/lib/httpreq-tls")
    pem = "cat web.key web.pem > both.pem"
    clean.world.run(["sh", "-c", pem], cwd="/var/lib/httpreq-tls")
    trusted = f"/var/lib/httpreq-tls/{authority.name}"
    with serve(clean, 8106, tls="/var/lib/httpreq-tls/both.pem") as web:
        endpoint = "https://127.0.0.1:8106"
        run = clean.order(clean.config(web.provider(endpoint=endpoint)), "www.example.org")
        assert run.error()[0] == "transient"
        assert "its certificate is not trusted" in run.error()[2]
        provider = web.provider(endpoint=endpoint, ca_certificates=trusted)
        run = clean.order(clean.config(provider), "www.example.org")
        assert run.status == 0, run.said


def test_upper_case_in_a_delegation(clean: Net, canonical: Web):
    """The service knows lower case only."""
    clean.pdns.add("example.net", "_acme-challenge.up", "CNAME", "_acme-challenge.UP.EXAMPLE.ORG.")
    config = clean.config(POWERDNS, zones={"example.org": canonical.provider()})
    run = clean.order(config, "up.example.net")
    assert run.status == 0, run.said
    assert '"_acme-challenge.up.example.org."' in canonical.requests()[-1]
    assert PASSWORD not in run.log
