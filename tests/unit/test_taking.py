"""What a pass decides about a certificate that another unit may have ordered."""

from __future__ import annotations

from dataclasses import replace

import pytest
from layer_lets_encrypt.rules import plan, spent
from layer_lets_encrypt.rules.challenge import CHALLENGES
from layer_lets_encrypt.rules.facts import ABSENT, SANE, Account, Certificate, Lineage
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import Record
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.shared_ledger import Entry
from layer_lets_encrypt.rules.sharing import Shared
from layer_lets_encrypt.rules.wanted import Wanted

DAY, NOW = 86400.0, 1_800_000_000.0
CA, NAME = "https://ca.example/dir", "www.example.com"
REQUEST = Request((NAME,), "the option fqdn")
DIGEST = plan.names_digest(REQUEST)
NONE = Lineage(NAME, ABSENT)


def lineage(age: float, serial: str = "02") -> Lineage:
    begin = NOW - age * DAY
    found = Certificate((NAME,), begin, begin + 90 * DAY, serial, "CN=CA", "ecdsa")
    return Lineage(NAME, SANE, certificate=found, server=CA)


def entry(age: float, serial: str = "03", **other: object) -> Entry:
    begin = NOW - age * DAY
    usual = Entry("secret:abc", serial, begin, begin + 90 * DAY, DIGEST, CA, "ecdsa")
    return replace(usual, **other)


def decided(found: Lineage, shared: Shared, request: Request = REQUEST, renewing: bool = False):
    return plan.decide(request, found, Record(), CA, "asked", NOW, renewing, shared=shared).action


@pytest.mark.parametrize(
    "found, published, action",
    [
        (NONE, entry(1), plan.FETCH),
        (lineage(10), entry(1), plan.FETCH),
        (lineage(1), entry(10), plan.KEEP),
        (lineage(1, "02"), entry(1, "02"), plan.KEEP),
        (NONE, entry(1, names="others"), plan.ORDER),
        (NONE, entry(1, server="https://other.example/dir"), plan.ORDER),
        (lineage(1), entry(0.5, names="others"), plan.KEEP),
    ],
)
def test_the_newer_certificate_is_taken(found: Lineage, published: Entry, action: str) -> None:
    for leader in ("", "web/0"):
        assert decided(found, Shared({NAME: published}, leader=leader)) == action


def test_another_unit_renews_what_it_has_ordered() -> None:
    due = lineage(80)
    assert decided(due, Shared(leader="web/0"), renewing=True) == plan.KEEP
    assert decided(due, Shared(), renewing=True) == plan.ORDER


def test_a_secret_that_has_changed_is_read_before_the_ledger_says_so() -> None:
    news = Shared({NAME: entry(10)}, frozenset([NAME]), "web/0")
    assert decided(lineage(10, "03"), news) == plan.FETCH


def test_what_a_unit_orders_for_itself_is_never_taken() -> None:
    own = REQUEST._replace(is_of_unit=True)
    shared = Shared({NAME: entry(1)}, frozenset([NAME]), "web/0")
    assert decided(NONE, shared, own) == plan.ORDER
    assert decided(lineage(80), shared, own, renewing=True) == plan.ORDER


def test_a_new_leader_waits_as_long_as_the_last_one_would_have() -> None:
    problem = Problem("rate-limited", "too many certificates", retry_at=NOW + DAY)
    last = Record().begin("asked", NOW - 60).failed(problem, NOW - 60)
    heir = spent.merged(Record(), spent.of_record(last), NOW)
    assert heir.waits("asked", NOW) and heir.not_before == last.not_before
    assert heir.problem is not None and heir.problem.detail == problem.detail
    later = Record().begin("asked", NOW).failed(Problem("transient", "down"), NOW)
    assert spent.merged(later, spent.of_record(last), NOW) == later


def test_every_unit_answers_for_what_the_application_proves_without_a_token() -> None:
    wildcard = Request(("*.example.org",), "a charm", challenge="dns")
    own = Request(("node0.example.com",), "a charm", is_of_unit=True)
    wanted = Wanted((wildcard, own, REQUEST), Account(CA), CHALLENGES["stateless"])
    assert wanted.of_all_units == [REQUEST]
