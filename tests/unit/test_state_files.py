"""The layer's own files, whatever has become of them: read as far as possible, never waited for."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import claims, ledger, repair
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine import cron, files, os_errors, package_timer, state_files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import advice
from layer_lets_encrypt.passes.checks import Checks
from layer_lets_encrypt.passes.survey import dns_is_left
from layer_lets_encrypt.rules import plan, stored
from layer_lets_encrypt.rules.dns_rounds import PROOF
from layer_lets_encrypt.rules.facts import ABSENT, Lineage
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History, Record
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.web import guard_journal
from layer_lets_encrypt.web.guard_journal import Unreadable

NOW = 1_800_000_000.0
NAME = "www.example.com"

pytestmark = pytest.mark.timeout(20)  # a test that reads from a pipe ends


@pytest.fixture
def places(tmp_path: Path) -> Places:
    found = Places(tmp_path / "lib" / "web-0", tmp_path / "log")
    found.state.mkdir(parents=True)
    return found


def put_directory(path: Path) -> None:
    (path / "inner").mkdir(parents=True)


def put_link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def put_link_to_a_pipe(path: Path) -> None:
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    path.symlink_to(pipe)


def put_huge(path: Path) -> None:
    path.write_bytes(b"{}")
    os.truncate(path, 10 * files.MAX_READ)


KINDS = [put_directory, os.mkfifo, put_link_to_itself, put_link_to_a_pipe, put_huge,
         lambda path: path.symlink_to("/dev/zero"), lambda path: path.write_bytes(b"\xff\xfe"),
         lambda path: path.write_text("[" * 200_000), lambda path: path.write_text("")]  # fmt: skip
KIND_NAMES = ["folder", "pipe", "loop", "link to a pipe", "huge", "link to a device", "no UTF-8",
              "nested without end", "empty"]  # fmt: skip
in_each_kind = pytest.mark.parametrize("put", KINDS, ids=KIND_NAMES)


@in_each_kind
def test_the_history_is_set_aside_once_and_goes_on(places: Places, put) -> None:
    put(places.history)
    past = ledger.load(places.history)
    assert past == History()
    (said,) = state_files.put_right(places, past)
    assert "history.json could not be read" in said
    past.records[NAME] = Record(asked="x")
    ledger.save(past, places.history)
    assert state_files.put_right(places, ledger.load(places.history)) == []
    assert ledger.load(places.history).records == {NAME: Record(asked="x")}
    assert os.path.lexists(places.history.with_name("history.json.aside-1"))


@in_each_kind
@pytest.mark.parametrize("name", ["facts", "renewal_info", "dns_journal", "scheduler", "marker"])
def test_no_file_of_the_layer_keeps_a_hook(places: Places, put, name: str) -> None:
    path = getattr(places, name)
    put(path)
    assert files.read_json(path, "default") == "default"
    dns_is_left(places)
    reader = Reader(places.facts, places.state / "letsencrypt")
    assert reader.inspect(NAME).state == ABSENT
    advice.Advice(places.renewal_info)._is_silent("https://ca.example/dir")
    state_files.put_right(places, History())
    assert state_files.put_right(places, History()) == []
    files.write_json(path, {})
    assert files.read_json(path, None) == {}
    files.remove(path)
    assert not path.exists()


@in_each_kind
def test_a_file_is_written_whatever_was_in_its_place(places: Places, put) -> None:
    put(places.facts)
    files.write_json(places.facts, {"a": 1})
    assert json.loads(places.facts.read_text()) == {"a": 1}
    assert not places.facts.is_symlink()


def test_few_copies_are_kept(places: Places) -> None:
    for number in range(10):
        places.history.write_text(f"no history {number}")
        state_files.put_right(places, ledger.load(places.history))
    kept = sorted(path.read_text() for path in places.state.glob("*.aside-*"))
    assert kept == ["no history 7", "no history 8", "no history 9"]


SOUND = {"asked": "x", "failures": 2, "failed_at": NOW, "not_before": NOW + 60, "made": True,
         "problem": {"category": "validation", "detail": "words", "retry_at": None}}  # fmt: skip


def read(**plain) -> History:
    return ledger.from_plain(json.loads(json.dumps(plain)))


def test_an_unknown_field_costs_that_field() -> None:
    newer = {**SOUND, "color": "red", "problem": {**SOUND["problem"], "depth": 3}}
    past = read(records={NAME: newer}, planets={}, claims={NAME: [NAME]}, version=1)
    assert past.of(NAME).waits("x", NOW)
    assert past.claims == {NAME: [NAME]}
    assert past.faults == []


@pytest.mark.parametrize(
    ("key", "value"),
    [("failures", "2"), ("failures", -1), ("failures", True), ("not_before", "soon"),
     ("not_before", float("nan")), ("failed_at", float("inf")), ("failed_at", 10**400),
     ("failed_at", 1e300), ("begun", [1]), ("made", "yes"), ("asked", None), ("asked", {}),
     ("problem", "words"), ("problem", {"category": [], "detail": 1}), ("unwanted", {}),
     ("problem", {"category": "validation", "detail": "x", "retry_at": float("inf")})],
)  # fmt: skip
def test_a_broken_record_costs_that_record(key: str, value: object) -> None:
    other = {"b.example": {**SOUND}}
    plain = {"records": {NAME: {**SOUND, key: value}, **other}, "loaded": {NAME: "1f", "x": 7},
             "claims": {NAME: [NAME], "y": "z", "a/b": [], "..": []}}  # fmt: skip
    past = ledger.from_plain(json.loads(json.dumps(plain)))
    assert list(past.records) == ["b.example"]
    assert past.records["b.example"].failures == 2
    assert (past.loaded, past.claims) == ({NAME: "1f"}, {NAME: [NAME]})
    assert sorted(set(past.faults)) == ["claims", "loaded", "records"]


def test_only_what_differs_from_nothing_is_written(places: Places) -> None:
    full = Record(problem=Problem("validation", "no"), failures=1, suspect=False, numbered=["x"])
    past = History({"a": Record(), "b": Record(made=True), "c": full})
    ledger.save(past, places.history)
    assert ledger.load(places.history) == past
    written = json.loads(places.history.read_text())["records"]
    assert (written["a"], written["b"]) == ({}, {"made": True})


def test_a_category_of_another_version_still_waits() -> None:
    past = read(records={NAME: {**SOUND, "problem": {"category": "eclipse", "detail": "dark"}}})
    assert past.of(NAME).problem == Problem("transient", "dark")
    assert past.of(NAME).waits("x", NOW)


def test_a_history_of_another_version_is_read_and_kept_aside(places: Places) -> None:
    places.history.write_text(json.dumps({"version": 7, "records": {NAME: SOUND}, "moons": [1]}))
    before = places.history.read_text()
    past = ledger.load(places.history)
    (said,) = state_files.put_right(places, past)
    assert "another version" in said
    assert past.of(NAME).made
    assert ledger.load(places.history) == past
    assert places.history.with_name("history.json.aside-1").read_text() == before


@pytest.mark.parametrize("index", range(8))
@pytest.mark.parametrize("value", [None, "x", 7, float("nan"), [], {}, ["a", 1], 10**400])
def test_facts_of_another_form_are_read_from_the_disk_again(
    places: Places, index: int, value: object
) -> None:
    config_dir = places.state / "letsencrypt"
    reader = Reader(places.facts, config_dir)
    reader.inspect(NAME)
    reader.remember()
    plain = json.loads(places.facts.read_text())
    facts: list[object] = [[NAME], 1.0, 2.0, "1f", "CA", "rsa", "", 256]
    facts[index] = value
    plain[NAME][1] = ["sane", "", facts, "", "", ""]
    places.facts.write_text(json.dumps(plain))
    found = Reader(places.facts, config_dir).inspect(NAME)
    strings = 2 < index < 7 and isinstance(value, str)
    fitting = (index in (1, 2, 7) and value == 7) or (index == 0 and value == [])
    assert (found.certificate is not None) == (strings or fitting)


@pytest.mark.parametrize("known", [["s"], ["s", "x"], ["s", None], ["s", float("inf")], {}, 1])
def test_what_is_no_memory_of_the_cas_silence_is_none(places: Places, known: object) -> None:
    files.write_json(places.renewal_info, {advice.SILENT: known})
    assert advice.Advice(places.renewal_info)._is_silent("s") is False


@pytest.mark.parametrize("content", ["[]", '{"timer": "x"}', "{", "7"])
def test_a_timer_whose_marker_is_lost_comes_back_as_the_package_brings_it(
    places: Places, content: str, monkeypatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(package_timer, "_timer", lambda *verb: asked.append(verb))
    monkeypatch.setattr(package_timer, "CRON_FILE_OFF", places.state / "none")
    places.scheduler.write_text(content)
    state_files.put_right(places, History())
    package_timer.turn_on(places.scheduler)
    assert asked == [("enable", "--now")]
    assert not places.scheduler.exists()


@in_each_kind
def test_a_journal_that_says_nothing_is_told_from_none(places: Places, put) -> None:
    assert guard_journal.read(places.journal) is None
    put(places.journal)
    with pytest.raises(Unreadable):
        guard_journal.read(places.journal)


@pytest.mark.parametrize(
    "plain",
    [[], None, 7, {"attempt": 1}, {"service": ["x"]}, {"moves": [["a", "b"]]}, {"moves": [["/a"]]},
     {"moves": [7]}, {"moves": 7}, {"companions": "x"}, {"companions": [1]}, {"boot": {}},
     {"moves": [["/a\0", "/b"]]}],
)  # fmt: skip
def test_a_journal_of_another_form_is_unreadable(places: Places, plain: object) -> None:
    files.write_json(places.journal, plain)
    with pytest.raises(Unreadable):
        guard_journal.read(places.journal)


def test_an_operators_cron_file_that_is_a_pipe_is_replaced(places: Places, monkeypatch) -> None:
    monkeypatch.setattr(cron, "CRON_DIR", places.state)
    os.mkfifo(cron.path_for("web/0"))
    templates = Path(__file__).resolve().parents[2] / "templates" / "lets-encrypt"
    _, target = cron.install("web/0", places.script, places.journal, templates)
    assert cron.schedule_in(target.read_text())


@pytest.fixture
def blog(places: Places) -> Places:
    """Another unit of the machine, which claims a name."""
    found = Places(places.state.with_name("blog-0"), places.logs)
    found.state.mkdir()
    ledger.save(History(claims={NAME: [NAME]}), found.history)
    return found


def test_claims_end_with_the_agent(places: Places, blog: Places, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(claims, "AGENTS", tmp_path / "agents")
    assert NAME in claims.claims(places), "no agents are kept here: nobody knows"
    (tmp_path / "agents" / "unit-web-0").mkdir(parents=True)
    assert claims.claims(places) == {} and claims.kept(places) == set()
    (tmp_path / "agents" / "unit-blog-0").mkdir()
    assert NAME in claims.claims(places)


def test_claims_end_when_nobody_renews_them(places: Places, blog: Places) -> None:
    past = time.time() - 31 * 86400
    os.utime(blog.history, (past, past))
    assert claims.claims(places) == {}
    claims.renew_claims(blog)
    assert NAME in claims.claims(places)
    before = blog.history.stat().st_mtime_ns
    claims.renew_claims(blog)
    assert blog.history.stat().st_mtime_ns == before, "once a day"
    claims.renew_claims(places)
    assert not places.history.exists(), "a unit that wants nothing keeps nothing"


def test_an_error_of_the_machine_is_told_with_its_path_and_a_remedy(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError) as raised:
        files.write_json(tmp_path / "file" / "x" / "y", 1)
    assert f"for {tmp_path}/file; look at" in os_errors.words(raised.value)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/var/lib/x")
    assert os_errors.words(full) == (
        "No space left on device for /var/lib/x; free some space on that file system"
    )
    assert os_errors.words(OSError("the guard did not start")) == "the guard did not start"
    assert "memory" in os_errors.words(OSError(errno.ENOMEM, "Cannot allocate memory"))


def test_a_write_that_fails_names_its_file() -> None:
    with pytest.raises(OSError) as raised:
        files.write_atomic(Path("/proc/self/x"), "")
    assert "/proc/self" in os_errors.words(raised.value)


def test_stored_values_are_checked_by_the_types_of_their_fields() -> None:
    assert stored.of_kind(Record, {"asked": "x", "unknown": 1}) == {"asked": "x"}
    for wrong in ({"asked": "\ud800"}, {"failures": 1.5}, {"made": 1}, [], None, "asked"):
        with pytest.raises(ValueError):
            stored.of_kind(Record, wrong)


LONG = ".".join(["a" * 60] * 4) + ".example"  # 251 characters


def test_no_file_name_is_too_long_for_the_longest_name(places: Places, tmp_path: Path) -> None:
    longest = Request((".".join(["b" * 61] * 4) + ".exa",), "x", dns='{"provider": "x"}')
    for request in (Request((LONG,), "x", dns="{}"), longest):
        files.write_json(places.dns_config(request), {})
        for name in (
            f"{request.lineage_name}.conf.new",
            request.lineage_name + PROOF + ".conf.new",
        ):
            (tmp_path / name).write_text("")
        live = tmp_path / "etc" / "live" / request.lineage_name
        live.mkdir(parents=True)
        repair.move(repair.moves_aside(request.lineage_name, NOW, tmp_path / "etc"))
        assert not live.exists()
    assert len(places.dns_configs()) == 2
    other = Request((LONG.replace("example", "example2"),), "x")
    assert other.lineage_name != Request((LONG,), "x").lineage_name
    assert Request((LONG[-225:].strip("."),), "x").lineage_name == LONG[-225:].strip(".")


def test_an_error_about_one_file_is_told_from_one_of_the_machine() -> None:
    for number in (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EBUSY):
        assert not os_errors.is_of_machine(OSError(number, os.strerror(number), "/x"))
    for number in (errno.ENOSPC, errno.EROFS, errno.EIO, errno.ENOMEM):
        assert os_errors.is_of_machine(OSError(number, os.strerror(number), "/x"))
    assert os_errors.is_of_machine(OSError("the guard did not start"))


def test_a_certificate_whose_file_is_in_the_way_keeps_no_other_one(places: Places) -> None:
    checks = Checks(Ledger(places.history), lambda text: None)
    bad, good = (decision(name) for name in ("bad.example", "good.example"))

    def look(one: Decision) -> None:
        if one is bad:
            files.write_json(places.state / ("n" * 300), {})

    assert checks.passed([bad, good], look) == [good]
    problem = checks.ledger.of("bad.example").problem
    assert problem is not None and "File name too long for " in problem.text


def decision(name: str) -> Decision:
    request = Request((name,), "x")
    return plan.decide(request, Lineage(name, ABSENT), Record(), "s", "asked", NOW, False)
