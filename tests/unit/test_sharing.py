"""Tables of the rules by which units share certificates; for sequences see test_sharing_machine."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_lets_encrypt.rules import leading, shared_ledger, sharing
from layer_lets_encrypt.rules.leading import Unit
from layer_lets_encrypt.rules.shared_ledger import (
    NOTHING,
    Account,
    Entry,
    Generation,
    Ledger,
    Spent,
)
from layer_lets_encrypt.rules.sharing import Disk, Want

NOW, DAY = 1_800_000_000.0, 86400
CA, NAME = "https://ca.example/dir", "www.example.com"
WANT = Want("names", CA)
ENTRY = Entry("secret:1", "1f", NOW - DAY, NOW + 89 * DAY, "names", CA, "ecdsa")
LEDGER = Ledger(
    7, "web/0", NOW - 30 * DAY, 0, {CA: Account("secret:2", "thumb-print_1")}, {NAME: ENTRY},
    {NAME: Spent("asked", 1, 1, NOW - 50, NOW + 550, True, category="validation", detail="no")},
)  # fmt: skip


def disk(age: float = 1, serial: str = "1f", need: str = "") -> Disk:
    return Disk(Generation(NOW - age * DAY, serial), need)


@pytest.mark.parametrize(
    ("entry", "found", "is_better"),
    [
        (None, Disk(), False),
        (ENTRY, Disk(), True),
        (ENTRY, disk(), False),
        (ENTRY, disk(2), True),
        (ENTRY, disk(0.5), False),  # the follower's own is newer
        (ENTRY, disk(1, "1e"), True),
        (ENTRY, disk(1, "20"), False),
        (ENTRY, disk(0.5, need="names"), True),  # newer, but not what is wanted
        (ENTRY, disk(need="expired"), False),  # the same one is no remedy
        (replace(ENTRY, names="others"), Disk(), False),
        (replace(ENTRY, server="https://other.example/"), Disk(), False),
        (replace(ENTRY, server=""), Disk(), True),
        (replace(ENTRY, not_after=NOW - 1), disk(2), True),  # this unit's clock may be wrong
        (replace(ENTRY, not_after=NOW - 1), disk(0.5, need="names"), False),
    ],
)
def test_the_newer_certificate_is_taken_and_an_older_one_only_if_it_serves(
    entry, found, is_better
) -> None:
    assert sharing.is_better(entry, found, WANT, NOW) is is_better


def test_a_key_of_another_type_is_not_taken() -> None:
    assert not sharing.is_better(ENTRY, Disk(), WANT._replace(key_type="rsa"), NOW)
    assert sharing.is_better(ENTRY, Disk(), WANT._replace(key_type="ecdsa"), NOW)


def test_the_leader_publishes_what_is_in_order_and_not_published() -> None:
    assert sharing.is_to_be_published(None, disk())
    assert sharing.is_to_be_published(ENTRY, disk(0.5))
    assert not sharing.is_to_be_published(ENTRY, disk())
    assert not sharing.is_to_be_published(None, disk(need="expired"))


def unit(name: str = "web/0", is_leader: bool = True, others: str = "web/1", **known) -> Unit:
    ledger = known.pop("began", LEDGER)
    return Unit(name, is_leader, ledger, frozenset(filter(None, others.split())), **known)


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (unit(), ""),
        (unit("web/1", False), "the leader web/0 orders it; this unit gets it by itself"),
        (unit("web/0", False), "the leader orders it; this unit gets it by itself"),
        (unit("web/1"), "this unit is a new leader; it orders in its next hook"),
        (unit("web/1", others=""), ""),
        (unit("web/1", others="web/0", dying=frozenset({"web/0"})), "this unit is a new leader;"),
        (unit(began=NOTHING), "this unit is a new leader;"),
        (unit(began=NOTHING, others=""), ""),
        (unit(began=replace(LEDGER, format=2)), "a newer revision of the charm"),
        (unit(began=replace(LEDGER, format=2), others=""), "a newer revision of the charm"),
        (unit(began=replace(LEDGER, changes=1, since=NOW - 59)), "(1 in a row)"),
        (unit(began=replace(LEDGER, changes=1, since=NOW - 60)), ""),
        (unit(began=replace(LEDGER, changes=2, since=NOW - 599)), "(2 in a row)"),
        (unit(began=replace(LEDGER, changes=9, since=NOW - DAY)), ""),
        (unit(began=replace(LEDGER, changes=9, since=NOW + 61)), ""),  # the clock was set back
    ],
)
def test_who_may_order(who, says) -> None:
    problem = leading.refusal(who, NOW)
    assert says in (problem.text if problem else "")
    assert bool(says) == bool(problem)


def test_a_leader_of_an_older_revision_leaves_the_ledger_alone() -> None:
    assert leading.has_to_claim(unit("web/1"))
    assert not leading.has_to_claim(unit("web/1", began=replace(LEDGER, format=2)))
    assert not leading.has_to_claim(unit("web/0"))
    assert not leading.has_to_claim(unit("web/1", False))


def test_a_change_of_leader_counts_as_an_attempt_only_if_one_may_have_been_made() -> None:
    first = leading.claimed(unit(began=NOTHING), NOW, is_anything_due=True)
    assert (first.term, first.leader, first.since, first.changes) == (1, "web/0", NOW, 0)
    second = leading.claimed(unit("web/1", began=first), NOW, is_anything_due=True)
    assert (second.term, second.changes) == (2, 1)
    assert leading.claimed(unit("web/2", began=second), NOW, is_anything_due=True).changes == 2
    assert leading.claimed(unit("web/2", began=second), NOW, is_anything_due=False).changes == 0
    assert sharing.published(second, {NAME: ENTRY}).changes == 0


def test_fifty_leaders_that_die_of_their_orders_cost_ten_orders_a_week() -> None:
    ledger, now, orders, number = NOTHING, NOW, 0, 0
    while now < NOW + 7 * DAY:
        number += 1  # the lease has run out, and another unit leads
        now += 60
        ledger = leading.claimed(unit(f"web/{number}", began=ledger), now, is_anything_due=True)
        while leading.refusal(unit(f"web/{number}", began=ledger), now) is not None:
            now += 60
        orders += 1
    assert orders <= 11


def test_whom_the_leader_waits_for() -> None:
    answers = {"web/1": "thumb", "web/2": "older", "web/9": "thumb"}
    known = {"dying": frozenset({"web/4"}), "answers": answers}
    leader = unit(others="web/1 web/2 web/3 web/4", **known)
    assert leading.silent(leader, "thumb") == ["web/2", "web/3"]
    assert leading.silent(unit(others=""), "thumb") == []


@pytest.mark.parametrize(
    ("thumbprint", "said", "is_answering", "says"),
    [("new", "", True, "new"), ("new", "old", True, "new"), ("new", "new", True, None),
     ("new", "", False, None), ("", "old", True, None)],
)  # fmt: skip
def test_a_unit_says_once_that_it_answers(thumbprint, said, is_answering, says) -> None:
    assert sharing.answer_to_say(thumbprint, said, is_answering) == says


def test_only_a_leader_without_the_shared_account_takes_it() -> None:
    assert sharing.account_to_take(LEDGER, CA, "") == LEDGER.accounts[CA]
    assert sharing.account_to_take(LEDGER, CA, "own") == LEDGER.accounts[CA]
    assert sharing.account_to_take(LEDGER, CA, "thumb-print_1") is None
    assert sharing.account_to_take(LEDGER, "https://other.example/", "") is None


def test_a_follower_goes_on_serving_a_certificate_that_is_no_longer_wanted() -> None:
    assert sharing.keeps_serving(False, disk(need="names"))
    assert not sharing.keeps_serving(True, disk(need="names"))
    assert not sharing.keeps_serving(False, Disk())


def test_a_new_leader_waits_as_long_as_the_old_one_would_have() -> None:
    shared = LEDGER.spent[NAME]
    assert sharing.merged(Spent(), shared, NOW) == shared
    assert sharing.merged(Spent(), None, NOW) == Spent()
    newer = Spent(failures=2, failed_at=NOW - 10)
    assert sharing.merged(newer, shared, NOW) == newer
    success = Spent(issued_at=NOW - 40)
    assert sharing.merged(success, shared, NOW) == success


def test_a_wait_by_a_clock_that_is_ahead_keeps_its_length() -> None:
    ahead = Spent("asked", 1, 1, NOW + 4000, NOW + 4600)
    merged = sharing.merged(Spent(), ahead, NOW)
    assert (merged.failed_at, merged.not_before) == (NOW, NOW + 600)


@pytest.mark.parametrize("form", ["secret:1", "1", "secret://model-uuid/1"])
def test_what_was_in_a_secret_that_was_removed_is_published_again(form) -> None:
    assert sharing.without_lost(LEDGER, [form, "secret:2", "secret:9"]) == LEDGER
    assert sharing.without_lost(LEDGER, ["secret:2"]) == replace(LEDGER, lineages={})
    assert sharing.without_lost(LEDGER, [form]) == replace(LEDGER, accounts={})


def test_what_nobody_wants_leaves_the_ledger_and_names_its_secret() -> None:
    after, secrets = sharing.withdrawn(LEDGER, {NAME})
    assert (after.lineages, after.spent, secrets) == ({}, {}, ["secret:1"])
    assert sharing.withdrawn(LEDGER, {"other.example.com"}) == (LEDGER, [])


def test_a_ledger_survives_its_text_which_is_the_same_for_the_same_ledger() -> None:
    text = shared_ledger.text_of(LEDGER)
    again = shared_ledger.parse(text)
    assert (again, again.faults) == (LEDGER, ())
    assert shared_ledger.text_of(again) == text
    assert shared_ledger.parse("") == NOTHING


def test_a_hundred_certificates_take_no_more_than_45_kb() -> None:
    names = [f"customer-{number:03}.long-name.example.com" for number in range(100)]
    entry = replace(ENTRY, uri="secret:" + "c" * 20, serial="f" * 36, names="d" * 16)
    ledger = replace(LEDGER, lineages=dict.fromkeys(names, entry))
    assert len(shared_ledger.text_of(ledger)) < 45_000


def test_words_in_the_ledger_are_cut() -> None:
    ledger = sharing.with_spent(LEDGER, {NAME: replace(LEDGER.spent[NAME], detail="x" * 5000)})
    assert len(shared_ledger.parse(shared_ledger.text_of(ledger)).spent[NAME].detail) == 200


@pytest.mark.parametrize(
    "text", ["{", "[]", "7", "null", '"text"', "[" * 100_000, "\x00", "{}" + " " * 17_000_000]
)
def test_garbage_is_an_empty_ledger_with_a_fault(text) -> None:
    ledger = shared_ledger.parse(text)
    assert ledger == NOTHING
    assert ledger.faults


def broken(path: str, value: object) -> str:
    """Return the ledger's text with another value at a path."""
    plain = json.loads(shared_ledger.text_of(LEDGER))
    *folders, last = path.split("|")
    inner = plain
    for folder in folders:
        inner = inner[folder]
    inner[last] = value
    return json.dumps(plain)


