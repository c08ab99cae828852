"""What units tell one another by Juju: relation data, secrets, goal-state, on each of its releases.

A charm of a few lines calls the gate with the model's hook tools; no machine is needed.
"""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "juju-model"))

from juju_model.client import Juju  # noqa: E402
from sharing_application import METADATA  # noqa: E402

DISPATCH = """\
#!/bin/sh
"""
KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHkey\n-----END PRIVATE KEY-----\n"
SITE = "www.example.com"


class Application:
    """Units of a charm that shares, and what is asked of them."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.folder = folder
        self.juju = Juju(str(folder / "m"), timeout=120)
        self.juju.bootstrap(profile, retry_scale=0.01)
        charm = folder / "charm"
        charm.mkdir()
        (charm / "metadata.yaml").write_text(METADATA)
        (charm / "dispatch").write_text(DISPATCH)
        (charm / "dispatch").chmod(0o755)
        self.juju.deploy(str(charm), units=3)

    def ask(self, unit: str, question: str, *words: str) -> object:
        """Return the gate's answer."""
        script = shlex.join([f"{ROOT}/tests/reactive/ask_units.py", question, *words])
        done = self.juju.exec(unit, f"SCRATCH={self.scratch} {script}")
        self.juju.settle()
        assert done["rc"] == 0, done["stderr"]
        return json.loads(done["stdout"])

    def refusal(self, unit: str, question: str, *words: str) -> str:
        answer = self.ask(unit, question, *words)
        assert isinstance(answer, dict)
        return str(answer["refused"])

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    def publish(self, key: str = KEY, uri: str = "") -> str:
        content = self.folder / "content"
        content.write_text(json.dumps({"private-key": key, "certificate": "c\n"}))
        return str(self.ask("web/0", "publish", SITE, str(content), uri))


@pytest.fixture
def launch() -> Iterator[Callable[[str], Application]]:
    with tempfile.TemporaryDirectory(prefix="j-") as path:
        begun: list[Application] = []

        def begin(profile: str) -> Application:
            begun.append(Application(Path(path), profile))
            return begun[-1]

        yield begin
        for application in begun:
            application.juju.kill_controller()


SECRETS = ("3.1", "3.6", "4.0")


@pytest.mark.parametrize("profile", ["2.9", *SECRETS])
def test_the_leader_writes_the_ledger_and_all_units_read_it(launch, profile) -> None:
    web = launch(profile)
    assert web.ask("web/1", "ledger") == {"term": 0, "leader": ""}
    web.ask("web/0", "write", "7")
    for unit in ("web/0", "web/1", "web/2"):
        assert web.ask(unit, "ledger") == {"term": 7, "leader": "web/0"}
    assert web.refusal("web/1", "write", "8").startswith("relation-set: ERROR")
    assert web.ask("web/2", "ledger") == {"term": 7, "leader": "web/0"}


@pytest.mark.parametrize("profile", SECRETS)
def test_every_unit_reads_the_newest_secret(launch, profile) -> None:
    web = launch(profile)
    uri = web.publish()
    for unit in ("web/0", "web/1", "web/2"):
        assert web.ask(unit, "fetch", uri) == {"private-key": KEY, "certificate": "c\n"}
    assert web.publish("second\n", uri) == uri
    for unit in ("web/0", "web/1", "web/2"):
        assert web.ask(unit, "fetch", uri) == {"private-key": "second\n", "certificate": "c\n"}


@pytest.mark.parametrize("profile", ["3.6", "4.0"])
def test_old_keys_are_not_kept(launch, profile) -> None:
    web = launch(profile)
    uri = web.publish()
    for number in range(4):
        old = web.ask("web/0", "revision", uri)
        web.publish(f"key {number}\n", uri)
        for unit in ("web/0", "web/1", "web/2"):
            web.ask(unit, "fetch", uri)
        for _ in range(2):
            web.ask("web/0", "forget", uri, str(old))
        (secret,) = web.juju.model()["secrets"].values()
        assert list(secret["revisions"]) == [str(number + 2)]


def test_the_newest_revision_is_never_removed(launch) -> None:
    web = launch("3.6")
    uri = web.publish()
    for revision in ("0", "1", "2"):
        web.ask("web/0", "forget", uri, revision)
    assert web.ask("web/1", "fetch", uri)


def test_a_secret_of_half_a_flush_is_found_by_its_label(launch) -> None:
    web = launch("3.6")
    uri = web.publish()
    assert web.publish("second\n") == uri
    assert web.ask("web/0", "found", "other.example.com") == ""


def test_a_secret_that_an_administrator_has_removed_is_refused_and_made_again(launch) -> None:
    web = launch("3.6")
    uri = web.publish()
    web.juju.exec("web/0", f"secret-remove {uri}")
    assert "not found" in web.refusal("web/1", "fetch", uri)
    assert web.publish() != uri


@pytest.mark.parametrize("profile", SECRETS)
def test_no_key_is_in_relation_data_arguments_logs_or_on_disk(launch, profile) -> None:
    web = launch(profile)
    uri = web.publish()
    web.ask("web/0", "write", "7")
    web.ask("web/1", "fetch", uri)
    assert list(web.scratch.glob("*")) == []
    model = web.juju.model()
    model.pop("secrets")
    for line in KEY.splitlines():
        assert line not in json.dumps(model)
        assert line not in json.dumps(web.juju.log())
    words = (web.folder / "arguments").read_text()
    assert "secret-add" in words
    assert "PRIVATE" not in words
    assert (web.folder / "modes").read_text().split() == ["600"]


def test_what_a_killed_hook_has_left_is_removed(launch) -> None:
    web = launch("3.6")
    web.scratch.mkdir()
    for name in ("content.json", ".new-abc"):
        (web.scratch / name).write_text(KEY)
    web.ask("web/0", "clear")
    assert list(web.scratch.iterdir()) == []


def test_units_that_are_added_count_at_once_and_answers_are_heard(launch) -> None:
    web = launch("3.6")
    assert sorted(web.ask("web/0", "others")) == ["web/1", "web/2"]
    web.ask("web/2", "say", "thumb")
    assert [web.ask("web/0", "said", unit) for unit in ("web/1", "web/2")] == ["", "thumb"]
    web.juju.remove_unit("web/2")
    assert sorted(web.ask("web/0", "others")) == ["web/1"]


def test_juju_2_9_has_no_secrets(launch) -> None:
    web = launch("2.9")
    assert "secret-get" in web.refusal("web/0", "fetch", "secret:abc")
