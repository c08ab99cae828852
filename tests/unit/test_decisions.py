"""What is decided, when it is tried again, and what is remembered: pure tables."""

from __future__ import annotations

import pytest
from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.rules import backoff, plan, renewal
from layer_lets_encrypt.rules.facts import ABSENT, BROKEN, SANE, Certificate, Lineage
from layer_lets_encrypt.rules.plan import KEEP, ORDER, WAIT
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History, Record
from layer_lets_encrypt.rules.request import Request

DAY = 86400
NOW = 1_800_000_000.0
CA = "https://ca.example/dir"
NAMES = ("www.example.com", "example.com")
REQUEST = Request(NAMES, "the option fqdn")


def lineage(age: float = 1, lifetime: float = 90, names=NAMES, server: str = CA) -> Lineage:
    begin = NOW - age * DAY
    facts = Certificate(
        tuple(sorted(names)), begin, begin + lifetime * DAY, "1f", "Test CA", "ecdsa"
    )
    return Lineage("www.example.com", SANE, "", facts, server)


@pytest.mark.parametrize(
    ("days", "reserve"), [(90, 30), (64, 64 / 3), (45, 15), (10, 10 / 3), (9, 4.5), (6, 3)]
)
def test_a_third_of_the_lifetime_is_kept_in_reserve_half_of_a_short_one(days, reserve) -> None:
    assert renewal.due_at(0, days * DAY) == pytest.approx((days - reserve) * DAY)


@pytest.mark.parametrize(
    ("found", "record", "renewing", "action", "reason"),
    [
        (Lineage("www.example.com", ABSENT), Record(), False, ORDER, "no certificate yet"),
        (Lineage("www.example.com", BROKEN, "no conf"), Record(), False, ORDER, "no conf"),
        (lineage(), Record(), False, KEEP, "in order"),
        (lineage(), Record(), True, KEEP, "in order"),
        (
            lineage(names=("www.example.com",)),
            Record(),
            False,
            ORDER,
            "wanted is www.example.com, ",
        ),
        (lineage(names=NAMES[::-1]), Record(), False, KEEP, "in order"),
        (lineage(age=90.1), Record(), False, ORDER, "expired at"),
        (lineage(age=61), Record(), False, KEEP, "in order"),
        (lineage(age=61), Record(), True, ORDER, "due since"),
        (lineage(age=59), Record(), True, KEEP, "in order"),
        (
            lineage(server="https://other.example/dir"),
            Record(),
            False,
            ORDER,
            "comes from https://o",
        ),
        (lineage(server=""), Record(), False, KEEP, "in order"),
    ],
)
def test_decisions(found, record, renewing, action, reason) -> None:
    decision = plan.decide(REQUEST, found, record, CA, "asked", NOW, renewing)
    assert decision.action == action
    assert reason in decision.reason


def made_with(**facts) -> Lineage:
    """A lineage whose certificate is in order, but for what is said here."""
    of_lineage = {key: facts.pop(key) for key in ("root", "profile") if key in facts}
    found = lineage()
    assert found.certificate is not None
    return found._replace(certificate=found.certificate._replace(**facts), **of_lineage)


@pytest.mark.parametrize(
    ("wanted", "found", "record", "reason"),
    [
        ({"key_type": "ecdsa-384"}, made_with(key_bits=256), Record(), "is of type ecdsa-256"),
        ({"key_type": "ecdsa-384"}, made_with(key_bits=384), Record(), ""),
        ({"key_type": "rsa-2048"}, made_with(key_type="rsa", key_bits=4096), Record(), "rsa-4096"),
        ({"key_type": "rsa"}, made_with(key_type="rsa", key_bits=4096), Record(), ""),
        ({"key_type": "rsa"}, made_with(key_bits=256), Record(), "of type ecdsa, wanted is rsa"),
        ({}, made_with(key_type="rsa", key_bits=1024), Record(), ""),
        ({"profile": "shortlived"}, made_with(), Record(), "another profile, wanted is shortl"),
        ({"profile": "shortlived"}, made_with(profile="shortlived"), Record(), ""),
        ({"profile": "shortlived"}, made_with(), Record(profile="shortlived"), ""),
        ({"profile": "b"}, made_with(profile="a"), Record(profile="b"), "the profile a, wanted"),
        ({}, made_with(profile="a"), Record(profile="b", chain="X"), ""),
        ({"chain": "Root X2"}, made_with(root="Root X1"), Record(), "ends with Root X1, wanted"),
        ({"chain": "Root X2"}, made_with(root="Root X2"), Record(), ""),
        ({"chain": "Root X2"}, made_with(root="Root X1"), Record(chain="Root X2"), ""),
    ],
)  # fmt: skip
def test_a_certificate_of_another_kind_is_ordered_again(wanted, found, record, reason) -> None:
    decision = plan.decide(REQUEST._replace(**wanted), found, record, CA, "asked", NOW, False)
    assert (decision.action == ORDER) == bool(reason)
    assert reason in decision.reason


