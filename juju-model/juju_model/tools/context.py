"""What one hook, action or command may see and has asked for so far."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ..state import charm as charms
from ..state import model, ports
from ..state.log import Log
from ..state.pending import Pending, merged
from ..state.profiles import Profile
from ..state.store import Store
from ..values import Entry, Model, PortRange, Settings


class Context:
    """One run of a hook (`kind` "hook"), an action ("action") or a command ("commands")."""

    def __init__(
        self,
        store: Store,
        log: Log,
        unit: str,
        kind: str,
        name: str,
        hook: Entry | None = None,
        action: Entry | None = None,
    ) -> None:
        """`hook` names relation, remote unit, storage or secret; `action` is the action's entry."""
        self.store = store
        self.log = log
        self.unit = unit
        self.kind = kind
        self.name = name
        self.hook = hook or {}
        self.action = action
        self.id = f"{unit}-{name}-{secrets.token_hex(16)}"
        self.pending = Pending()
        self.kill: Callable[[], None] = lambda: None
        self.is_cut_off: Callable[[], bool] = lambda: False
        self.fetch_resource: Callable[[str, str], str] = lambda name, path: path
        self.refused_leadership = False
        self.cache: dict[object, Any] = {}

    @property
    def data(self) -> Model:
        """The model as it is now."""
        return self.store.data

    @property
    def application(self) -> str:
        """The unit's application, by name."""
        return model.application_of(self.unit)

    @property
    def app(self) -> Entry:
        """The unit's application, its data."""
        return self.data["applications"][self.application]

    @property
    def state(self) -> Entry:
        """The unit's data."""
        return self.data["units"][self.unit]

    @property
    def profile(self) -> Profile:
        """The release that is modelled."""
        return model.profile_of(self.data)

    def cached(self, key: object, function: Callable[[], Any]) -> Any:
        """A value read once per context."""
        if key not in self.cache:
            self.cache[key] = function()
        return self.cache[key]

    def settings(self) -> Entry:
        """The application's configuration as it was when first asked for."""
        return self.cached("config", lambda: charms.settings(self.app["charm"], self.app["config"]))

    def leader_settings(self) -> Settings:
        """The leader's settings as they were when first asked for."""
        return self.cached("leader-settings", lambda: dict(self.app["leader-settings"]))

    def is_leader(self) -> bool:
        """Leadership: once refused it stays refused, granted it is asked again."""
        if self.is_cut_off() or not model.is_leader(self.data, self.unit):
            self.refused_leadership = True
        return not self.refused_leadership

    def relation(self, rid: int | None) -> Entry | None:
        """The relation of this unit with the number `rid`, or None."""
        relation = self.data["relations"].get(str(rid))
        if relation is None or self.application not in relation["endpoints"]:
            return None
        return relation

    def hook_relation(self) -> int | None:
        """The number of the hook's relation, or None."""
        return self.hook.get("relation")

    def bag(self, relation: Entry, side: str, name: str) -> Settings | None:
        """A bag of relation data with this hook's pending changes; None if there is none."""
        kept = relation["units" if side == "unit" else "apps"].get(name)
        own = self.unit if side == "unit" else self.application
        if kept is None and name != own:
            return None
        stored = kept["settings"] if kept else {}
        if name != own:
            return self.cached(("bag", relation["id"], side, name), lambda: dict(stored))
        changes = self.pending.relations.get((relation["id"], side), {})
        return merged(stored, changes)

    def charm_state(self) -> Settings:
        """The unit's own store with this hook's pending changes."""
        if self.pending.state is None:
            return dict(self.state["charm-state"])
        return self.pending.state

    def opened_ports(self) -> list[PortRange]:
        """The unit's open ranges, as this release shows them."""
        opened = self.state["ports"]
        if self.profile.pending_ports_visible:
            return ports.apply(opened, self.pending.ports)
        return ports.apply(opened, [])

    def say(self, level: str, text: str, logger: str = "") -> None:
        """A line for debug-log."""
        self.log.add(self.unit, level, f"unit.{self.unit}.{logger or self.name}", text)
