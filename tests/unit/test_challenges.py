"""Challenges, the snippets that answer them, accounts, CAA, and doubts: tables of values."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import account
from layer_lets_encrypt.dns import preflight
from layer_lets_encrypt.dns.lookup import Lookups
from layer_lets_encrypt.rules import caa
from layer_lets_encrypt.rules.caa import Applicant, Caa
from layer_lets_encrypt.rules.challenge import CHALLENGES, STANDALONE, STATELESS, WEBROOT
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import Record
from layer_lets_encrypt.rules.request import SERVERS, Request
from layer_lets_encrypt.web import snippets

# RFC 7638, section 3.1
RSA_KEY = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
    "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2"
    "QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6W"
    "eZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
RSA_THUMBPRINT = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
SERVER = "https://ca.example/dir"
THUMBPRINT = "a-thumb_print"


def test_the_thumbprint_of_the_rfc() -> None:
    assert account.thumbprint_of(RSA_KEY) == RSA_THUMBPRINT


@pytest.mark.parametrize("key", [None, [], {}, {"kty": "oct", "k": "AA"}, {"kty": "RSA", "n": 5}])
def test_what_is_no_key_has_no_thumbprint(key: object) -> None:
    assert account.thumbprint_of(key) == ""


def test_the_account_is_found_where_certbot_keeps_it(tmp_path: Path) -> None:
    assert account.registered(SERVER, config_dir=tmp_path) is None
    folder = tmp_path / "accounts" / "ca.example" / "dir" / "0123abcd"
    folder.mkdir(parents=True)
    found = account.Registered("0123abcd", RSA_THUMBPRINT)
    for name, content in (("regr", {}), ("meta", {}), ("private_key", RSA_KEY)):
        assert account.registered(SERVER, config_dir=tmp_path) is None, f"no {name} yet"
        (folder / f"{name}.json").write_text(json.dumps(content))
    assert account.registered(SERVER, config_dir=tmp_path) == found


def test_the_chosen_one_of_several_accounts_stays(tmp_path: Path) -> None:
    for identifier in ("b", "c", "a"):
        folder = tmp_path / "accounts" / "ca.example" / "dir" / identifier
        folder.mkdir(parents=True)
        for name, content in (("regr", {}), ("meta", {}), ("private_key", RSA_KEY)):
            (folder / f"{name}.json").write_text(json.dumps(content))

    def chosen(before: str) -> str:
        found = account.registered(SERVER, before, tmp_path)
        assert found is not None
        return found.identifier

    assert [chosen("b"), chosen(""), chosen("gone")] == ["b", "a", "a"]


def test_only_webroot_gets_a_folder() -> None:
    assert WEBROOT.certbot_arguments("/srv/w")[-2:] == ["--webroot-path", "/srv/w"]
    for challenge in CHALLENGES.values():
        assert ("/srv/w" in challenge.certbot_arguments("/srv/w")) is (challenge is WEBROOT)


@pytest.mark.parametrize("challenge", [STANDALONE, WEBROOT, STATELESS])
def test_the_snippets_are_always_there(tmp_path: Path, challenge) -> None:
    folder = tmp_path / "web-0"
    for thumbprint in ("", THUMBPRINT):
        assert snippets.write(folder, challenge, "/srv/w", thumbprint)
        assert not snippets.write(folder, challenge, "/srv/w", thumbprint), "written twice"
        for path in snippets.paths(folder).values():
            assert Path(path).stat().st_mode & 0o777 == 0o644
            assert not re.search(r"\$\{?(unit|webroot|thumbprint)", Path(path).read_text())
    text = Path(snippets.paths(folder)["nginx"]).read_text()
    assert (THUMBPRINT in text) is (challenge is not WEBROOT)
    assert ("/srv/w" in text) is (challenge is WEBROOT)


def test_a_unit_that_leaves_answers_nothing_and_breaks_no_include(tmp_path: Path) -> None:
    folder = tmp_path / "web-0"
    snippets.empty(folder)
    assert not folder.exists()
    snippets.write(folder, STATELESS, "", THUMBPRINT)
    for _ in range(2):
        snippets.empty(folder)
    texts = [Path(path).read_text() for path in snippets.paths(folder).values()]
    assert all(line.startswith("#") for text in texts for line in text.splitlines())


LE = ["letsencrypt.org"]


@pytest.mark.parametrize(
    ("records", "wildcard", "said"),
    [
        ([], False, ""),
        ([Caa(False, "issue", "letsencrypt.org")], False, ""),
        ([Caa(False, "issue", " LetsEncrypt.org ; accounturi=https://x ")], False, ""),
        ([Caa(False, "issue", "ca.example")], False, "allows only ca.example"),
        ([Caa(False, "issue", ";")], False, "allows only nobody"),
        ([Caa(False, "issue", "ca.example"), Caa(False, "issue", "letsencrypt.org")], False, ""),
        ([Caa(False, "issuewild", ";")], False, ""),
        ([Caa(False, "issuewild", ";"), Caa(False, "issue", "letsencrypt.org")], True, "nobody"),
        ([Caa(False, "issue", "letsencrypt.org")], True, ""),
        ([Caa(False, "iodef", "mailto:a@b.example")], False, ""),
        ([Caa(True, "future", "x")], False, "critical CAA property 'future'"),
        ([Caa(False, "future", "x")], False, ""),
        ([Caa(False, "issue", "letsencrypt.org; validationmethods=dns-01")], False, "methods"),
        ([Caa(False, "issue", "letsencrypt.org; validationmethods=dns-01,http-01")], False, ""),
        ([Caa(False, "issue", "letsencrypt.org; validationmethods=")], False, "methods"),
        ([Caa(False, "issue", "letsencrypt.org; validationmethods=http-01; "
                              "validationmethods=http-01")], False, "methods"),
    ],
)  # fmt: skip
def test_what_caa_records_have_against_it(records, wildcard: bool, said: str) -> None:
    found = caa.objection(records, LE, wildcard, Applicant("http-01"))
    assert (said in found) and bool(said) == bool(found)


OURS = "https://acme-v02.api.letsencrypt.org/acme/acct/1234567890"


@pytest.mark.parametrize(
    ("parameters", "method", "account", "said"),
    [
        ([f"accounturi={OURS}"], "http-01", OURS, ""),
        ([f" AccountURI = {OURS} ; validationmethods=http-01"], "http-01", OURS, ""),
        (["accounturi=https://x/1"], "http-01", OURS, f"other accounts than {OURS} only"),
        ([f"accounturi={OURS}", "accounturi=https://x/1"], "http-01", OURS, ""),
        ([f"accounturi={OURS};accounturi={OURS}"], "http-01", OURS, "other accounts than"),
        (["accounturi=https://x/1"], "http-01", "", ""),
        ([f"accounturi={OURS};validationmethods=dns-01"], "http-01", OURS, "other methods than"),
        ([f"accounturi={OURS};validationmethods=dns-01", "accounturi=https://x/1"], "dns-01", OURS,
         ""),
        ([f"accounturi={OURS};validationmethods=dns-01", "accounturi=https://x/1"], "http-01", OURS,
         "other accounts than"),
        (["accounturi=" + "x" * 900], "http-01", "https://ca.example/" + "y" * 500, "accounturi"),
    ],
)  # fmt: skip
def test_caa_records_that_name_accounts(parameters, method, account: str, said: str) -> None:
    records = [Caa(False, "issue", "letsencrypt.org; " + text) for text in parameters]
    found = caa.objection(records, LE, False, Applicant(method, account))
    assert (said in found) and bool(said) == bool(found)
    assert len(found) < 190


@pytest.mark.parametrize("name", ["co.uk", "com", "*.co.uk"])
def test_a_public_suffix_is_refused_before_the_dns_is_asked(name: str) -> None:
    request = Request((name,), "a test")
    server, over_dns = SERVERS["production"], Applicant("dns-01")
    seen = preflight.certain_problem(request, over_dns, server, {}, Lookups())
    assert seen is not None and (seen.category, "public suffix" in seen.detail) == ("blocked", True)


@pytest.mark.parametrize("name", ["web.internal", "*.home.lan", "a.test", "unit-0.lxd"])
def test_a_name_that_no_public_ca_certifies_costs_it_no_question(name: str) -> None:
    request, over_dns = Request((name,), "a test"), Applicant("dns-01")
    seen = preflight.certain_problem(request, over_dns, SERVERS["production"], {}, Lookups())
    assert seen is not None and seen.category == "blocked"
    assert "which no public CA certifies; use a public name, or set acme-server" in seen.text
    private = "https://ca.example/dir"
    assert preflight.certain_problem(request, over_dns, private, {}, Lookups()) is None


def test_a_doubt_remembers_since_when_it_stands_for_the_same_request() -> None:
    doubt = Problem("unready", "www.example.com: no answer")
    first = Record().doubted("asked", doubt, 1000)
    again = first.hindered(None).doubted("asked", doubt, 1300)
    assert (first.unready_since, again.unready_since, again.problem) == (1000, 1000, doubt)
    assert again.doubted("other", doubt, 1400).unready_since == 1400
    assert again.begin("asked", 1700).unready_since == 1000, "not delayed a second time"
    assert again.begin("asked", 1700).succeeded().unready_since is None


@pytest.mark.parametrize("wide", [1, 40])
def test_records_of_any_length_leave_room_for_what_they_mean(wide: int) -> None:
    records = [Caa(False, "issue", f"ca-{n}.{'x' * 200}.example") for n in range(wide)]
    assert len(caa.objection(records, LE, False, Applicant("http-01"))) < 190
    assert caa.objection(records, LE, False, Applicant("http-01")).endswith("to certify it, by CAA")
    unknown = caa.objection([Caa(True, "x" * 250, "")], LE, False, Applicant("http-01"))
    assert len(unknown) < 190
    assert unknown.endswith("which no CA may ignore")