def test_what_a_certificate_was_ordered_with_is_known_once_it_is_there() -> None:
    begun = Record(profile="a", chain="X").begin("asked", NOW).trying("b", "")
    assert (begun.profile, begun.chain) == ("a", "X"), "that on disk is still the old one"
    broken = begun.failed(Problem("transient", "words"), NOW)
    assert (broken.profile, broken.chain, broken.tried) == ("a", "X", [])
    assert (begun.succeeded().profile, begun.succeeded().chain) == ("b", "")
    assert (begun.about("other").profile, begun.about("other").chain) == ("a", "X")


def failed(category: str, times: int = 1, asked: str = "asked") -> Record:
    record = Record()
    for _ in range(times):
        record = record.begin(asked, NOW).failed(Problem(category, "words"), NOW)
    return record


def test_a_failure_is_waited_for_and_the_moment_is_told() -> None:
    absent = Lineage("www.example.com", ABSENT)
    waiting = plan.decide(REQUEST, absent, failed("validation"), CA, "asked", NOW + 599, False)
    assert waiting.action == WAIT
    assert "next attempt 2027-01-15 08:10 UTC" in waiting.reason
    again = plan.decide(REQUEST, absent, failed("validation"), CA, "asked", NOW + 600, False)
    assert again.action == ORDER


def test_another_request_does_not_wait_for_the_failed_one() -> None:
    absent = Lineage("www.example.com", ABSENT)
    assert plan.decide(REQUEST, absent, failed("validation"), CA, "new", NOW, False).action == ORDER


@pytest.mark.parametrize(
    ("category", "waits"),
    [
        ("transient", [60, 600, 6000, DAY, DAY]),
        ("validation", [600, 6000, DAY, DAY]),
        ("interrupted", [0, 0, 0, 600, 6000, DAY, DAY]),
        ("paused", [DAY, DAY]),
    ],
)
def test_waits_grow(category, waits) -> None:
    for failures, wait in enumerate(waits, start=1):
        assert backoff.not_before(category, failures, NOW, None) == NOW + wait


def test_every_category_that_can_fail_has_its_waits() -> None:
    from layer_lets_encrypt.rules.problem import OBSTACLES, SEVERITY

    assert set(backoff.WAITS) >= set(SEVERITY) - set(OBSTACLES)


def test_the_cas_own_moment_is_honoured() -> None:
    assert backoff.not_before("rate-limited", 1, NOW, NOW + 9 * DAY) == NOW + 9 * DAY
    assert backoff.not_before("validation", 1, NOW, NOW + 5) == NOW + 600


def test_ten_hooks_five_minutes_apart_attempt_a_bad_name_twice() -> None:
    record, attempts = Record(), 0
    for hook in range(10):
        now = NOW + hook * 300
        if not record.waits("asked", now):
            attempts += 1
            record = record.begin("asked", now).failed(Problem("validation", "no"), now)
    assert attempts == 2


def test_a_new_request_starts_counting_anew() -> None:
    record = (
        failed("validation", times=3).begin("other", NOW).failed(Problem("validation", ""), NOW)
    )
    assert record.failures == 1


def test_a_clock_that_was_set_back_does_not_lock_for_ever() -> None:
    record = failed("validation", times=3)
    assert record.waits("asked", NOW + 1)
    assert not record.waits("asked", NOW - 30 * DAY)


def test_an_obstacle_is_no_failure() -> None:
    record = Record().hindered(Problem("waiting", "port 80 is not open yet"))
    assert record.failures == 0
    assert not record.waits("asked", NOW)