@pytest.mark.parametrize(
    ("path", "value", "lost"),
    [
        (f"lineages|{NAME}|uri", "file:///etc/shadow", "lineages"),
        (f"lineages|{NAME}|uri", "--help", "lineages"),
        (f"lineages|{NAME}|not_before", float("nan"), "lineages"),
        (f"lineages|{NAME}|not_after", 5, "lineages"),
        (f"lineages|{NAME}|serial", "", "lineages"),
        (f"lineages|{NAME}", [], "lineages"),
        ("lineages", [], "lineages"),
        (f"accounts|{CA}|thumbprint", "a; return 200", "accounts"),
        (f"accounts|{CA}|thumbprint", "", "accounts"),
        (f"accounts|{CA}", None, "accounts"),
        (f"spent|{NAME}|failures", -1, "spent"),
        (f"spent|{NAME}|not_before", 1e300, "spent"),
    ],
)
def test_a_broken_record_costs_itself_alone(path, value, lost) -> None:
    ledger = shared_ledger.parse(broken(path, value))
    assert ledger.faults == (lost,)
    assert ledger == replace(LEDGER, **{lost: {}})


@pytest.mark.parametrize(("name", "value"), [("term", -1), ("leader", 7), ("since", "x")])
def test_a_term_counts_only_with_all_that_belongs_to_it(name, value) -> None:
    ledger = shared_ledger.parse(broken(name, value))
    assert (ledger.term, ledger.leader, ledger.since) == (0, "", 0)
    assert ledger.lineages == LEDGER.lineages


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", "."])
def test_a_lineage_with_a_dangerous_name_is_left_out(name) -> None:
    text = shared_ledger.text_of(LEDGER).replace(json.dumps(NAME), json.dumps(name))
    assert shared_ledger.parse(text).lineages == {}


