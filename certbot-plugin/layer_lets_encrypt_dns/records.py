"""Publish, remove and sweep records; every step may be the last before a kill."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Callable, Mapping, Sequence, Tuple

from layer_lets_encrypt_dns import journal, propagation
from layer_lets_encrypt_dns.config import Config
from layer_lets_encrypt_dns.dnsgate import Dns
from layer_lets_encrypt_dns.failure import TRANSIENT, Failure, configuration, redactor, transient
from layer_lets_encrypt_dns.httpreq import Httpreq
from layer_lets_encrypt_dns.journal import Entry, Journal
from layer_lets_encrypt_dns.propagation import Wanted
from layer_lets_encrypt_dns.providers import Gate, Providers
from layer_lets_encrypt_dns.target import Finder, Target

REMOVAL = 30.0  # as long may servers still answer with a deleted value
VALUE = re.compile("[A-Za-z0-9_-]{20,100}")  # anything else could become other zone data
EXTRA = ("token", "key_authorization")

Log = Callable[[str], None]
Key = Tuple[str, str]  # one entry: name of the record and value


@dataclass(frozen=True)
class Item:
    """A challenge on its way: where it goes, and its line in the journal."""

    target: Target
    entry: Entry
    turn: int = 0

    def wanted(self, provider: str) -> Wanted:
        return Wanted(self.target, self.entry.value, provider)


class Records:
    """All that is done with records under one configuration, for one ``owner``."""

    def __init__(self, config: Config, owner: str, log: Log) -> None:
        self._config, self._owner = config, owner
        self._redact = redactor(config.secrets())
        self._tell = log
        self._dns = Dns(config.nameservers)
        self._finder = Finder(self._dns, config.follow, config.trusting, self._log)
        self._journal = Journal(config.state)
        self._providers = Providers(config, self._redact, self._shown, self._server_names)

    def find(self, challenges: Sequence[Mapping[str, str]]) -> list[Item]:
        """Return where each challenge goes; nothing is written. Raises Failure."""
        self._providers.fit()  # a mistyped option is no matter of the DNS, which may be away
        items: list[Item] = []
        for challenge in challenges:
            try:
                items.append(self._item(challenge, items))
            except Failure as failure:
                raise failure.about(challenge["name"]) from None
        return items

    def _log(self, text: str) -> None:
        self._tell(self._redact(text))

    def check(self, challenges: Sequence[Mapping[str, str]]) -> None:
        """Tell where each challenge goes, and ask the providers for the zones. Raises Failure."""
        asked = set()
        for item in self.find(challenges):
            target, gate = item.target, self._providers.of(item.target.zone)
            self._log(f"{target.name}: {target.fqdn} in zone {target.zone} by {gate.label}")
            if target.zone not in asked:
                self._ask(gate, item)
                asked.add(target.zone)

    def _ask(self, gate: Gate, item: Item) -> None:
        try:
            gate.ready()
        except Failure as failure:
            raise failure.about(item.target.name) from None

    def trial(self, challenges: Sequence[Mapping[str, str]]) -> None:
        """Publish values that nobody asked for, and remove them; tell each step. Raises Failure."""
        self.check(challenges)
        begun = time.monotonic()
        self.publish(challenges)
        if not self._config.trusting:
            self._log(f"served by all name servers after {time.monotonic() - begun:.0f} s")
        left = self._remove([e for e in self._entries() if e.owner == self._owner])
        if left:
            raise transient(f"{len(left)} test records could not be removed; tried again later")

    def publish(self, challenges: Sequence[Mapping[str, str]]) -> None:
        """Publish all values and wait until they are served. Raises Failure, with all undone."""
        for challenge in challenges:
            if not VALUE.fullmatch(challenge["value"]):
                raise configuration("the value is not one of ACME's").about(challenge["name"])
        items = self.find(challenges)
        self.sweep()
        try:
            for turn in range(1 + max(item.turn for item in items)):
                self._take_turn(items, turn)
            time.sleep(self._config.extra_wait)
        except Failure:
            own = [item.entry for item in items]
            self._remove([entry for entry in self._entries() if entry in own])
            raise

    def remove(self, values: Sequence[str]) -> None:
        """Remove what this owner published of these values."""
        mine = [e for e in self._entries() if e.owner == self._owner and e.value in values]
        self._remove(mine)

    def sweep(self) -> int:
        """Remove what runs left behind that are no more; returns how many entries stay."""
        old = [e for e in self._entries() if self._is_orphan(e)]
        for entry in old:
            self._log(f"left by an earlier run: TXT {entry.fqdn} in zone {entry.zone}")
        return len(self._remove(old))

    # -- publishing -------------------------------------------------------------------------------

    def _item(self, challenge: Mapping[str, str], before: Sequence[Item]) -> Item:
        target = self._finder.find(challenge["name"])
        gate = self._providers.of(target.zone)
        extra = {key: challenge[key] for key in EXTRA if challenge.get(key)}
        entry = Entry(target.name, target.fqdn, target.zone, challenge["value"], self._owner, extra)
        same = sum(item.target.fqdn == target.fqdn for item in before)
        return Item(target, entry, same if gate.one_by_one else 0)

    def _take_turn(self, items: Sequence[Item], turn: int) -> None:
        now = [item for item in items if item.turn == turn]
        for item in now:
            self._add(item)
        if self._config.trusting:
            return self._log("the name servers are not asked: acme-dns-propagation is 0")
        wanted = [self._wanted(item) for item in now]
        propagation.wait(self._dns, wanted, self._config.propagation, self._again(now))
        earlier = [self._wanted(item) for item in items if item.turn < turn]
        seen = propagation.look(self._dns, [one.target for one in earlier])
        for one in earlier:
            if seen.missing(one):
                raise propagation.one_value(one)

    def _wanted(self, item: Item) -> Wanted:
        return item.wanted(self._providers.of(item.target.zone).label)

    def _add(self, item: Item) -> None:
        try:
            with journal.lock():
                self._journal.add(item.entry)
                self._providers.of(item.target.zone).add(item.entry)
        except Failure as failure:
            raise failure.about(item.target.name) from None
        self._log(f"published TXT {item.target.fqdn} in zone {item.target.zone}")

    def _repeat(self, item: Item, gate: Httpreq) -> None:
        """Ask once more; a failure may mean that all is well, and the wait will show it."""
        try:
            with journal.lock():
                gate.again(item.entry)
        except Failure as failure:
            self._log(f"TXT {item.target.fqdn}: repeated in vain, still waiting: {failure.text}")

    def _again(self, items: Sequence[Item]) -> Callable[[Wanted], None]:
        """Publish once more what no server has: servers lose one of two writes at the same time."""

        def nudge(wanted: Wanted) -> None:
            for item in items:
                gate = self._providers.of(item.target.zone)
                if isinstance(gate, Httpreq) and item.entry.value == wanted.value:
                    self._repeat(item, gate)

        return nudge

    # -- removing ---------------------------------------------------------------------------------

    def _entries(self) -> list[Entry]:
        with journal.lock():
            return self._journal.entries()

    def _is_orphan(self, entry: Entry) -> bool:
        return entry.owner == self._owner or not journal.is_alive(entry.owner)

    def _remove(self, entries: Sequence[Entry]) -> list[Entry]:
        """Delete records and forget those that are gone; returns the others."""
        failed: dict[Key, Failure | None] = {}  # None: the provider said yes
        down: dict[str, Failure] = {}  # by zone: it is not asked again for the others
        for entry in entries:
            failure = down.get(entry.zone) or self._delete(entry)
            failed[_key(entry)] = failure
            if failure and failure.category == TRANSIENT:
                down[entry.zone] = failure
        left = self._await_gone(entries, failed)
        for entry in entries:
            if entry not in left:
                with journal.lock():
                    self._journal.drop(entry)
                self._log(f"removed TXT {entry.fqdn} in zone {entry.zone}")
        return left

    def _delete(self, entry: Entry) -> Failure | None:
        try:
            with journal.lock():
                self._providers.of(entry.zone).remove(entry)
        except Failure as failure:
            return failure
        return None

    def _await_gone(
        self, entries: Sequence[Entry], failed: Mapping[Key, Failure | None]
    ) -> list[Entry]:
        """Ask the DNS until all is gone that the provider has deleted; returns what stays."""
        deadline = time.monotonic() + REMOVAL
        left = list(entries)
        while left:
            left = [e for e in left if not self._is_gone(e, failed[_key(e)])]
            if not any(failed[_key(e)] is None for e in left) or time.monotonic() > deadline:
                break
            time.sleep(1)
        for entry in left:
            failure = failed[_key(entry)]
            why = failure.text if failure else "the provider reported success, but it is served"
            self._log(f"TXT {entry.fqdn} in zone {entry.zone} {journal.STAYS}: {why}")
        return left

    def _is_gone(self, entry: Entry, failure: Failure | None) -> bool:
        """What a provider out of reach may be about to publish is not gone yet."""
        if failure and failure.category == TRANSIENT:
            return False
        if failure is None and self._config.trusting:
            return True
        shown = self._shown(entry)
        return failure is None if shown is None else not shown

    def _shown(self, entry: Entry) -> bool | None:
        """Whether any server of the zone has the entry; None if none of them answers."""
        try:
            servers = self._finder.servers(entry.zone)
        except Failure:
            return None
        said = [values for values, _ in (self._dns.values(s, entry.fqdn) for s in servers)]
        known = [values for values in said if values is not None]
        return any(entry.value in values for values in known) if known else None

    def _server_names(self, zone: str) -> list[str]:
        return sorted({server.name for server in self._finder.servers(zone)})


def _key(entry: Entry) -> Key:
    return entry.fqdn, entry.value
