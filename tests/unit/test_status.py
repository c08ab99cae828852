"""One line for the operator: name, cause, remedy, next attempt, and what gives way."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from layer_lets_encrypt.rules import complaint
from layer_lets_encrypt.rules.complaint import Complaint, worst
from layer_lets_encrypt.rules.facts import ABSENT, Lineage
from layer_lets_encrypt.rules.plan import ORDER, Decision, format_utc
from layer_lets_encrypt.rules.problem import MAX_CAUSE, Problem, bounded
from layer_lets_encrypt.rules.records import CONTACT, SERVICE, History, Record
from layer_lets_encrypt.rules.request import Request

NOW = 1_800_000_000.0
LONG = ".".join(["a" * 61] * 4)
REMEDY = "allow the CA in the name's CAA records"


def shown(problem: Problem, name: str = "www.example.com", others: int = 0) -> str:
    request = Request((name,), "the option fqdn")
    record = Record(asked="x", failures=1, failed_at=NOW, not_before=NOW + 600, problem=problem)
    decision = Decision(request, Lineage(name, ABSENT), ORDER, "there is none", "x")
    complaints = complaint.of_decisions([decision], History({name: record}), NOW)
    complaints += [Complaint("waiting", f"other {number}") for number in range(others)]
    line = worst(complaints)
    assert line is not None
    return line.text


def test_a_status_is_name_cause_remedy_and_next_attempt_in_this_order() -> None:
    problem = Problem("refused", "the CA's words", name="b.example.com", remedy=REMEDY)
    later = f"next attempt {format_utc(NOW + 600)}"
    assert shown(problem) == f"TLS: b.example.com: the CA's words; {REMEDY}; {later}"


@pytest.mark.parametrize("name", ["a.b", "www.example.com", LONG])
@pytest.mark.parametrize("remedy", ["", REMEDY, "set " + "x" * 60])
@pytest.mark.parametrize("said", ["no", "y" * 100_000, "long words " * 100])
def test_a_status_is_short_and_only_the_name_is_cut(name: str, remedy: str, said: str) -> None:
    cause = bounded(said, remedy, "on staging: ")
    text = shown(Problem("refused", cause, name=name, remedy=remedy), others=12)
    assert len(text) < 200
    assert f": {cause}" + (f"; {remedy}" if remedy else "") + "; next attempt" in text
    assert text.endswith("UTC (and 12 more)")
    if len(name) <= complaint.MIN_NAME:
        assert text.startswith(f"TLS: {name}: ")


def test_a_name_loses_its_middle() -> None:
    assert complaint.shortened(LONG, 20) == "aaaaaaaa...aaaaaaaaa"
    assert complaint.shortened("*.shop.example.co.uk", 16) == "*.shop...e.co.uk"
    assert complaint.shortened("www.example.com", 3) == "www.example.com"


def test_a_cause_leaves_room_for_its_remedy() -> None:
    for length in (0, 10, 80):
        assert len(bounded("x" * 5000, "y" * length)) <= max(MAX_CAUSE - length - 2, 40)


def test_a_problem_of_before_names_its_name_once() -> None:
    old = Problem(**{"category": "blocked", "detail": "www.example.com: no room", "retry_at": None})
    assert shown(old).startswith("TLS: www.example.com: no room; next")
    assert Problem(**asdict(old)) == old


def test_what_concerns_the_account_only_is_shown_last_and_waits() -> None:
    failed = Problem("configuration", "the CA refuses it")
    past = History({CONTACT: Record(problem=failed), SERVICE: Record(problem=failed)})
    both = complaint.of_unit([CONTACT, SERVICE], past, NOW)
    assert [one.severity for one in both] == ["waiting", "blocked"]
    waiting = Complaint("waiting", "no answer", "www.example.com")
    seen = worst([both[0], waiting])
    assert seen == Complaint("waiting", "TLS: www.example.com: no answer (and 1 more)")
    seen = worst([both[0]])
    assert seen == Complaint("waiting", "TLS: the CA refuses it")