def test_a_higher_format_is_read_and_known_to_be_one() -> None:
    plain = json.loads(shared_ledger.text_of(LEDGER))
    plain.update(format=2, new={})
    plain["lineages"][NAME]["colour"] = "green"
    ledger = shared_ledger.parse(json.dumps(plain))
    assert ledger.is_read_only
    assert ledger.lineages == LEDGER.lineages
    assert not shared_ledger.parse(broken("format", "two")).is_read_only


def test_of_two_relations_the_ledger_of_the_latest_term_counts() -> None:
    older, newer = replace(LEDGER, term=6), LEDGER
    assert shared_ledger.newest({"units:9": older, "units:10": newer}) is newer
    assert shared_ledger.newest({"units:9": newer, "units:10": older}) is newer
    twin = replace(LEDGER, leader="web/1")
    assert shared_ledger.newest({"units:10": twin, "units:9": LEDGER}) is twin
    assert shared_ledger.newest({}) == NOTHING


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["term", "format", "accounts", "lineages", "spent", NAME, "uri"]),
            inner,
            max_size=5,
        ),
    )
)
def test_any_json_reads_as_some_ledger_that_can_be_written(plain) -> None:
    ledger = shared_ledger.parse(json.dumps(plain))
    assert shared_ledger.parse(shared_ledger.text_of(ledger)) == ledger
