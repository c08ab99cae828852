"""What one hook, action or command has asked for so far."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from ..values import Entry, PortChange, Settings


@dataclass
class SecretChanges:
    """Secret operations that wait for the end of the hook."""

    creates: dict[str, Entry] = field(default_factory=dict)
    updates: dict[str, Entry] = field(default_factory=dict)
    deletes: dict[str, int | None] = field(default_factory=dict)
    grants: list[Entry] = field(default_factory=list)
    revokes: list[Entry] = field(default_factory=list)
    track_latest: set[str] = field(default_factory=set)

    def forget(self, secret: str) -> None:
        """A removed secret takes its other pending changes with it."""
        self.creates.pop(secret, None)
        self.updates.pop(secret, None)
        self.track_latest.discard(secret)
        self.grants = [grant for grant in self.grants if grant["secret"] != secret]
        self.revokes = [revoke for revoke in self.revokes if revoke["secret"] != secret]


@dataclass
class Pending:
    """All that is written only if the hook succeeds."""

    relations: dict[tuple[int, str], Settings] = field(default_factory=dict)
    ports: list[PortChange] = field(default_factory=list)
    state: Settings | None = None
    storage: list[tuple[str, int]] = field(default_factory=list)
    metrics: list[Settings] = field(default_factory=list)
    secrets: SecretChanges = field(default_factory=SecretChanges)
    reboot: str = ""

    def to_plain(self) -> Entry:
        """All of it as JSON can hold it."""
        plain = asdict(self)
        plain["relations"] = [[rid, side, bag] for (rid, side), bag in self.relations.items()]
        plain["secrets"]["track_latest"] = sorted(self.secrets.track_latest)
        return plain

    @staticmethod
    def from_plain(plain: Entry) -> Pending:
        """The other way round."""
        secrets = SecretChanges(**plain["secrets"])
        secrets.track_latest = set(secrets.track_latest)
        pending = Pending(**{**plain, "relations": {}, "secrets": secrets})
        pending.relations = {(rid, side): bag for rid, side, bag in plain["relations"]}
        return pending


def merged(stored: dict[str, str], changes: dict[str, str]) -> Settings:
    """Settings after changes; an empty value removes its key."""
    result = {**stored, **changes}
    return {key: value for key, value in result.items() if value != "" or key not in changes}