def test_an_attempt_is_judged_by_the_serial_before_it() -> None:
    begun = Record(forced=True).begin("asked", NOW).finding("1f", [])
    assert not begun.brought("1f"), "it is the one from before, however young"
    assert begun.brought("2e")
    assert Record().begin("asked", NOW).finding("", []).brought("1f"), "there was none"
    assert not Record(begun=NOW).brought("1f"), "an attempt of an older layer: nobody knows"
    ended = begun.failed(Problem("interrupted", "killed"), NOW)
    assert (ended.begun, ended.serial, ended.forced) == (None, None, True)


def test_success_forgets_the_failures() -> None:
    record = failed("validation").begin("asked", NOW).succeeded()
    assert (record.failures, record.problem, record.begun) == (0, None, None)
    assert record.made


def test_history_survives_the_disk(tmp_path) -> None:
    path = tmp_path / "history.json"
    past = History({"www.example.com": failed("validation", 2)}, {CA: "a@b.example"}, {"x": "1f"})
    for _ in range(2):
        ledger.save(past, path)
        assert ledger.load(path) == past
    assert (path.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, "\0", "NaN"])
def test_what_is_no_history_reads_as_an_empty_one_and_says_so(tmp_path, content) -> None:
    (tmp_path / "history.json").write_text(content)
    found = ledger.load(tmp_path / "history.json")
    assert found == History()
    assert found.faults


# Earlier than by lifetime


@pytest.mark.parametrize("lifetime", [90 * DAY, 64 * DAY, 45 * DAY, 6 * DAY])
def test_what_was_issued_together_is_not_renewed_together(lifetime: float) -> None:
    rule = renewal.due_at(NOW, NOW + lifetime)
    moments = {renewal.due_at(NOW, NOW + lifetime, f"{serial:x}") for serial in range(200)}
    assert len(moments) == 200
    assert rule - lifetime / 50 <= min(moments) <= max(moments) <= rule
    assert max(moments) - min(moments) > lifetime / 60, "spread over all of it"


def test_the_cas_advice_and_the_operators_come_before_the_lifetime() -> None:
    fresh = lineage(age=1)

    def action(record: Record = Record(), advised=None, renewing: bool = True) -> str:  # noqa: B008
        return plan.decide(REQUEST, fresh, record, CA, "asked", NOW, renewing, advised).action

    assert action() == plan.KEEP
    assert action(advised=NOW - 1) == plan.ORDER
    assert action(advised=NOW - 1, renewing=False) == plan.KEEP
    assert action(advised=NOW + DAY) == plan.KEEP
    assert action(Record(forced=True)) == plan.ORDER
    assert action(Record(forced=True), renewing=False) == plan.KEEP


def test_what_the_ca_itself_asked_for_outlasts_forgiveness() -> None:
    own = Record().begin("asked", NOW).failed(Problem("validation", "no"), NOW)
    assert own.waits("asked", NOW + 1) and not own.forgiven().waits("asked", NOW + 1)
    told = Problem("rate-limited", "slow down", NOW + DAY)
    limited = Record().begin("asked", NOW).failed(told, NOW).forgiven()
    assert limited.waits("asked", NOW + DAY - 1)
    assert not limited.waits("asked", NOW + DAY + 1)


def test_an_obstacle_to_a_changed_request_is_not_mistaken_for_the_old_ones() -> None:
    failed = Record().begin("old", NOW).failed(Problem("validation", "no"), NOW)
    hindered = failed.about("new").hindered(Problem("blocked", "no room"))
    assert (hindered.asked, hindered.failures) == ("new", 0)


def test_a_ca_that_wants_everything_renewed_gets_it_once_a_day() -> None:
    def action(record: Record, now: float) -> str:
        return plan.decide(REQUEST, lineage(), record, CA, "asked", now, True, NOW - DAY).action

    once = Record().begin("asked", NOW, advised=True).succeeded()
    assert action(once, NOW + DAY - 1) == plan.KEEP
    assert action(once, NOW + DAY + 1) == plan.ORDER
    failed = Record().begin("asked", NOW, advised=True).failed(Problem("transient", "no"), NOW)
    assert action(failed, NOW + 1) == plan.WAIT
    assert action(failed, NOW + 61) == plan.ORDER, "it has not been followed yet"
