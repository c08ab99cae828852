"""What one hook, action or command has asked for so far."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class SecretChanges:
    """Secret operations that wait for the end of the hook."""

    creates: dict = field(default_factory=dict)
    updates: dict = field(default_factory=dict)
    deletes: dict = field(default_factory=dict)
    grants: list = field(default_factory=list)
    revokes: list = field(default_factory=list)
    track_latest: set = field(default_factory=set)

    def forget(self, secret):
        """A removed secret takes its other pending changes with it."""
        self.creates.pop(secret, None)
        self.updates.pop(secret, None)
        self.track_latest.discard(secret)
        self.grants = [grant for grant in self.grants if grant["secret"] != secret]
        self.revokes = [revoke for revoke in self.revokes if revoke["secret"] != secret]


@dataclass
class Pending:
    """All that is written only if the hook succeeds."""

    relations: dict = field(default_factory=dict)
    ports: list = field(default_factory=list)
    state: dict | None = None
    storage: list = field(default_factory=list)
    metrics: list = field(default_factory=list)
    secrets: SecretChanges = field(default_factory=SecretChanges)
    reboot: str = ""


def merged(stored, changes):
    """Settings after changes; an empty value removes its key."""
    result = {**stored, **changes}
    return {key: value for key, value in result.items() if value != "" or key not in changes}
