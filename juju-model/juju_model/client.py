"""The Python face: class `Juju`, with the verbs of the command line and plain data as answers."""

from __future__ import annotations

import os

from .connection import AGENT_PATH, Controller, JujuError

__all__ = ["AGENT_PATH", "Juju", "JujuError"]


class Juju(Controller):
    """A controller below `root` (which is / in a private world).

    Verbs that cause hooks wait until all units are idle, and raise JujuError with the last error
    lines of the log if a unit is in error. `wait=False` returns at once.
    """

    def act(self, wait, verb, **arguments):
        """A verb that causes hooks."""
        result = self.ask(verb, **arguments)
        if wait:
            self.settle()
        return result

    def deploy(
        self, charm, name=None, units=1, config=None, trust=False, resources=None, wait=True
    ):
        """Deploy a charm directory; returns {"application", "units"}."""
        return self.act(
            wait,
            "deploy",
            path=os.path.abspath(charm),
            name=name,
            units=units,
            config=config or {},
            trust=trust,
            resources=absolute(resources),
        )

    def add_unit(self, name, count=1, wait=True):
        """More units; returns their names."""
        return self.act(wait, "add_units", name=name, count=count)

    def remove_unit(self, unit, wait=True):
        """Remove a unit."""
        return self.act(wait, "remove_unit", name=unit)

    def remove_application(self, name, wait=True):
        """Remove an application."""
        return self.act(wait, "remove_application", name=name)

    def config(self, name, values=None, reset=(), wait=True):
        """Change settings, or (without values and reset) return them: key -> value."""
        if values or reset:
            return self.act(wait, "set_config", name=name, values=values or {}, reset=list(reset))
        return {key: entry["value"] for key, entry in self.config_details(name).items()}

    def config_details(self, name):
        """Settings with type, default and source."""
        return self.ask("get_config", name=name)

    def status(self):
        """As `juju status --format json`."""
        return self.ask("get_status")

    def unit(self, name):
        """One unit of the status."""
        return self.status()["applications"][name.partition("/")[0]]["units"][name]

    def hook(self, unit, hook, relation=None, remote_unit="", wait=True):
        """Run one hook by hand."""
        return self.act(
            wait, "queue_hook", name=unit, hook=hook, relation=relation, remote_unit=remote_unit
        )

    def run_action(self, unit, action, params=None, wait=True):
        """Run an action; returns its entry: status, message, results, log."""
        return self.ask("run_action", unit=unit, action=action, params=params or {}, wait=wait)

    def exec(self, unit, script):
        """Run a command in the unit's context; returns {"rc", "stdout", "stderr"}."""
        return self.ask("execute", unit=unit, script=script)

    def refresh(self, name, path, resources=None, wait=True):
        """Upgrade to the charm at `path`."""
        return self.act(
            wait, "refresh", name=name, path=os.path.abspath(path), resources=absolute(resources)
        )

    def integrate(self, one, other, wait=True):
        """Relate two applications; returns the relation's number."""
        return self.act(wait, "relate", one=one, other=other)

    def remove_relation(self, one, other, wait=True):
        """Remove a relation."""
        return self.act(wait, "unrelate", one=one, other=other)

    def expose(self, name, exposed=True):
        """Expose an application, or no longer."""
        return self.ask("set_exposed", name=name, exposed=exposed)

    def trust(self, name, trust=True, wait=True):
        """Trust an application with the cloud's credentials."""
        return self.act(wait, "set_trust", name=name, trust=trust)

    def leader(self, name, unit, wait=True):
        """Move leadership."""
        return self.act(wait, "set_leader", name=name, leader=unit)

    def add_secret(self, name, pairs):
        """A user's secret; returns its URI."""
        return self.ask("add_secret", name=name, pairs=pairs)

    def update_secret(self, reference, pairs, wait=True):
        """A new revision of a user's secret."""
        return self.act(wait, "update_secret", reference=reference, pairs=pairs)

    def remove_secret(self, reference):
        """Remove a user's secret."""
        return self.ask("remove_secret", reference=reference)

    def grant_secret(self, reference, application, granted=True, wait=True):
        """Let an application read a user's secret, or no longer."""
        return self.act(
            wait, "grant_secret", reference=reference, name=application, granted=granted
        )

    def model_config(self, values=None):
        """Change model configuration, or return it."""
        if values:
            return self.ask("model_config", values=values)
        return self.ask("get_model_config")

    def set_addresses(self, unit, wait=True, **addresses):
        """Another `private` or `public` address of a unit."""
        return self.act(wait, "set_addresses", name=unit, addresses=addresses)

    def resolved(self, unit, retry=True, wait=True):
        """Retry a failed hook, or go on without it."""
        return self.act(wait, "resolve", name=unit, retry=retry)

    def log(self, unit=None, level="TRACE", last=None):
        """Entries of the debug log."""
        return self.ask("log", unit=unit, level=level, last=last)

    def runs(self, unit=None):
        """Every program that was run: unit, hook, kind, start, duration, rc, pid."""
        return [run for run in self.ask("runs") if unit in (None, run["unit"])]

    def hooks(self, unit):
        """The names of the hooks a unit has run, in order."""
        return [run["hook"] for run in self.runs(unit) if run["kind"] == "hook"]

    def forget(self):
        """Begin an empty model in the place of this one, as if the controller were new."""
        self.ask("forget")

    def model(self):
        """The whole model."""
        return self.ask("model_data")


def absolute(resources):
    """Resource files as absolute paths."""
    return {name: os.path.abspath(path) for name, path in (resources or {}).items()}
