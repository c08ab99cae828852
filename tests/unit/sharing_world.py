"""Units that share certificates by the layer's rules; Juju and the CA are a few values.

Juju keeps what a hook wrote when it ends well: secrets first, and what is the application's only
from its leader. A hook that orders stays open until it is told how it ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from layer_lets_encrypt.rules import backoff, leading, shared_ledger, sharing
from layer_lets_encrypt.rules.shared_ledger import Account, Entry, Generation, Ledger, Spent
from layer_lets_encrypt.rules.sharing import Disk, Want

SITE, SERVER = "www.example.com", "https://ca.example/dir"
LIFETIME = 90 * 86400
PATIENCE = 600  # seconds for which silent units are waited for
# How a hook that orders may end. "gone": its machine never returns.
PLACES = ("at the CA", "with files", "in the flush")
ENDS = ["well", "refused", *(f"{what} {where}" for what in ("killed", "gone") for where in PLACES)]


@dataclass(frozen=True)
class Certificate:
    """``renewal`` is the number of the renewal that it fulfils."""

    generation: Generation
    names: str
    renewal: int

    def entry(self, uri: str) -> Entry:
        begin = self.generation.not_before
        return Entry(uri, self.generation.serial, begin, begin + LIFETIME, self.names, SERVER, "ec")


@dataclass
class Machine:
    """One unit: what is on its disk, and the hook that is open."""

    name: str
    clock: float = 0  # seconds by which it is ahead
    on_disk: Certificate | None = None
    spent: Spent = field(default_factory=Spent)
    account: str = ""
    heard: dict[str, str] = field(default_factory=dict)
    registered: bool = False
    doubted_since: float | None = None
    is_cut_off: bool = False
    hook: Hook | None = None


@dataclass
class Hook:
    """What an open hook knows, and what it has asked Juju to keep."""

    unit: leading.Unit
    issued: float  # when the CA makes the certificate, if one is ordered
    secrets: dict[str, Certificate] = field(default_factory=dict)
    ledger: Ledger | None = None
    answers: str | None = None


class World:
    """Juju, the CA and the machines."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.machines: dict[str, Machine] = {}  # those that live
        self.lost: set[str] = set()  # dead, but still in goal-state
        self.leader = ""
        self.text = ""
        self.bags: dict[str, str] = {}
        self.secrets: dict[str, Certificate] = {}  # the newest revision by URI, named by label
        self.names, self.renewal = "a", 1
        self.renewals = 1
        self.orders = self.losses = self.refusals = 0
        self.writes = {"ledger": 0, "secret": 0, "bag": 0}
        self.refused_flushes = 0
        self.failed: tuple[float, float, float] = (0, 0, 0)  # when, until when, by whose clock
        self.unit_number = 0

    # What happens to units

    def add(self, clock: float) -> str:
        name = f"web/{self.unit_number}"
        self.unit_number += 1
        self.machines[name] = Machine(name, clock)
        self.leader = self.leader or name
        return name

    def remove(self, name: str) -> None:
        self.machines.pop(name)
        self.bags.pop(name, None)
        self._forget_leader(name)

    def kill(self, name: str) -> None:
        """The machine is gone forever; Juju knows only that its lease has ended."""
        self.machines.pop(name)
        self.lost.add(name)
        self._forget_leader(name)

    def remove_lost(self, name: str) -> None:
        self.lost.discard(name)
        self.bags.pop(name, None)
        self._forget_leader(name)

    def _forget_leader(self, name: str) -> None:
        if self.leader == name:
            self.leader = min(self.machines, default="")

    def want(self, names: str) -> None:
        if names != self.names:
            self.names = names
            self.make_due()

    def make_due(self) -> None:
        self.renewal += 1
        self.renewals += 1

    # A hook

    def begin(self, name: str, may_order: bool = True) -> bool:
        """A hook begins, and ends unless it orders; return whether it does."""
        machine = self.machines[name]
        if machine.is_cut_off or machine.hook is not None:
            return False
        others = (set(self.machines) | self.lost) - {name}
        ledger = shared_ledger.parse(self.text)
        unit = leading.Unit(
            name, self.leader == name, ledger, frozenset(others), answers=machine.heard
        )
        machine.hook = hook = Hook(unit, self.now)
        self._take(machine, ledger.lineages.get(SITE))
        if unit.is_leader:
            self._lead(machine, hook)
        server = (hook.ledger or ledger).accounts.get(SERVER, Account())
        said = self.bags.get(name, "")
        hook.answers = sharing.answer_to_say(server.thumbprint, said, is_answering=True)
        if may_order and self._is_due(machine) and self._may_order(machine):
            return True
        self.end(machine)
        return False

    def disk(self, machine: Machine) -> Disk:
        found = machine.on_disk
        if found is None:
            return Disk()
        return Disk(found.generation, "" if found.names == self.names else "other names")

    def _take(self, machine: Machine, entry: Entry | None) -> None:
        now = self.now + machine.clock
        better = sharing.is_better(entry, self.disk(machine), Want(self.names, SERVER), now)
        if entry is not None and better and entry.uri in self.secrets:
            machine.on_disk = self.secrets[entry.uri]

    def _is_due(self, machine: Machine) -> bool:
        found = machine.on_disk
        return found is None or found.names != self.names or found.renewal < self.renewal

    def _lead(self, machine: Machine, hook: Hook) -> None:
        """Claim the term, keep the account, publish what is newer."""
        ledger, now = hook.unit.began, self.now + machine.clock
        if leading.has_to_claim(hook.unit) or self._is_due(machine):
            self._take(machine, self._in_secret())
        if leading.has_to_claim(hook.unit):
            ledger = leading.claimed(hook.unit, now, self._is_due(machine))
        account = sharing.account_to_take(ledger, SERVER, machine.account)
        if account is not None:
            machine.account = account.thumbprint
        elif SERVER not in ledger.accounts:
            machine.account = machine.account or f"T{machine.name.partition('/')[2]}"
            ledger = sharing.with_account(ledger, SERVER, Account("secret:@", machine.account))
        for other in hook.unit.others:
            machine.heard[other] = self.bags.get(other, "")
        hook.ledger = ledger
        self.publish(machine, hook)

    def _in_secret(self) -> Entry | None:
        """Return what was published last.

        The ledger does not name it if a flush was half done, or if it was read before another
        leader came and went.
        """
        uri = "secret:" + SITE
        return self.secrets[uri].entry(uri) if uri in self.secrets else None

    def publish(self, machine: Machine, hook: Hook) -> None:
        """Put into the hook's writes what is on disk and not published."""
        ledger, uri = hook.ledger or hook.unit.began, "secret:" + SITE
        entry, disk = ledger.lineages.get(SITE), self.disk(machine)
        if machine.on_disk is not None and sharing.is_to_be_published(entry, disk):
            if self.secrets.get(uri) != machine.on_disk:
                hook.secrets[uri] = machine.on_disk
            ledger = sharing.published(ledger, {SITE: machine.on_disk.entry(uri)})
        hook.ledger = sharing.with_spent(ledger, {SITE: machine.spent})

    def _may_order(self, machine: Machine) -> bool:
        hook, now = machine.hook, self.now + machine.clock
        assert hook is not None
        if leading.refusal(hook.unit, now) is not None:
            return False
        known = sharing.merged(machine.spent, hook.unit.began.spent.get(SITE), now)
        machine.spent = known
        if known.failures and known.failed_at - leading.CLOCK_SLACK <= now < known.not_before:
            return False
        if not leading.silent(hook.unit, machine.account):
            machine.doubted_since = None
            return True
        machine.doubted_since = now if machine.doubted_since is None else machine.doubted_since
        return now - machine.doubted_since >= PATIENCE

    # How an order ends

    def finish(self, name: str, end: str) -> None:
        """The order of an open hook ends, and with it the hook."""
        machine = self.machines[name]
        hook, now = machine.hook, self.now + machine.clock
        assert hook is not None
        self.orders += end != "refused"
        if end == "refused":
            self._refuse(machine, now)
        elif "at the CA" not in end:
            serial = f"{self.orders:04x}"
            machine.on_disk = Certificate(Generation(hook.issued, serial), self.names, self.renewal)
            machine.spent = Spent(issued_at=now)
        is_flushed = end in ("well", "refused") or "in the flush" in end
        if is_flushed and self.leader == name:
            self._take(machine, self._in_secret())
            self.publish(machine, hook)
        if "in the flush" in end and self.leader == name:
            self._keep_secrets(hook)
        self.losses += end != "refused" and not (is_flushed and self.leader == name)
        if end.startswith("gone"):
            self.kill(name)
        elif end.startswith("killed"):
            machine.hook = None
        else:
            if self.leader != name:
                hook.secrets, hook.ledger = {}, None  # deposed: it publishes nothing
            self.end(machine)

    def _refuse(self, machine: Machine, now: float) -> None:
        failures = machine.spent.failures + 1
        until = backoff.not_before("validation", failures, now, None)
        machine.spent = Spent("asked", failures, failures, now, until, True, category="validation")
        self.failed = (self.now, self.now + until - now, machine.clock)
        self.refusals += 1

    def end(self, machine: Machine) -> None:
        """The hook ends well, and Juju keeps what it has asked for."""
        hook, machine.hook = machine.hook, None
        assert hook is not None
        is_in_order = machine.on_disk is not None and machine.on_disk.names == self.names
        keeps = sharing.keeps_serving(hook.unit.is_leader, self.disk(machine))
        machine.registered = is_in_order or (machine.registered and keeps)
        text = self.text if hook.ledger is None else shared_ledger.text_of(hook.ledger)
        if (hook.secrets or text != self.text) and self.leader != machine.name:
            self.refused_flushes += 1
            return
        self._keep_secrets(hook)
        self.writes["ledger"] += text != self.text
        self.text = text
        if hook.answers is not None:
            self.writes["bag"] += 1
            self.bags[machine.name] = hook.answers

    def _keep_secrets(self, hook: Hook) -> None:
        self.writes["secret"] += len(hook.secrets)
        self.secrets.update(hook.secrets)

