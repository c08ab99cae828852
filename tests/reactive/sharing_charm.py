#!/usr/bin/python3 -B
"""A charm that does nothing but share certificates, by the layer's rules and its gate to Juju.

Certificates are numbers in a file, and so is the CA: it is there to count what Juju has to do for
many units, and to be killed. ``kill.json`` says where: {"unit": "web/0", "point": "after-order"}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

ROOT = Path(os.environ["SHARING_ROOT"])
WORLD = Path(os.environ["SHARING_WORLD"])
sys.path.insert(0, str(ROOT / "lib"))

from layer_lets_encrypt.juju.units import Units  # noqa: E402
from layer_lets_encrypt.rules import leading, shared_ledger, sharing  # noqa: E402
from layer_lets_encrypt.rules.leading import Unit  # noqa: E402
from layer_lets_encrypt.rules.shared_ledger import Account, Entry, Generation  # noqa: E402
from layer_lets_encrypt.rules.sharing import Disk, Want  # noqa: E402

SITE, SERVER = "www.example.com", "https://ca.example/dir"
WANT = Want("names", SERVER)
HOOK, UNIT = os.environ.get("JUJU_HOOK_NAME", ""), os.environ["JUJU_UNIT_NAME"]


def read(path: Path, default: object) -> object:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return default


def save(path: Path, value: object) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(value))
    fresh.replace(path)


def kill_at(point: str) -> None:
    asked = WORLD / "kill.json"
    if read(asked, None) == {"unit": UNIT, "point": point}:
        asked.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


class Hook:
    """One hook of one unit."""

    def __init__(self) -> None:
        self.path = WORLD / f"{UNIT.replace('/', '-')}.json"
        self.disk = {"number": 0, "renewal": 0, "thumb": "", "said": "", "heard": {}}
        self.disk.update(read(self.path, {}))
        self.units = Units(WORLD / f"scratch-{UNIT.replace('/', '-')}")
        self.began = self.units.ledger()
        self.leads = self.units.is_leader()
        self.renewal = read(WORLD / "renewal.json", 0)

    def on_disk(self) -> Disk:
        number = self.disk["number"]
        return Disk(Generation(number, str(number)), "") if number else Disk()

    def take(self, uri: str) -> None:
        """Take the newest content of the secret, which may be newer than the ledger says."""
        content = self.units.fetch(uri)
        if int(content["number"]) > self.disk["number"]:
            self.disk.update(number=int(content["number"]), renewal=int(content["renewal"]))
            save(self.path, self.disk)

    def run(self) -> None:
        if HOOK == "secret-remove":
            uri = os.environ["JUJU_SECRET_ID"]
            self.units.remove_revision(uri, int(os.environ["JUJU_SECRET_REVISION"]))
        entry = self.began.lineages.get(SITE)
        changed = os.environ.get("JUJU_SECRET_ID", "").rpartition(":")[2]
        is_news = HOOK == "secret-changed" and entry and entry.uri.endswith(changed)
        if is_news or sharing.is_better(entry, self.on_disk(), WANT, 1):
            self.take(entry.uri)
        account = self.began.accounts.get(SERVER, Account())
        if self.leads:
            account = self.lead(account)
        said = sharing.answer_to_say(account.thumbprint, self.disk["said"], is_answering=True)
        if said is not None:
            self.units.say(said)
            self.disk["said"] = said
        save(self.path, self.disk)
        kill_at("end")

    def lead(self, account: Account) -> Account:
        ledger = self.began
        others = self.units.others()
        dying = frozenset(name for name, status in others.items() if status == "dying")
        unit = Unit(UNIT, True, ledger, frozenset(others), dying, self.disk["heard"])
        is_due = self.disk["renewal"] < self.renewal
        if leading.has_to_claim(unit):
            uri = self.units.found(SITE)
            if uri:  # a hook may have published it whose ledger was not kept
                self.take(uri)
                is_due = self.disk["renewal"] < self.renewal
            ledger = leading.claimed(unit, 1, is_due)
        if self.renewal and not account.thumbprint:
            uri = self.units.publish("@" + SERVER, {"key": f"account of {UNIT}"})
            account = Account(uri, "T" + UNIT.rpartition("/")[2])
            ledger = sharing.with_account(ledger, SERVER, account)
        is_ready = not unit.others or account == self.began.accounts.get(SERVER)
        if is_due and is_ready and leading.refusal(unit, 1e9) is None:
            self.hear(unit, account)
            if not leading.silent(unit, account.thumbprint):
                self.order()
        if self.units.is_leader():
            self.publish(ledger)
        return account

    def hear(self, unit: Unit, account: Account) -> None:
        """Read what one unit has just said, or all that have not been heard."""
        speaker = os.environ.get("JUJU_REMOTE_UNIT", "")
        silent = leading.silent(unit, account.thumbprint)
        for name in [speaker] if speaker in silent and self.disk["heard"] else silent:
            self.disk["heard"][name] = self.units.said(name)

    def order(self) -> None:
        kill_at("before-order")
        orders = [*read(WORLD / "orders.json", []), UNIT]
        save(WORLD / "orders.json", orders)
        kill_at("after-order")
        self.disk.update(number=len(orders), renewal=self.renewal)
        save(self.path, self.disk)
        kill_at("after-disk")

    def publish(self, ledger: shared_ledger.Ledger) -> None:
        entry, number = ledger.lineages.get(SITE), self.disk["number"]
        if sharing.is_to_be_published(entry, self.on_disk()):
            content = {
                "number": str(number),
                "renewal": str(self.disk["renewal"]),
                "key": "k" * 6000,
            }
            uri = self.units.publish(SITE, content, entry.uri if entry else "")
            entry = Entry(uri, str(number), number, number + 90, "names", SERVER, "ecdsa")
            ledger = sharing.published(ledger, {SITE: entry})
            kill_at("after-secret")
        self.units.write(ledger)
        kill_at("before-flush")


Hook().run()
