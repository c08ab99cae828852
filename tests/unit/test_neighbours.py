"""Requests as charms write them, lineages that others want, and those that nobody wants."""

from __future__ import annotations

from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import claims, ledger, lineage, removal
from layer_lets_encrypt.machine import package_timer, predecessor
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes import report
from layer_lets_encrypt.rules import entry
from layer_lets_encrypt.rules.entry import EntryError
from layer_lets_encrypt.rules.facts import ABSENT, SANE
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History, Record
from layer_lets_encrypt.rules.request import InvalidRequest, Request
from world.lineages import lay_out

DAY = 86400
NOW = 1_800_000_000.0
NAME = "www.example.com"


@pytest.mark.parametrize("key", ["contact-email", "contact_email"])
def test_both_spellings_of_the_contact(key: str) -> None:
    assert entry.parse_entry(0, {"fqdn": [NAME], key: "a@b.example"}).contact == "a@b.example"


def test_an_entry_may_be_short() -> None:
    parsed = entry.parse_entry(0, {"fqdn": "WWW.example.com example.com", "owner": "the charm's"})
    wanted = parsed.request(wildcards=False)
    assert wanted == Request((NAME, "example.com"), "certificate request 1")
    assert parsed.contact is None


def test_an_entry_may_have_its_own_challenge_and_key() -> None:
    plain = {"fqdn": [NAME], "challenge": "standalone", "key-type": "rsa"}
    wanted = entry.parse_entry(2, plain).request(wildcards=True)
    assert wanted == Request((NAME,), "certificate request 3", "standalone", "rsa")


@pytest.mark.parametrize(
    ("plain", "key"),
    [
        (NAME, "certificate request 2 is a str"),
        ({}, "'fqdn'"),
        ({"fqdn": []}, "'fqdn'"),
        ({"fqdn": ""}, "'fqdn'"),
        ({"fqdn": None}, "'fqdn'"),
        ({"fqdn": [NAME, 7]}, "7 under the key 'fqdn'"),
        ({"fqdn": [NAME], "contact-email": ["a@b.example"]}, "'contact-email'"),
        (
            {"fqdn": [NAME], "challenge": "carrier pigeon"},
            "'carrier pigeon' under the key 'challenge'",
        ),
        ({"fqdn": [NAME], "key-type": "dsa"}, "known are rsa, ecdsa"),
    ],
)
def test_a_bad_entry_is_named_with_its_key(plain: object, key: str) -> None:
    with pytest.raises(EntryError, match="certificate request 2") as raised:
        entry.parse_entry(1, plain)
    assert key in str(raised.value)


def test_a_name_is_judged_when_it_is_wanted() -> None:
    with pytest.raises(InvalidRequest):
        entry.parse_entry(0, {"fqdn": ["intranet"]}).request(wildcards=False)


def unit(tmp_path: Path, folder: str, claims: dict[str, list[str]] | None = None) -> Places:
    places = Places(tmp_path / folder, tmp_path / "logs")
    places.state.mkdir(exist_ok=True)
    if claims is not None:
        ledger.save(History(claims=claims), places.history)
    return places


def test_another_units_claim_stands_against_other_names(tmp_path) -> None:
    here = unit(tmp_path, "web-0", {NAME: [NAME]})
    there = unit(tmp_path, "blog-0", {NAME: [NAME, "blog.example.com"]})
    problem = claims.conflict(Request((NAME,), "fqdn"), claims.claims(here))
    assert problem is not None
    assert "blog-0" in problem.detail
    assert "blog.example.com" in problem.detail
    shared = Request(("blog.example.com", NAME), "fqdn")
    assert claims.conflict(shared, claims.claims(here)) is None
    for _ in range(2):
        claims.renounce(there)
        assert claims.claims(here) == {}


def test_a_claim_for_a_hundred_names_leaves_room_for_the_remedy(tmp_path) -> None:
    names = [NAME, *(f"{number}.{'a' * 60}.example.com" for number in range(99))]
    unit(tmp_path, "u" * 200, {NAME: names})
    here = unit(tmp_path, "web-0")
    problem = claims.conflict(Request((NAME,), "fqdn"), claims.claims(here))
    assert problem is not None
    assert "and 98 more; give one of them another first name" in problem.text
    assert len(f"TLS: {NAME}: {problem.text}") < 200


def swept(past: History, wanted: set[str], now: float, config_dir) -> History:
    return removal.sweep(past, wanted, now, print, config_dir)


def test_what_we_made_goes_a_month_after_nobody_wants_it_any_more(config_dir) -> None:
    lay_out(config_dir, (NAME,))
    past = History({NAME: Record(made=True)})
    past = swept(past, {NAME}, NOW, config_dir)
    past = swept(past, set(), NOW, config_dir)
    past = swept(past, set(), NOW + 29 * DAY, config_dir)
    assert lineage.inspect(NAME, config_dir).state == SANE
    for later in (31, 32):
        past = swept(past, set(), NOW + later * DAY, config_dir)
        assert lineage.inspect(NAME, config_dir).state == ABSENT
    assert past.records == {}


