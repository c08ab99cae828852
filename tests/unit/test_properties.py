"""What holds for every sequence of events and every text, not only for those in the tables."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir
from layer_lets_encrypt.ca import diagnosis
from layer_lets_encrypt.certificates import ledger, removal
from layer_lets_encrypt.rules import backoff, plan, stored
from layer_lets_encrypt.rules.facts import ABSENT, BROKEN, SANE, Certificate, Lineage
from layer_lets_encrypt.rules.problem import SEVERITY, Problem
from layer_lets_encrypt.rules.records import History, Record
from layer_lets_encrypt.rules.request import (
    InvalidRequest,
    Request,
    normalise_name,
    without_wildcard,
)

ROOT = Path(__file__).resolve().parents[2]
set_hypothesis_home_dir(ROOT / "build" / "hypothesis")
settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

DAY = 86400
START = 1_800_000_000.0
CA = "https://ca.example/dir"
NAME = "www.example.com"

categories = st.sampled_from(sorted(backoff.WAITS))
moments = st.floats(0, 4e9)
# Of each step: the time since the last one, whether the request was changed, what goes wrong.
steps = st.lists(
    st.tuples(st.floats(0, 3 * DAY), st.sampled_from("ab"), st.none() | categories, st.booleans()),
    max_size=60,
)


def lineage(state: str, age: float = 0) -> Lineage:
    begin = START - age
    found = Certificate((NAME,), begin, begin + 90 * DAY, "1f", "Test CA", "ecdsa")
    return Lineage(NAME, state, "", found if state == SANE else None, CA)


@given(steps)
def test_no_attempt_is_made_inside_a_wait(steps) -> None:
    """Hooks at any moments, with any failures: an attempt comes when its wait is over."""
    record, now, until = Record(), START, {}
    for passed, asked, failure, renewing in steps:
        now += passed
        found = lineage(ABSENT)
        decision = plan.decide(Request((NAME,), "x"), found, record, CA, asked, now, renewing)
        if decision.action != plan.ORDER:
            assert decision.action == plan.WAIT
            assert now < record.not_before
            continue
        assert asked != record.asked or now >= until.get(asked, 0)
        record = record.begin(asked, now)
        if failure is None:
            record, until = record.succeeded(), {}
            continue
        record = record.failed(Problem(failure, "words"), now)
        until = {asked: record.not_before}


@given(categories, st.lists(st.none() | moments, min_size=2, max_size=12))
def test_the_waits_of_one_request_never_shrink(category, retries) -> None:
    record, now, last = Record(), START, 0.0
    for retry_at in retries:
        record = record.begin("asked", now).failed(Problem(category, "words", retry_at), now)
        waited = backoff.not_before(category, record.failures, now, None) - now
        assert waited >= last
        assert record.not_before >= now + waited
        assert retry_at is None or record.not_before >= min(retry_at, now + backoff.MAX_WAIT)
        now, last = max(now, record.not_before), waited


@given(categories, st.integers(1, 10_000), moments, st.none() | moments)
def test_the_next_attempt_is_never_before_now_nor_before_what_the_ca_asked(
    category, failures, now, retry_at
) -> None:
    until = backoff.not_before(category, failures, now, retry_at)
    assert until >= now
    assert until >= min(retry_at or 0, now + backoff.MAX_WAIT)


@given(st.sampled_from([ABSENT, BROKEN, SANE]), st.floats(0, 200 * DAY), st.booleans())
def test_a_pass_without_past_either_keeps_or_orders_and_says_why(state, age, renewing) -> None:
    found = lineage(state, age)
    request = Request((NAME,), "x")
    decision = plan.decide(request, found, Record(), CA, "asked", START, renewing)
    assert decision.reason
    in_order = state == SANE and age < (60 if renewing else 90) * DAY
    assert decision.action == (plan.KEEP if in_order else plan.ORDER)


names = st.text(st.characters(codec="utf-8"), max_size=80) | st.from_regex(
    r"\A\s*(\*\.)?[A-Za-z0-9äöüß_-]{1,64}(\.[A-Za-z0-9ñ-]{1,30}){0,4}\.?\s*\Z"
)


@given(names, st.booleans())
@settings(max_examples=200)
def test_a_normalised_name_stays_as_it_is(text, wildcards) -> None:
    try:
        name = normalise_name(text, wildcards)
    except InvalidRequest as error:
        assert error.reason and error.remedy
        return
    assert normalise_name(name, wildcards) == name
    bare = without_wildcard(name)
    assert bare.isascii() and bare == bare.lower() and "/" not in bare and ".." not in bare
    assert not bare.startswith(("-", "."))


words = st.text(max_size=200) | st.sampled_from(
    ["urn:ietf:params:acme:error:rateLimited", '"detail": "too many"', "Retry-After: 86400",
     "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT", "retry after 2027-13-45 99:00:00 UTC",
     "Identifier: a.example\nType: caa\nDetail: forbidden", "No space left on device",
     "urn:ietf:params:acme:error:", "Your account is temporarily prevented https://ca.example/x",
     "Retry-After: ²", "Retry-After: " + "9" * 400]
)  # fmt: skip


@given(st.lists(words, max_size=6), st.lists(words, max_size=6), moments)
@settings(max_examples=300)
def test_whatever_certbot_says_is_some_problem(console, log, now) -> None:
    seen = diagnosis.classify("\n".join(console), "\n".join(log), now)
    assert seen.category in backoff.WAITS
    assert seen.detail and "\n" not in seen.detail
    assert seen.retry_at is None or seen.retry_at < now + backoff.MAX_WAIT


problems = st.builds(
    Problem, st.sampled_from(sorted(SEVERITY)), st.text(max_size=50), st.none() | moments
)
pasts = st.builds(
    Record, asked=st.text(max_size=16), begun=st.none() | moments, failures=st.integers(0, 99),
    failed_at=moments, not_before=moments, problem=st.none() | problems, made=st.booleans(),
    unwanted=st.none() | moments,
)  # fmt: skip
# lineages are called so, and so are arguments of certbot
keys = st.from_regex(r"\A[@a-z0-9é][a-z0-9.-]{0,20}\Z").filter(stored.is_file_name)
histories = st.builds(
    History, st.dictionaries(keys, pasts, max_size=4), st.dictionaries(keys, keys, max_size=3),
    st.dictionaries(keys, keys, max_size=3),
    claims=st.dictionaries(keys, st.lists(keys, max_size=3), max_size=3),
)  # fmt: skip


@given(histories)
def test_a_history_survives_the_disk(past) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.json")
        ledger.save(past, path)
        assert ledger.load(path) == past


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["records", "contacts", "loaded", "claims", "problem", "category", "x"]),
        inner, max_size=4)))  # fmt: skip
@settings(max_examples=150)
def test_any_json_reads_as_some_history(plain) -> None:
    import json

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.json")
        path.write_text(json.dumps(plain))
        assert isinstance(ledger.load(path), History)


sweeps = st.lists(
    st.tuples(st.floats(-DAY, 20 * DAY), st.sets(st.sampled_from("abc"))), max_size=12
)


@given(sweeps)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_wanted_or_not_ours_is_never_removed(sweeps) -> None:
    """``a`` and ``b`` were made by this layer, ``c`` was not; the clock may go back."""
    with tempfile.TemporaryDirectory() as folder:
        root, now, since = Path(folder), START, {}
        past = History({name: Record(made=name != "c") for name in "abc"})
        for name in "abc":
            (root / "live" / name).mkdir(parents=True)
        for passed, wanted in sweeps:
            now += passed
            there = {name for name in "abc" if (root / "live" / name).exists()}
            past = removal.sweep(past, wanted, now, lambda _: None, root)
            for name in there:
                first = since.get(name)
                since[name] = None if name in wanted else now if first is None else min(first, now)
                if (root / "live" / name).exists():
                    assert name not in wanted or past.records.get(name, Record()).unwanted is None
                    continue
                assert name != "c", "somebody else's"
                assert since[name] is not None, "wanted"
                assert now - since[name] >= removal.GRACE
                assert name not in past.records
