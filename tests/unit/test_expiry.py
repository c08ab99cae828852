"""Nobody is surprised by an expiry: what is renewed in time, and what is said otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from layer_lets_encrypt.rules import backoff, complaint, expiry, neglect, plan, renewal, schedule
from layer_lets_encrypt.rules.complaint import Complaint
from layer_lets_encrypt.rules.facts import SANE, Certificate, Lineage
from layer_lets_encrypt.rules.neglect import Rhythm
from layer_lets_encrypt.rules.plan import KEEP, ORDER, Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History, Record
from layer_lets_encrypt.rules.request import Request

HOUR, DAY = 3600.0, 86400.0
BEGIN = 1_800_000_000.0  # 2027-01-15 08:00 UTC
CA = "https://ca.example/dir"
NAME = "www.example.com"
REQUEST = Request((NAME,), "the option fqdn")
TWICE_A_DAY = schedule.USUAL_GAP


def lineage(lifetime: float, begin: float = BEGIN, serial: str = "1f") -> Lineage:
    facts = Certificate((NAME,), begin, begin + lifetime, serial, "Test CA", "ecdsa")
    return Lineage(NAME, SANE, "", facts, CA)


def decide(
    found: Lineage,
    now: float,
    renewing: bool,
    gap: float | None = TWICE_A_DAY,
    record: Record | None = None,
) -> Decision:
    return plan.decide(REQUEST, found, record or Record(), CA, "asked", now, renewing, gap=gap)


# When it is renewed


@pytest.mark.parametrize(
    ("lifetime", "gap", "left"),
    [
        (6 * HOUR, TWICE_A_DAY, 3 * HOUR),
        (12 * HOUR, TWICE_A_DAY, 6 * HOUR),
        (2 * DAY, TWICE_A_DAY, 1 * DAY),
        (6 * DAY, TWICE_A_DAY, 1 * DAY),
        (6 * DAY, 7 * DAY, 3 * DAY),
        (45 * DAY, TWICE_A_DAY, 1.5 * DAY),
        (90 * DAY, TWICE_A_DAY, 3 * DAY),
        (90 * DAY, 7 * DAY, 14 * DAY),
        (90 * DAY, 31 * DAY, 30 * DAY),
        (398 * DAY, TWICE_A_DAY, 398 * DAY / 30),
    ],
)
def test_any_hook_renews_where_the_schedule_may_come_too_late(
    lifetime: float, gap: float, left: float
) -> None:
    found, end = lineage(lifetime, serial=""), BEGIN + lifetime
    assert decide(found, end - left - 60, False, gap).action == KEEP
    decision = decide(found, end - left + 60, False, gap)
    assert (decision.action, "expires at" in decision.reason) == (ORDER, True)
    assert decide(found, end - 1, False, gap=None).action == KEEP, "the charm forbids renewals"


LIFETIMES = some.floats(6 * HOUR, 398 * DAY)


@given(LIFETIMES, some.floats(0, 1), some.floats(60, 7 * DAY), some.text(max_size=8))
def test_every_lifetime_is_renewed_in_time_by_hooks_and_cron_together(
    lifetime: float, phase: float, gap: float, serial: str
) -> None:
    """Hooks come once an hour, at worst; cron at any moment of its period."""
    found = lineage(lifetime, serial=serial)
    end, due = BEGIN + lifetime, renewal.due_at(BEGIN, BEGIN + lifetime, serial)
    run = due + phase * gap  # the first scheduled run that finds it due
    hook = renewal.urgent_at(BEGIN, end, serial, gap) + HOUR
    first = min(run, hook)
    assert decide(found, first, renewing=run < hook, gap=gap).action == ORDER
    assert end - first > min(lifetime / 4, DAY / 2)
    assert decide(found, due - 1, False, gap).action == KEEP, "never before it is due"


@given(LIFETIMES, some.sampled_from(sorted(backoff.WAITS)), some.integers(1, 20))
def test_failures_are_never_waited_for_until_the_end(
    lifetime: float, category: str, failures: int
) -> None:
    longest = renewal.longest_wait(BEGIN, BEGIN + lifetime)
    until = backoff.not_before(category, failures, BEGIN, None, longest)
    assert until - BEGIN <= min(lifetime / 10, DAY) + 0.001
    asked = backoff.not_before(category, failures, BEGIN, BEGIN + 2 * DAY, longest)
    assert asked == BEGIN + 2 * DAY, "what the CA asks for is kept to"


def test_a_clock_that_is_far_ahead_orders_no_certificate_in_each_hook() -> None:
    found, now = lineage(90 * DAY), BEGIN + 89 * DAY
    just_issued = Record(issued_at=now - HOUR)
    assert decide(found, now, False, record=just_issued).action == KEEP
    assert decide(found, now, False, record=Record(issued_at=BEGIN)).action == ORDER


# What is said


def said(
    now: float, record: Record, rhythm: Rhythm, lifetime: float = 90 * DAY
) -> Complaint | None:
    """The complaint of a hook; nothing is renewed, and ``record`` says why."""
    past = History({NAME: record})
    decisions = [plan.decide(REQUEST, lineage(lifetime), record, CA, record.asked, now, True)]
    found = complaint.of_decisions(decisions, past, now)
    return complaint.worst([*found, *neglect.complaints(decisions, past, now, rhythm)])


NO_CRON = Rhythm(cause="cron is not running since 2027-01-15", remedy="run 'service cron start'")


def test_the_statuses_of_a_certificate_whose_cron_is_gone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sequence: list[tuple[int, Complaint | None]] = []
    for day in range(93):
        told = said(BEGIN + day * DAY + HOUR, Record(), NO_CRON)
        if not sequence or sequence[-1][1] != told:
            sequence.append((day, told))
    with capsys.disabled():
        print("\na certificate of 90 days, cron gone:")
        for day, told in sequence:
            words = f"{told.severity}: {told.text}" if told else "(nothing)"
            print(f"  day {day:2} {words}")
    severities = [(day, told and told.severity) for day, told in sequence]
    assert severities[0] == (0, None)
    assert severities[1] == (45, "waiting")
    assert next(day for day, severity in severities if severity == "blocked") == 75
    assert all(severity == "blocked" for day, severity in severities if day >= 75)
    for day, told in sequence[1:]:
        assert told is not None
        assert ("expired on 2027-04-15" if day >= 90 else "expires 2027-04-15") in told.text
        assert "run 'service cron start'" in told.text
        assert len(told.text) < 200


FAILED = Record(
    "asked", failures=3, failed_at=BEGIN, not_before=BEGIN + 400 * DAY,
    problem=Problem("transient", "the CA cannot be reached: no route to its host"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "severity", "expires"),
    [(61, "waiting", "expires 2027-04-15"), (74, "waiting", "expires 2027-04-15"),
     (76, "blocked", "expires 2027-04-15"), (88.5, "blocked", "expires 2027-04-15 08:00 UTC"),
     (91, "blocked", "expired on 2027-04-15")],
)  # fmt: skip
def test_a_failing_renewal_tells_the_date_and_is_blocked_near_the_end(
    day: float, severity: str, expires: str
) -> None:
    told = said(BEGIN + day * DAY, FAILED, Rhythm())
    assert told is not None
    assert told.severity == severity
    assert told.text.startswith(f"TLS: {NAME}: the CA cannot be reached: no route")
    assert expires in told.text
    assert "next attempt" in told.text


def test_the_date_leaves_the_line_short_with_cause_and_remedy_whole() -> None:
    cause, remedy = "c" * 80, "r" * 46
    long = replace(FAILED, problem=Problem("transient", cause, remedy=remedy))
    told = said(BEGIN + 76 * DAY, long, Rhythm())
    assert told is not None
    assert len(told.text) < 200
    assert f": {cause}; {remedy}; expires 2027-04-15" in told.text


@pytest.mark.parametrize(
    ("lifetime", "age", "severity"),
    [
        (12 * HOUR, 7 * HOUR, None),
        (12 * HOUR, 9 * HOUR, "waiting"),
        (12 * HOUR, 10.5 * HOUR, "blocked"),
        (90 * DAY, 61 * DAY, None),
        (90 * DAY, 63 * DAY, "waiting"),
        (90 * DAY, 76 * DAY, "blocked"),
        (398 * DAY, 260 * DAY, None),
        (398 * DAY, 300 * DAY, "waiting"),
        (398 * DAY, 340 * DAY, "blocked"),
    ],
)
def test_what_is_due_and_not_renewed_is_told_long_before_the_end(
    lifetime: float, age: float, severity: str | None
) -> None:
    told = said(BEGIN + age, Record(), Rhythm(), lifetime)
    assert (told and told.severity) == severity
    assert told is None or "run the action lets-encrypt-renew" in told.text


def test_a_clock_that_is_ahead_of_the_cas_does_not_make_a_new_certificate_neglected() -> None:
    """The CA dates a certificate by its own clock: by the unit's it is due when it arrives."""
    for day in (61, 63, 70):
        now = BEGIN + day * DAY
        assert said(now, Record(issued_at=now - HOUR), Rhythm()) is None
        assert said(now, Record(issued_at=now + DAY), Rhythm()) == said(now, Record(), Rhythm())
    now = BEGIN + 70 * DAY
    told = said(now, Record(issued_at=now - 3 * DAY), Rhythm())
    assert told is not None and "nobody has renewed it" in told.text


