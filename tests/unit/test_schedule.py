"""The schedule: what cron takes, how often it runs, and whether it does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as some
from layer_lets_encrypt.machine import cron, schedule_watch
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.rules import schedule, schedule_option
from layer_lets_encrypt.rules.facts import Certificate
from layer_lets_encrypt.rules.request import InvalidRequest

HOUR, DAY = 3600, 86400
TEMPLATES = ROOT / "templates" / "lets-encrypt"


@pytest.mark.parametrize(
    ("fields", "gap"),
    [
        ("17 3,15 * * *", 12 * HOUR),
        ("* * * * *", 60),
        ("@hourly", HOUR),
        ("5 0-6 * * *", 18 * HOUR),
        ("0 */5 * * *", 5 * HOUR),
        ("@daily", DAY),
        ("30 4 * * mon-fri", 3 * DAY),
        ("0 3 * * 0", 7 * DAY),
        ("0 3 * * 7", 7 * DAY),
        ("@weekly", 7 * DAY),
        ("0 0 1 * *", 31 * DAY),
        ("0 0 1,15 * mon", 7 * DAY),
        ("0 0 */2 * mon", 21 * DAY),
        ("0 0 1 jan *", 366 * DAY),
        ("0 0 29 2 *", 1461 * DAY),
    ],
)
def test_the_longest_time_between_two_runs(fields: str, gap: float) -> None:
    assert schedule.longest_gap(fields) == gap


@pytest.mark.parametrize(
    "fields",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
     "* * * * 8", "*/0 * * * *", "5-3 * * * *", "a * * * *", "1,,2 * * * *", "@reboot", "@often",
     "0 0 30 2 *", "\u0663 * * * *", "-1 * * * *", "1- * * * *"],
)  # fmt: skip
def test_what_cron_refuses_or_never_runs_has_no_gap(fields: str) -> None:
    assert schedule.longest_gap(fields) is None


@given(some.text(alphabet="0123456789*/,-@abcdfijmnstuw \u0663", max_size=30))
def test_any_text_has_a_gap_or_none(fields: str) -> None:
    gap = schedule.longest_gap(fields)
    assert gap is None or 60 <= gap <= 8 * 366 * DAY


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Install web/0's cron file below a temporary folder; returns its path."""
    monkeypatch.setattr(cron, "CRON_DIR", tmp_path / "cron.d")
    state = tmp_path / "state"
    return lambda: cron.install("web/0", state / "renew", state / "journal.json", TEMPLATES)[1]


def script(tmp_path: Path) -> Path:
    return tmp_path / "state" / "renew"


def last_line(text: str, line: str) -> str:
    return "\n".join([*text.splitlines()[:-1], line]) + "\n"


@pytest.mark.parametrize(
    "line",
    ["*/7 2 * * sat root {script}", "@daily root nice {script} >/dev/null 2>&1",
     "  1 1 * * *\troot\t{script}"],
)  # fmt: skip
def test_an_edited_file_that_still_runs_the_script_stays(
    tmp_path: Path, install: Callable[[], Path], line: str
) -> None:
    target = install()
    text = last_line(target.read_text(), line.format(script=script(tmp_path))) + "LOUD=yes\n"
    target.write_text(text)
    assert cron.running_schedule("web/0", script(tmp_path)) == " ".join(
        line.split("root", maxsplit=1)[0].split()
    )
    install()
    assert target.read_text() == text


def _spoil(how: str, target: Path, text: str, script: Path) -> None:
    if how == "removed":
        target.unlink()
    elif how == "a link":
        os.replace(target, target.with_name("elsewhere"))
        target.symlink_to("elsewhere")
    elif how == "a second name":
        os.link(target, target.with_name("elsewhere"))
    elif how == "another owner":
        os.chown(target, 1, 1)
    elif how == "writable by others":
        target.chmod(0o666)
    elif how == "no script":
        script.unlink()
    elif how == "a script that cannot be run":
        script.chmod(0o644)
    else:
        target.write_text(text)


