"""A unit's certificates and options without Juju, for tests of what follows an order."""

from __future__ import annotations

import stat
import time
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.delivery import forms
from layer_lets_encrypt.machine import files, paths
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.supply import Supply
from layer_lets_encrypt.rules import delivery
from layer_lets_encrypt.rules.challenge import STANDALONE
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.records import History
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted
from world.lineages import lay_out

NAME, OTHER = "www.example.com", "other.example.com"


class Unit:
    """A unit's files, its options, and one hook after the other."""

    def __init__(
        self, tmp_path: Path, config_dir: Path, monkeypatch: pytest.MonkeyPatch, again: bool = False
    ) -> None:
        """Lay out a unit; with ``again``, take what is there already."""
        monkeypatch.setattr(paths, "SNIPPET_DIR", tmp_path / "etc")
        self.places = Places(tmp_path / "state" / "web-0", tmp_path / "log")
        self.places.state.mkdir(parents=True, exist_ok=again)
        self.config_dir = config_dir
        self.options: dict[str, object] = {}
        self.names = [NAME, OTHER]
        self.said: list[str] = []
        for name in () if again else self.names:
            lay_out(config_dir, (name,))

    @property
    def wanted(self) -> Wanted:
        found, _ = delivery.read(self.options)
        requests = tuple(Request((name,), "fqdn") for name in self.names)
        return Wanted(requests, Account("https://ca.example/dir"), STANDALONE, delivery=found)

    def ledger(self) -> Ledger:
        found = Ledger(self.places.history)
        assert found.past.faults == []
        return found

    def past(self) -> History:
        return self.ledger().past

    def reader(self) -> Reader:
        return Reader(self.places.facts, self.config_dir)

    def supply(self) -> Supply:
        return Supply(self.wanted, self.places, self.ledger(), self.reader())

    def hook(self, **options: object) -> set[str]:
        self.options.update({f"acme-{key.replace('_', '-')}": v for key, v in options.items()})
        failed = self.supply().run(self.said.append)
        left = [] if failed else self.supply().needs.due(time.time())
        assert left == [], "a second hook has nothing to do"
        return failed

    def form(self, form: str, name: str = NAME) -> Path:
        return forms.path(self.places.forms, name, form)

    def key(self, name: str = NAME) -> tuple[int, int, int]:
        return access((self.config_dir / "live" / name / "privkey.pem").resolve())

    def passphrase(self, text: str) -> None:
        files.write_json(self.places.passphrase, {"source": "", "passphrase": text})


def access(path: Path) -> tuple[int, int, int]:
    seen = path.lstat()
    return seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode)
