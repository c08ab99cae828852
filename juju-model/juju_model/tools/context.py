"""What one hook, action or command may see and has asked for so far."""

from __future__ import annotations

import secrets

from ..state import charm as charms
from ..state import model, ports
from ..state.pending import Pending, merged


class Context:
    """One run of a hook (`kind` "hook"), an action ("action") or a command ("commands")."""

    def __init__(self, store, log, unit, kind, name, hook=None, action=None):
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
        self.kill = lambda: None
        self.refused_leadership = False
        self.cache = {}

    @property
    def data(self):
        """The model as it stands."""
        return self.store.data

    @property
    def application(self):
        """The unit's application, by name."""
        return model.application_of(self.unit)

    @property
    def app(self):
        """The unit's application, its data."""
        return self.data["applications"][self.application]

    @property
    def state(self):
        """The unit's data."""
        return self.data["units"][self.unit]

    @property
    def profile(self):
        """The release that is modelled."""
        return model.profile_of(self.data)

    def cached(self, key, function):
        """A value read once per context."""
        if key not in self.cache:
            self.cache[key] = function()
        return self.cache[key]

    def settings(self):
        """The application's configuration as it was when first asked for."""
        return self.cached("config", lambda: charms.settings(self.app["charm"], self.app["config"]))

    def leader_settings(self):
        """The leader's settings as they were when first asked for."""
        return self.cached("leader-settings", lambda: dict(self.app["leader-settings"]))

    def is_leader(self):
        """Leadership: once refused it stays refused, granted it is asked again."""
        if not self.refused_leadership and not model.is_leader(self.data, self.unit):
            self.refused_leadership = True
        return not self.refused_leadership

    def relation(self, rid):
        """The relation of this unit with the number `rid`, or None."""
        relation = self.data["relations"].get(str(rid))
        if relation is None or self.application not in relation["endpoints"]:
            return None
        return relation

    def hook_relation(self):
        """The number of the hook's relation, or None."""
        return self.hook.get("relation")

    def bag(self, relation, side, name):
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

    def charm_state(self):
        """The unit's own store with this hook's pending changes."""
        if self.pending.state is None:
            return dict(self.state["charm-state"])
        return self.pending.state

    def opened_ports(self):
        """The unit's open ranges, as this release shows them."""
        opened = self.state["ports"]
        if self.profile.pending_ports_visible:
            return ports.apply(opened, self.pending.ports)
        return ports.apply(opened, [])

    def say(self, level, text, logger=""):
        """A line for debug-log."""
        self.log.add(self.unit, level, f"unit.{self.unit}.{logger or self.name}", text)