@pytest.mark.parametrize(
    ("how", "line"),
    [("removed", ""), ("a link", ""), ("a second name", ""), ("another owner", ""),
     ("writable by others", ""), ("no script", ""), ("a script that cannot be run", ""),
     ("empty", None), ("commented out", "# 1 1 * * * root {script}"),
     ("another user", "1 1 * * * nobody {script}"), ("another program", "1 1 * * * root /bin/true"),
     ("no such minute", "61 1 * * * root {script}"), ("only at boot", "@reboot root {script}"),
     ("one more bad line", "1 1 * * * root {script}\nnonsense"),
     ("no end of line", "1 1 * * * root {script}\n# end of the file$")],
)  # fmt: skip
def test_a_file_that_cron_does_not_take_is_noticed_and_restored(
    tmp_path: Path, install: Callable[[], Path], how: str, line: str | None
) -> None:
    target = install()
    assert cron.running_schedule("web/0", script(tmp_path)) is not None
    text = target.read_text()
    changed = last_line(text, line.format(script=script(tmp_path))) if line else ""
    _spoil(how, target, changed.replace("$\n", ""), script(tmp_path))
    assert cron.running_schedule("web/0", script(tmp_path)) is None
    install()
    assert cron.running_schedule("web/0", script(tmp_path)) is not None
    assert target.stat().st_mode & 0o777 == 0o644
    assert target.stat().st_uid == 0


NOW = 1_800_000_000.0


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "state", tmp_path / "logs")


@pytest.mark.parametrize(
    ("ran", "since", "programs", "cause"),
    [
        (1, 90, True, ""),
        (35, 90, True, ""),
        (37, 90, True, "since 2027-01-13"),
        (None, 35, True, ""),
        (None, 37, True, "since 2027-01-13"),
        (37, 1, True, ""),
        (-100, 90, True, ""),
        (None, 1, False, "cron is not installed"),
        (35, 90, False, ""),
        (37, 1, False, "cron is not installed"),
        (None, None, True, ""),
    ],
)
def test_a_schedule_that_does_not_run_is_noticed(
    places: Places,
    monkeypatch: pytest.MonkeyPatch,
    ran: float | None,
    since: float | None,
    programs: bool,
    cause: str,
) -> None:
    """``ran`` and ``since`` are hours before now."""
    places.state.mkdir()
    for path, hours in ((places.ran, ran), (places.scheduled, since)):
        if hours is not None:
            path.write_text(f"{NOW - hours * HOUR:.0f}\n")
    monkeypatch.setattr(schedule_watch, "_PROGRAMS", ("/bin/sh",) if programs else ("/no/such",))
    found = schedule_watch.trouble(places, schedule.USUAL_GAP, NOW)
    assert (found is not None) == bool(cause)
    assert found is None or (cause in found.cause and found.remedy != "")


def test_what_was_written_by_a_clock_far_ahead_is_forgotten(places: Places) -> None:
    """Otherwise a silent schedule would be noticed when that moment has come, in years."""
    places.state.mkdir()
    now = time.time()
    for path in (places.ran, places.scheduled):
        path.write_text(f"{now + 700 * DAY:.0f}\n")
        assert schedule_watch.is_ahead(places, now)
        schedule_watch.restarted(places)
        assert not schedule_watch.is_ahead(places, now)
        assert schedule_watch.trouble(places, schedule.USUAL_GAP, now) is None
        assert schedule_watch.trouble(places, schedule.USUAL_GAP, now + 3 * DAY) is not None
    places.ran.write_text(f"{now - HOUR:.0f}\n")
    schedule_watch.restarted(places)
    assert places.ran.exists(), "a run that was seen is not forgotten"


def test_the_script_leaves_the_moment_of_its_run(
    tmp_path: Path, install: Callable[[], Path]
) -> None:
    install()
    os.spawnv(os.P_WAIT, str(script(tmp_path)), ["renew"])
    seen = Places(tmp_path / "state", tmp_path).ran.read_text()
    assert abs(float(seen) - time.time()) < 60


def chosen(value: object) -> str:
    return schedule_option.read({"acme-renew-schedule": value})


