"""Ten thousand inputs that nobody expects, through all that reads them without acting.

Each is a value, a told, or a file that is set aside: never an exception. What would reach
certbot's command line is looked at word by word. The seed is fixed, so a failure comes back.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import inputs
import pytest
from layer_lets_encrypt.ca import arguments as certbot_arguments
from layer_lets_encrypt.certificates import ledger, removal
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.dns import lookup as dns_lookup
from layer_lets_encrypt.juju import tell
from layer_lets_encrypt.machine import cron, state_files
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import report
from layer_lets_encrypt.passes.advice import Advice
from layer_lets_encrypt.passes.survey import contact_is_due, dns_is_left, survey, unloaded
from layer_lets_encrypt.rules import (
    complaint,
    configuration,
    dns_options,
    entry,
    key_types,
    options,
    plain_yaml,
    records,
    schedule,
    schedule_option,
)
from layer_lets_encrypt.rules.configuration import Configuration
from layer_lets_encrypt.rules.facts import ABSENT, Lineage
from layer_lets_encrypt.rules.request import InvalidRequest, normalise_name
from layer_lets_encrypt.rules.wanted import Wanted
from layer_lets_encrypt.web import guard_journal

SEED = os.environ.get("INPUT_SEED", "20261125")
ROUNDS = 370
NOW = 1_850_000_000.0
SOURCES = [Path(module.__file__).read_text() for module in (certbot_arguments, key_types)]
FLAGS = set(re.findall(r'"(--?[a-z-]+)"', "".join(SOURCES)))


def rounds(kind: str, count: int = ROUNDS) -> list[random.Random]:
    return [random.Random(f"{SEED} {kind} {number}") for number in range(count)]


def check(found: Configuration) -> None:
    """What an operator is told is one short line; what certbot is told holds no option."""
    for told in found.invalid + found.invalid_lines + found.unusable + found.faulty:
        assert told.severity in ("blocked", "waiting")
        assert told.text.strip()
        assert tell.shown(told.text).isprintable()
        assert inputs.SECRET not in told.text
    shown = complaint.worst(found.invalid + found.unusable)
    assert shown is None or shown.text.startswith(complaint.PREFIX)
    if found.wanted is None:
        assert found.unusable or not found.requests
        return
    for request in found.requests:
        check_names(request.names)
        before = Lineage(request.lineage_name, ABSENT)
        words = certbot_arguments.certonly(request, found.wanted.account, [], before)
        assert {word for word in words if word.startswith("-")} <= FLAGS
        assert all(word and "\0" not in word and len(word.encode()) < 300 for word in words)
        assert len(request.lineage_name) <= 225 and "/" not in request.lineage_name


def check_names(names: tuple[str, ...]) -> None:
    for name in names:
        assert normalise_name(name, wildcards=True) == name
        assert name.isascii() and not name.startswith("-") and len(name) <= 255


@pytest.mark.parametrize("name", list(inputs.OPTIONS))
def test_options_are_read_or_told(name: str) -> None:
    for rng in rounds(name):
        config = {"fqdn": inputs.NAME, name: inputs.option(rng, name)}
        found = configuration.read(config, inputs.AUTHOR, [])
        check(found)
        assert found.requests or name == "fqdn"


def test_all_options_together_are_read_or_told() -> None:
    for rng in rounds("together"):
        config = {name: inputs.option(rng, name) for name in inputs.OPTIONS}
        check(configuration.read(config, inputs.changed_mapping(rng, inputs.AUTHOR), []))


def test_schedules_are_taken_or_told() -> None:
    option = schedule.OPTION
    for rng in rounds("schedule", 2 * ROUNDS):
        try:
            fields = schedule_option.read({option: inputs.option(rng, option)})
        except InvalidRequest as error:
            assert tell.shown(str(error)).isprintable()
            assert f"'{option}' " in str(error)
            continue
        line = f"{fields} root /renew"
        assert not fields or cron.schedule_in(line, "/renew") == fields
        assert not fields or schedule.longest_gap(fields)


def test_layer_options_are_read_or_told() -> None:
    for rng in rounds("author"):
        author = inputs.changed_mapping(rng, inputs.AUTHOR)
        check(configuration.read({"fqdn": inputs.NAME}, author, []))


def test_requests_are_read_or_told() -> None:
    for rng in rounds("requests", 2 * ROUNDS):
        requested = inputs.changed(rng, [inputs.ENTRY, {"fqdn": ["b.example.com"]}])
        found = configuration.read({}, inputs.AUTHOR, requested)
        check(found)
        for request in found.requests:
            if request.dns:
                own = json.loads(request.dns)
                build(own.get("provider") or "", own.get("options") or {},
                      own.get("credentials") or {}, own.get("propagation"))  # fmt: skip


def test_requests_are_kept_or_refused_with_their_number() -> None:
    for rng in rounds("entry"):
        plain = inputs.changed(rng, inputs.ENTRY)
        try:
            entry.parse_entry(3, plain)
            entry.check_plain(3, plain)
        except entry.EntryError as error:
            assert str(error).startswith("certificate request 4")
            assert inputs.SECRET not in str(error)


def build(provider: str, plain: object, credentials: object, propagation: object) -> None:
    try:
        built = dns_options.build(provider, plain, credentials, propagation, "/state")
    except InvalidRequest as error:
        assert str(error)
        return
    json.dumps(built, allow_nan=False)
    for one in [built.get("default", {}), *built["zones"].values()]:
        assert_texts(one)


def assert_texts(plain: object) -> None:
    if isinstance(plain, dict):
        for key, inner in plain.items():
            assert isinstance(key, str)
            assert_texts(inner)
    elif isinstance(plain, list):
        for inner in plain:
            assert_texts(inner)
    else:
        assert isinstance(plain, str)


@pytest.mark.parametrize("name", ["acme-dns-options", "acme-dns-credentials"])
def test_yaml_is_read_as_texts_or_told_by_its_line(name: str) -> None:
    for rng in rounds("yaml " + name, 2 * ROUNDS):
        written = inputs.text(rng, inputs.OPTIONS[name])
        try:
            plain = plain_yaml.read_mapping(written)
        except plain_yaml.Unreadable as error:
            assert inputs.SECRET not in str(error)
            continue
        assert_texts(plain)
        build("powerdns", plain, {}, None)
        build("", {}, plain, None)


def test_numbers_and_truths_of_any_type() -> None:
    for rng in rounds("numbers"):
        for reader in (options.whole, lambda name, value: options.truth(name, value, True)):
            try:
                assert isinstance(reader("o", inputs.value(rng)), (int, type(None)))
            except InvalidRequest as error:
                assert "; set it to" in str(error)


@pytest.fixture(scope="module")
def wanted() -> Wanted:
    found = configuration.read(
        {"fqdn": inputs.NAME, "acme-server": "https://ca.example/dir"}, inputs.AUTHOR, []
    )
    assert found.wanted is not None
    return found.wanted


def use_history(places: Places, wanted: Wanted) -> None:
    """Do with the history what a hook does."""
    past = ledger.load(places.history)
    reader = Reader(places.facts, places.state / "letsencrypt")
    decisions = survey(wanted, past, reader, NOW, True, Advice(places.renewal_info).moment)
    found = complaint.of_decisions(decisions, past, NOW)
    found += complaint.of_unit([records.CONTACT, records.DNS, records.SERVICE], past, NOW)
    worst = complaint.worst(found)
    assert worst is None or tell.shown(worst.text).isprintable()
    contact_is_due(wanted, past)
    unloaded(wanted, past, reader)
    report.certificates(wanted.requests, places, "standalone", NOW)
    removal.sweep(past, (), NOW, lambda text: None, places.state / "letsencrypt")
    ledger.save(past, places.history)
    again = ledger.load(places.history)
    assert (again, again.faults) == (past, [])


def use_journal(places: Places, wanted: Wanted) -> None:
    try:
        journal = guard_journal.read(places.journal)
    except guard_journal.Unreadable as error:
        assert str(places.journal) in str(error)
        return
    assert journal is None or all(path.startswith("/") for move in journal.moves for path in move)


def use_advice(places: Places, wanted: Wanted) -> None:
    advice = Advice(places.renewal_info)
    advice._is_silent(wanted.account.server)
    info = advice._info(inputs.NAME)
    assert info is None or info.moment is None or 0 <= info.moment < 1e11


def use_dns(places: Places, wanted: Wanted) -> None:
    assert dns_is_left(places) in (True, False)


USES: dict[str, Callable[[Places, Wanted], None]] = {
    "history.json": use_history, "facts.json": use_history, "renewal-info.json": use_advice,
    "journal.json": use_journal, "dns-published.json": use_dns, "../scheduler-off.json": use_dns,
}  # fmt: skip


@pytest.mark.parametrize("name", list(inputs.STATE_FILES))
def test_state_files_are_read_as_far_as_they_can_be(name: str, tmp_path: Path, wanted) -> None:
    places = Places(tmp_path / "web-0", tmp_path / "log")
    places.state.mkdir()
    for rng in rounds(name):
        (places.state / name).write_bytes(inputs.content(rng, inputs.STATE_FILES[name]))
        USES[name](places, wanted)
        state_files.put_right(places, ledger.load(places.history))
        assert state_files.put_right(places, ledger.load(places.history)) == []


def test_resolver_configurations_are_reduced_to_what_is_of_use(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(dns_lookup, "RESOLV_CONF", tmp_path / "resolv.conf")
    valid = ["nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch example.com\n"]
    for rng in rounds("resolver"):
        written = inputs.text(rng, valid).encode("utf-8", "surrogatepass")
        (tmp_path / "resolv.conf").write_bytes(written)
        for line in dns_lookup._resolver_lines().splitlines():
            assert line.startswith(("nameserver ", "options "))