def test_where_a_new_certificate_is_almost_at_its_end_the_clock_is_doubted() -> None:
    now = BEGIN + 80 * DAY
    told = said(now, Record(issued_at=now - HOUR), Rhythm())
    assert told is not None
    assert told.severity == "blocked"
    assert "it was ordered at 2027-04-05 07:00 UTC only; check the unit's clock" in told.text
    assert "expires 2027-04-15" in told.text


def test_a_weekly_schedule_is_no_neglect() -> None:
    for day in (63, 66):
        assert said(BEGIN + day * DAY, Record(), Rhythm(gap=7 * DAY)) is None


def test_a_charm_that_forbids_renewals_is_named() -> None:
    rhythm = NO_CRON._replace(flag="lets-encrypt.renew.disable")
    told = said(BEGIN + 76 * DAY, Record(), rhythm)
    assert told is not None
    assert "the charm has set lets-encrypt.renew.disable" in told.text
    assert said(BEGIN + 50 * DAY, Record(), rhythm) is None


def test_a_machine_without_cron_is_told_at_once_with_the_date() -> None:
    rhythm = Rhythm(cause="cron is not installed", remedy="run 'apt install cron'", is_certain=True)
    told = said(BEGIN + HOUR, Record(), rhythm)
    assert told is not None
    assert told.severity == "waiting"
    assert "apt install cron" in told.text and "expires 2027-04-15" in told.text


@given(LIFETIMES, some.floats(0, 1.1))
def test_severity_follows_the_lifetime(lifetime: float, part: float) -> None:
    found = lineage(lifetime).certificate
    assert found is not None
    stage = expiry.stage(found, BEGIN + part * lifetime)
    assert (stage.severity == "blocked") == (lifetime - part * lifetime < lifetime / 6)
    assert stage.words.startswith("expired on" if part > 1 else "expire")


def test_the_date_of_a_certificate_for_other_names_says_nothing() -> None:
    other = REQUEST._replace(names=(NAME, "other.example.com"))
    now = BEGIN + 89 * DAY
    decisions = [plan.decide(other, lineage(90 * DAY), FAILED, CA, "asked", now, True)]
    told = complaint.of_decisions(decisions, History({NAME: FAILED}), now)[0]
    assert (told.severity, told.expires) == ("waiting", "")
