"""The service in ``httpreq_server.py`` gives the answers of Canonical's, row by row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from net import Net
from web import USER, Web, serve, until

NAME = "_acme-challenge.www.example.org"


@pytest.fixture(scope="module")
def web(net: Net) -> Iterator[Web]:
    with serve(net, 8101) as running:
        yield running


def record(name: str = NAME + ".", value: str = "one") -> dict[str, str]:
    return {"fqdn": name, "value": value}


def test_present_stores_once_and_cleanup_removes_once(net: Net, web: Web):
    assert web.ask("/present", record()) == (204, "")
    assert net.txt() == [f"{NAME} one"]
    assert web.ask("/present", record())[0] == 500  # nothing to commit
    assert web.ask("/present", record(NAME, "two")) == (204, "")  # the dot is optional
    assert net.txt() == [f"{NAME} two"]  # it has replaced the first
    assert web.ask("/cleanup", record(value="one")) == (204, "")  # the value is ignored
    assert net.txt() == []
    assert web.ask("/cleanup", record())[0] == 500


@pytest.mark.parametrize("auth", [None, "acme:wrong", f"{USER}:"])
def test_no_or_bad_credentials(web: Web, auth: str | None):
    status, text = web.ask("/present", record(), auth)
    assert status == 401
    assert '"detail"' in text


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"domain": "www.example.org", "token": "t", "keyAuth": "t.k"}),
        (400, record("www.example.org.")),
        (400, record("_acme-challenge.*.example.org.")),
        (400, record("_acme-challenge._x.example.org.")),
        (400, record(value="")),
        (400, record(value="   ")),
        (400, record(f"_acme-challenge.{'a' * 64}.example.org.")),
        (400, "{"),
        (500, [record()]),
        (403, record("_acme-challenge.WWW.EXAMPLE.ORG.")),
        (403, record("_acme-challenge.www.example.net.")),
    ],
)
def test_refusals(web: Web, status: int, body: object):
    assert web.ask("/present", body)[0] == status


def test_what_is_refused_is_told_as_the_real_one_tells_it(web: Web):
    text = web.ask("/present", record("_acme-challenge.www.example.net."))[1]
    assert text == f"The user {USER} does not have permission to manage " + (
        "_acme-challenge.www.example.net"
    )
    assert web.ask("/present", record(value=""))[1] == (
        '{"value": [{"message": "This field is required.", "code": "required"}]}'
    )
    assert "<title>Server Error (500)</title>" in web.ask("/present", [record()])[1]


def test_paths_and_methods(web: Web):
    status, text = web.ask("/present/", record())
    assert (status, "<h1>Not Found</h1>" in text) == (404, True)
    assert web.ask("/present", "", method="GET")[0] == 405
    assert web.ask("/present", "", auth=None, method="GET")[0] == 401
    assert web.ask("/present", "", auth="acme:wrong", method="GET")[0] == 401


def test_a_form_is_taken_and_plain_text_is_not(net: Net, web: Web):
    form, kind = f"fqdn={NAME}&value=one", "application/x-www-form-urlencoded"
    assert web.ask("/present", form, kind=kind) == (204, "")
    assert web.ask("/present", form, kind="text/plain")[0] == 415
    assert web.ask("/cleanup", form, kind=kind) == (204, "")


def test_what_git_said_is_passed_on(net: Net, web: Web):
    status, text = web.ask("/cleanup", record())
    assert (status, "nothing to commit, working tree clean" in text) == (500, True)
    assert text.startswith("Cmd('git') failed due to: exit code(1)\n  cmdline: git commit -m")
    with web.fault("down"):
        assert "fatal: Could not read from remote" in web.ask("/present", record())[1]


def test_the_name_servers_follow_late(net: Net):
    with serve(net, 8107, late=1) as web:
        begun = time.monotonic()
        assert web.ask("/present", record()) == (204, "")
        until(lambda: net.txt() == [f"{NAME} one"])
        assert time.monotonic() - begun >= 1
        zone = net.pdns.util("list-zone", "example.org")
        assert f'{NAME}\t600\tIN\tTXT\t"one"' in zone
        assert web.ask("/cleanup", record()) == (204, "")
        until(lambda: net.txt() == [])


def test_a_name_under_a_grant_for_subdomains_and_a_zone_of_three_labels(net: Net):
    grants = {"domains": ["a.example.co.uk"], "subdomains": ["example.org"]}
    with serve(net, 8102, **grants) as web:
        assert web.ask("/present", record("_acme-challenge.example.org."))[0] == 403
        status, text = web.ask("/present", record("_acme-challenge.a.example.co.uk."))
        assert (status, "co.uk.domain" in text) == (500, True)


def test_rejected_push_and_repository_down(net: Net, web: Web):
    with web.fault("reject"):
        assert web.ask("/present", record()) == (204, "")
        assert net.txt() == []
    with web.fault("down"):
        assert web.ask("/present", record())[0] == 500


def test_several_at_once_lose_each_other(net: Net, web: Web):
    names = [f"_acme-challenge.n{i}.example.org" for i in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda name: web.ask("/present", record(name)), names))
    assert answers == [(204, "")] * 8
    stored = net.txt()
    assert 1 <= len(stored) < 8
    for line in stored:
        assert web.ask("/cleanup", record(line.split()[0]))[0] == 204