def test_what_is_wanted_again_stays(config_dir) -> None:
    lay_out(config_dir, (NAME,))
    past = swept(History({NAME: Record(made=True)}), set(), NOW, config_dir)
    past = swept(past, {NAME}, NOW + 29 * DAY, config_dir)
    past = swept(past, set(), NOW + 31 * DAY, config_dir)
    assert lineage.inspect(NAME, config_dir).state == SANE


def test_what_somebody_else_made_stays_for_ever(config_dir) -> None:
    lay_out(config_dir, (NAME,))
    past = History({NAME: Record(made=False)})
    for days in (0, 40, 80):
        past = swept(past, set(), NOW + days * DAY, config_dir)
    assert lineage.inspect(NAME, config_dir).state == SANE


def test_a_clock_that_jumped_ahead_and_back_starts_the_month_anew(config_dir) -> None:
    lay_out(config_dir, (NAME,))
    past = swept(History({NAME: Record(made=True)}), set(), NOW + 400 * DAY, config_dir)
    past = swept(past, set(), NOW, config_dir)
    past = swept(past, set(), NOW + DAY, config_dir)
    assert lineage.inspect(NAME, config_dir).state == SANE


def test_a_removal_that_was_killed_is_finished(config_dir) -> None:
    lay_out(config_dir, (NAME,))
    past = swept(History({NAME: Record(made=True)}), set(), NOW, config_dir)
    (config_dir / "renewal" / f"{NAME}.conf").unlink()
    swept(past, set(), NOW + 31 * DAY, config_dir)
    assert lineage.inspect(NAME, config_dir).state == ABSENT


def test_the_report_is_plain_data(tmp_path, config_dir) -> None:
    places = unit(tmp_path, "web-0")
    failed = Record().begin("x", NOW).failed(Problem("validation", "the CA's words"), NOW)
    ledger.save(History({"no.such.example": failed}), places.history)
    wanted = [Request(("no.such.example",), "fqdn")]
    (state,) = report.certificates(wanted, places, "stateless", NOW)
    assert state == {
        "name": "no.such.example", "names": ["no.such.example"], "on_disk": False,
        "not_before": None, "not_after": None, "days_left": None, "due": None, "serial": None,
        "issuer": None, "key_type": None, "server": None, "challenge": "stateless",
        "error": "the CA's words", "next_attempt": "2027-01-15T08:10:00Z", "account": None,
    }  # fmt: skip


TABLE = """# m h dom mon dow command
0 3 * * * /usr/local/bin/backup
17 6,18 * * * export CHARM_DIR="/var/lib/juju/agents/unit-web-0/charm"; /x/charms.reactive set_state lets-encrypt.renew.requested  # Renew Let's Encrypt [managed by Juju]
22 6,18 * * * export CHARM_DIR="/var/lib/juju/agents/unit-blog-0/charm"; /x/charms.reactive set_state lets-encrypt.renew.requested  # Renew Let's Encrypt [managed by Juju]
"""  # noqa: E501


def test_only_this_charms_old_job_goes() -> None:
    charm = Path("/var/lib/juju/agents/unit-web-0/charm")
    kept = predecessor.without_job(TABLE, charm)
    assert kept.splitlines() == [line for line in TABLE.splitlines() if "unit-web-0" not in line]
    assert predecessor.without_job(kept, charm) == kept


@pytest.fixture
def cron_file(tmp_path, monkeypatch) -> Path:
    """The distribution's cron file, as it is on a machine without systemd."""
    path = tmp_path / "cron.d" / "certbot"
    path.parent.mkdir()
    path.write_text("0 */12 * * * root certbot -q renew\n")
    monkeypatch.setattr(package_timer, "CRON_FILE", path)
    off = path.with_name("certbot.layer-lets-encrypt")
    monkeypatch.setattr(package_timer, "CRON_FILE_OFF", off)
    monkeypatch.setattr(package_timer, "_timer", lambda *verb: False)
    return path


def test_the_distributions_renewal_is_off_while_all_lineages_are_ours(
    cron_file, tmp_path, config_dir
) -> None:
    marker = tmp_path / "off.json"
    lay_out(config_dir, (NAME,))
    for _ in range(2):
        package_timer.keep({NAME}, marker, config_dir)
        assert not cron_file.exists()
    lay_out(config_dir, ("mail.example.com",))
    for _ in range(2):
        package_timer.keep({NAME}, marker, config_dir)
        assert "certbot -q renew" in cron_file.read_text()


def test_it_comes_back_when_the_last_unit_leaves(cron_file, tmp_path) -> None:
    marker = tmp_path / "off.json"
    package_timer.turn_on(marker)
    assert cron_file.exists()
    package_timer.turn_off(marker)
    cron_file.write_text("brought again by the package\n")
    package_timer.turn_off(marker)
    for _ in range(2):
        package_timer.turn_on(marker)
        assert cron_file.read_text() == "brought again by the package\n"
    assert not marker.exists()