@pytest.mark.parametrize(
    ("value", "fields"),
    [
        (None, ""), ("", ""), (" ", ""), ("17 3,15 * * *", "17 3,15 * * *"),
        ("  0\t4 * *  MON-Fri ", "0 4 * * mon-fri"), ("@Daily", "@daily"), ("weekly", "@weekly"),
        ("*/5 * * * 7", "*/5 * * * 7"),
        ("0 0-12/3 1,15 jan *", "0 0-12/3 1,15 jan *"),
    ],
)  # fmt: skip
def test_an_operators_times_are_taken_as_cron_writes_them(value: object, fields: str) -> None:
    assert chosen(value) == fields


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("twice a day", "not a time of cron's"), ("* * * *", "not a time"), ("* * * * * *", "not"),
        ("@reboot", "not a time"), ("@every 5m", "not a time"), ("@often", "not a time"),
        ("60 * * * *", "bad minute"), ("* 24 * * *", "bad hour"), ("* * 0 * *", "bad day-of"),
        ("* * * 13 *", "bad month"), ("* * * * 8", "bad day-of"), ("5-3 * * * *", "bad minute"),
        ("*/0 * * * *", "bad minute"), ("0 0 30 2 *", "bad day"), ("0 0 L * *", "no cron takes"),
        ("0 0 * * 5L", "no cron takes"), ("0 0 * * mon#1", "day of the week cannot be 'mon#1'"),
        ("5/15 * * * *", "minute cannot be '5/15'"), ("1,,2 * * * *", "minute cannot be '1,,2'"),
        ("-1 * * * *", "minute cannot be"), ("\u0663 * * * *", "minute cannot be"),
        ("0 0 * * * root touch", "not a time"), ("* * * * *\n* * * * *", "not a time"),
        ("0 0 * * %", "day of the week cannot be '%'"), ("\0 * * * *", "minute cannot be"),
        ("9" * 199 + " * * * *", "longer than 200"), ("0 0 * * " + "1," * 100 + "1", "longer"),
        ([], "is a list"), ({}, "is a dict"), (5, "not a time"), (True, "not a time"),
    ],
)  # fmt: skip
def test_what_is_not_a_time_of_crons_is_told_with_its_remedy(value: object, words: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        chosen(value)
    said = str(raised.value)
    assert said.startswith("'acme-renew-schedule' ")
    assert words in said
    assert "; set it to " in said
    assert said.isprintable() and len(said) < 190


def certificate(days: float) -> Certificate:
    return Certificate(("a.example",), 0, days * DAY, "1f", "CA", "rsa")


@pytest.mark.parametrize(
    ("fields", "lifetimes", "said"),
    [
        ("@daily", [90, 47, 6.7], ""),
        ("@weekly", [90, 47], ""),
        ("@weekly", [90, 6.7], "7 days pass between two runs, too long for a lifetime of 6 days"),
        ("@monthly", [90], "31 days pass between two runs, too long for a lifetime of 90 days; "
                           "set it to run every 15 days or more often"),
        ("@daily", [1], "24 hours pass between two runs, too long for a lifetime of 24 hours; "
                        "set it to run every 6 hours or more often"),
        ("@yearly", [], ""),
    ],
)  # fmt: skip
def test_a_schedule_too_seldom_for_a_lifetime_is_told(fields, lifetimes, said: str) -> None:
    seen = schedule_option.too_seldom(fields, map(certificate, lifetimes))
    assert (seen is None) == (not said)
    assert seen is None or (seen.severity, said in seen.text, len(seen.text) < 190) == (
        "blocked", True, True
    )  # fmt: skip


def test_the_option_replaces_the_times_of_the_file_and_gives_them_back(installing) -> None:
    install, state = installing
    by_chance = times(install())
    assert times(install("5 4 * * *")) == "5 4 * * *"
    assert times(install("5 4 * * *")) == "5 4 * * *"
    path = install("@weekly")
    assert times(path) == "@weekly"
    path.write_text(path.read_text().replace("@weekly", "1 1 * * *"))
    assert not cron.is_as_chosen("web/0", state / "renew", "@weekly")
    assert times(install("@weekly")) == "@weekly", "put back"
    assert times(install(None)) == "@weekly", "a mistyped option changes nothing"
    assert not cron.is_as_chosen("web/0", state / "renew", "")
    again = times(install(""))
    assert schedule.longest_gap(again) == 12 * HOUR
    assert cron.is_as_chosen("web/0", state / "renew", "")
    assert schedule.longest_gap(by_chance) == 12 * HOUR


def test_a_file_edited_by_hand_is_kept_while_the_option_is_unset(installing) -> None:
    install, state = installing
    path = install()
    path.write_text(path.read_text().replace(times(path), "1 2 * * *"))
    assert cron.is_as_chosen("web/0", state / "renew", "")
    before = path.read_text()
    assert install().read_text() == before
    assert install(None).read_text() == before


def times(path: Path) -> str:
    found = cron.schedule_in(path.read_text())
    assert found is not None
    return found


@pytest.fixture
def installing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What installs the cron file with the operator's times, and the folder of the scripts."""
    monkeypatch.setattr(cron, "CRON_DIR", tmp_path / "cron.d")
    state = tmp_path / "web-0"

    def install(fields: str | None = "") -> Path:
        journal = state / "journal.json"
        return cron.install("web/0", state / "renew", journal, TEMPLATES, "", fields)[1]

    return install, state
