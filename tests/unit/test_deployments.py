"""The operator's commands: one run for each change, one for each kind of failure."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import ledger
from layer_lets_encrypt.delivery import programs
from layer_lets_encrypt.passes import again, notices, survey
from layer_lets_encrypt.passes.handing_over import HandingOver
from layer_lets_encrypt.rules import complaint
from layer_lets_encrypt.rules.plan import KEEP, Decision
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.records import History, Record
from one_unit import NAME, OTHER, Unit
from world.lineages import lay_out

DAY = 86400


class Operator(Unit):
    """A unit with commands that write down how they were run."""

    def __init__(
        self, tmp_path: Path, config_dir: Path, monkeypatch: pytest.MonkeyPatch, again: bool = False
    ) -> None:
        super().__init__(tmp_path, config_dir, monkeypatch, again)
        self.runs, self.flag = tmp_path / "runs", tmp_path / "fail"
        self.names = [NAME]

    def command(self, words: str = "") -> str:
        """A command that fails while the flag is there."""
        variables = ("$RENEWED_LINEAGE|$RENEWED_DOMAINS|"
                     "$FAILED_NAME|$FAILED_DOMAINS|$FAILED_CATEGORY|$FAILED_TEXT")  # fmt: skip
        script = (f'echo "{variables}" >> {self.runs}; {words}\n'
                  f"if [ -e {self.flag} ]; then echo no room for it >&2; exit 3; fi")  # fmt: skip
        return f"sh -c {shlex.quote(script)}"

    def go(self, order: Callable[[], None] = lambda: None, **options: object) -> None:
        """One pass, in which ``order`` may bring certificates."""
        self.options.update({f"acme-{key.replace('_', '-')}": v for key, v in options.items()})
        kept = self.ledger()
        one = HandingOver(self.wanted, self.places, kept, {}, self.said.append)
        one.begin(self.reader())
        order()
        one.run(self.reader(), lambda: pytest.fail("no service is to be touched"))
        assert not kept.past.faults

    def renew(self, name: str = NAME) -> None:
        lay_out(self.config_dir, (name,))

    def told(self) -> list[str]:
        return self.runs.read_text().splitlines() if self.runs.exists() else []

    def due(self, later: float = 0) -> list[str]:
        now = time.time() + later
        return list(survey.undeployed(self.wanted, self.past(), self.reader(), now))

    def complaints(self) -> list[str]:
        reader = self.reader()
        decisions = [Decision(one, reader.inspect(one.lineage_name), KEEP, "", "")
                     for one in self.wanted.requests]  # fmt: skip
        found = complaint.of_deployments(decisions, self.past(), time.time())
        return [f"{one.severity}: {one.name}: {one.text}" for one in found]

    def remember(self, change: Callable[[History], None]) -> None:
        past = self.past()
        change(past)
        ledger.save(past, self.places.history)


@pytest.fixture
def unit(tmp_path: Path, config_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(tmp_path, config_dir, monkeypatch)


RAN = f"/etc/letsencrypt/live/{NAME}|{NAME}||||"


def test_each_changed_certificate_is_deployed_once(unit: Operator) -> None:
    unit.names = [NAME, OTHER]
    unit.go(unit.renew, deploy_command=unit.command())
    assert unit.told() == [RAN], "the other one has not changed"
    for _ in range(2):
        unit.go()
    assert unit.told() == [RAN]
    unit.go(lambda: unit.renew(OTHER))
    assert unit.told() == [RAN, RAN.replace(NAME, OTHER)]
    assert unit.due() == [] and unit.complaints() == []


def test_a_command_is_for_what_changes_after_it_is_set(unit: Operator) -> None:
    unit.go(deploy_command=unit.command())
    assert unit.told() == []
    unit.go(deploy_command=None)
    unit.renew()
    unit.go(deploy_command=unit.command())
    assert unit.told() == []
    unit.go(unit.renew)
    assert unit.told() == [RAN]


def test_the_first_certificate_of_a_unit_is_deployed(unit: Operator) -> None:
    unit.names = ["new.example.com"]
    unit.go(deploy_command=unit.command())
    unit.go(lambda: unit.renew("new.example.com"))
    assert len(unit.told()) == 1


def test_a_failure_is_told_with_its_exit_code_and_tried_again_later(unit: Operator) -> None:
    unit.flag.touch()
    unit.go(unit.renew, deploy_command=unit.command())
    assert unit.complaints() == [
        f"blocked: {NAME}: acme-deploy-command ended with exit code 3: no room for it; "
        "see juju debug-log"]  # fmt: skip
    assert f"{NAME}: no room for it" in unit.said
    unit.go()
    assert (len(unit.told()), unit.due()) == (1, [])
    for count, wait in enumerate((60, 600, 6000, DAY), 2):
        assert unit.due(wait - 5) == [] and unit.due(wait + 5) == [NAME]
        unit.remember(lambda past: past.deployments.update(
            {NAME: replace(past.deployments[NAME], not_before=0)}))  # fmt: skip
        unit.go()
        assert len(unit.told()) == count
    unit.flag.unlink()
    unit.go(deploy_command=unit.command("true"))
    assert (len(unit.told()), unit.complaints()) == (6, []), "a corrected command is tried at once"


def test_a_bad_command_keeps_what_is_to_be_deployed(unit: Operator) -> None:
    unit.go(deploy_command="/x && /y")
    unit.go(unit.renew)
    assert unit.told() == [] and unit.due() == []
    unit.go(deploy_command=unit.command())
    assert unit.told() == [RAN]


def test_a_program_that_is_not_there_is_a_failure(unit: Operator) -> None:
    unit.go(unit.renew, deploy_command="/no/such/program --token=secret")
    (told,) = unit.complaints()
    assert "acme-deploy-command ended with exit code 127: it cannot be started" in told
    assert not any("secret" in line for line in [told, *unit.said])


def test_a_command_that_hangs_is_killed_and_told(unit: Operator, monkeypatch) -> None:
    monkeypatch.setattr(programs, "LIMIT", 1)
    unit.go(unit.renew, deploy_command="sh -c 'sleep 1000 & sleep 1000'")
    (told,) = unit.complaints()
    assert "acme-deploy-command did not end within 1 seconds and was killed" in told


def test_files_come_before_the_command(unit: Operator) -> None:
    command = unit.command(f"cp {unit.form('combined')} {unit.runs}.pem")
    unit.go(unit.renew, deploy_command=command, formats="combined")
    made = Path(f"{unit.runs}.pem").read_text()
    assert made.startswith((unit.config_dir / "live" / NAME / "privkey.pem").read_text())


def test_nothing_is_deployed_whose_files_could_not_be_made(unit: Operator) -> None:
    unit.names = [NAME, OTHER]
    unit.places.forms.mkdir(parents=True)
    (unit.places.forms / NAME).write_text("in the way")
    unit.go(lambda: [unit.renew(), unit.renew(OTHER)], deploy_command=unit.command(),
            formats="combined")  # fmt: skip
    assert unit.told() == [RAN.replace(NAME, OTHER)]
    (unit.places.forms / NAME).unlink()
    unit.remember(lambda past: past.records.clear())
    unit.go()
    assert unit.told() == [RAN.replace(NAME, OTHER), RAN]


def test_commands_have_one_time_for_all(unit: Operator, monkeypatch) -> None:
    monkeypatch.setattr("layer_lets_encrypt.passes.handing_over.COMMANDS", 0.01)
    unit.names = [NAME, OTHER]
    unit.go(lambda: [unit.renew(), unit.renew(OTHER)], deploy_command=unit.command("sleep 0.1"))
    assert len(unit.told()) == 1 and "next hook" in unit.said[-1]
    unit.go()
    assert len(unit.told()) == 2


def test_a_lineage_without_the_wanted_names_is_not_deployed(unit: Operator) -> None:
    unit.go(deploy_command=unit.command())
    unit.go(lambda: lay_out(unit.config_dir, (NAME, "example.com")) and None)
    assert unit.told() == []


def test_the_action_deploys_again_what_is_there(unit: Operator) -> None:
    unit.options["acme-deploy-command"] = unit.command()
    for count in (1, 2):
        chosen = list(unit.wanted.requests)
        deployed = hand_over(unit, chosen)
        assert deployed == [NAME]
        unit.go()
        assert len(unit.told()) == count
    unit.flag.touch()
    hand_over(unit, list(unit.wanted.requests))
    unit.go()
    assert len(unit.complaints()) == 1
    unit.flag.unlink()
    hand_over(unit, list(unit.wanted.requests))
    unit.go()
    assert (len(unit.told()), unit.complaints()) == (4, []), "it waits for no interval"


def hand_over(unit: Operator, chosen: list) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(again, "Reader", lambda facts: unit.reader())
        return again.hand_over(unit.wanted, unit.places, chosen)


HOOK = """
import sys; sys.path[:0] = sys.argv[1:4]
from pathlib import Path
import pytest
from test_deployments import Operator
unit = Operator(Path(sys.argv[4]), Path(sys.argv[5]), pytest.MonkeyPatch(), again=True)
unit.go(deploy_command=sys.argv[6])
"""


def test_a_hook_that_is_killed_meanwhile_deploys_again_but_not_for_ever(
    unit: Operator, tmp_path: Path
) -> None:
    command = unit.command("kill -9 $PPID")
    unit.go(unit.renew, deploy_command="/x && /y")
    folders = [Path(__file__).parents[2] / "lib", Path(__file__).parent, Path(__file__).parents[1]]
    words = [*folders, tmp_path, unit.config_dir, command]
    for count in range(1, 5):
        done = subprocess.run([sys.executable, "-B", "-c", HOOK, *map(str, words)])
        assert (done.returncode, len(unit.told())) == (-signal.SIGKILL, count)
    done = subprocess.run([sys.executable, "-B", "-c", HOOK, *map(str, words)])
    assert (done.returncode, len(unit.told())) == (0, 4)
    unit.options["acme-deploy-command"] = command
    assert "the hook was interrupted while it ran acme-deploy-command" in unit.complaints()[0]
    assert unit.due() == [] and unit.due(700) == [NAME]


def fail(category: str, failures: int = 1) -> Record:
    return Record("asked", failures=failures, problem=Problem(category, "it said no", remedy="act"))


def test_each_kind_of_failure_is_told_once(unit: Operator) -> None:
    command = unit.command()
    unit.go(failure_command=command)
    assert unit.told() == []
    for category in ("validation", "validation", "rate-limited", "validation"):
        unit.remember(lambda past, of=category: past.records.update({NAME: fail(of)}))
        unit.go()
    expected = [f"||{NAME}|{NAME}|{one}|it said no; act" for one in ("validation", "rate-limited")]
    assert unit.told() == expected
    unit.remember(lambda past: past.records.update({NAME: Record(made=True)}))
    unit.go()
    unit.remember(lambda past: past.records.update({NAME: fail("validation")}))
    unit.go()
    assert unit.told() == [*expected, expected[0]], "it had been over"


@pytest.mark.parametrize(
    ("record", "count"),
    [(fail("blocked", 0), 1), (fail("waiting", 0), 0), (fail("unready", 0), 0),
     (Record("asked"), 0), (fail("transient"), 1)],
)  # fmt: skip
def test_what_only_waits_has_not_failed(unit: Operator, record: Record, count: int) -> None:
    unit.remember(lambda past: past.records.update({NAME: record}))
    assert len(list(notices.failures(unit.wanted, unit.past()))) == count


def test_a_failed_deployment_is_told_too_and_a_failing_command_is_no_failure(
    unit: Operator,
) -> None:
    unit.flag.touch()
    unit.go(unit.renew, deploy_command=unit.command(), failure_command=unit.command())
    unit.go()
    assert len(unit.told()) == 2 and "|deployment|acme-deploy-command ended" in unit.told()[1]
    assert any("acme-failure-command ended with exit code 3" in line for line in unit.said)
    assert len(unit.complaints()) == 1


def test_without_commands_nothing_is_remembered_of_them(unit: Operator) -> None:
    unit.flag.touch()
    unit.go(unit.renew, deploy_command=unit.command(), failure_command=unit.command())
    unit.go(deploy_command=None, failure_command=None)
    past = unit.past()
    assert (past.deployed, past.deployments, past.told) == (None, {}, {})
