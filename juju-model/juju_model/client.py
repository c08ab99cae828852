"""The Python face: class `Juju`, with the verbs of the command line and plain data as answers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from .connection import AGENT_PATH, Connection, JujuError
from .paths import Paths
from .values import Entry, Model

__all__ = ["AGENT_PATH", "Juju", "JujuError"]


class Juju(Connection):
    """A controller below `root` (which is / in a private world).

    Verbs that cause hooks wait until all units are idle, and raise JujuError with the last error
    lines of the log if a unit is in error. `wait=False` returns at once.
    """

    def deploy(
        self,
        charm: str,
        name: str | None = None,
        units: int = 1,
        config: Entry | None = None,
        trust: bool = False,
        resources: dict[str, str] | None = None,
        wait: bool = True,
        to: Sequence[str] = (),
    ) -> Entry:
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
            to=list(to),
        )

    def add_unit(
        self, name: str, count: int = 1, wait: bool = True, to: Sequence[str] = ()
    ) -> list[str]:
        """More units; returns their names.

        `to` names the machine of each: a number or "new". The first machine without it.
        """
        return self.act(wait, "add_units", name=name, count=count, to=list(to))

    def add_machine(
        self, private: str | None = None, public: str | None = None, external: bool = False
    ) -> str:
        """One more machine, with addresses of its own if they are given; returns its number.

        An `external` one has its agent in a process of its own: see README.
        """
        return self.ask("add_machine", private=private, public=public, external=external)

    def machine_paths(self, unit: str) -> Paths:
        """Where the files of the unit's machine are."""
        return self.paths.of_machine(self.unit(unit)["machine"])

    def remove_unit(self, unit: str, wait: bool = True, force: bool = False) -> None:
        """Remove a unit; with `force` even if its agent is gone."""
        verb = "force_remove_unit" if force else "remove_unit"
        return self.act(wait, verb, name=unit)

    def stop_agent(self, machine: str) -> None:
        """The machine's agent ends, and with it the programs that it runs."""
        self.ask("stop_agent", machine=machine)

    def start_agent(self, machine: str, wait: bool = True) -> None:
        """A stopped agent starts again, a killed machine boots, a partition ends."""
        self.act(wait, "start_agent", machine=machine)

    def kill_machine(self, machine: str) -> None:
        """The machine loses its power."""
        self.ask("kill_machine", machine=machine)

    def partition(self, machine: str) -> None:
        """The machine no longer reaches the controller; what runs on it goes on."""
        self.ask("partition", machine=machine)

    def plant_fault(self, unit: str, point: str, then: str = "fail") -> None:
        """When the unit next reaches the point, its hook fails, or (`then="kill"`) its machine
        loses its power. Points: flush:before, flush:after-secrets (Juju 3), flush:after."""
        self.ask("plant", name=unit, point=point, then=then)

    def remove_machine(self, machine: str, force: bool = False, wait: bool = True) -> None:
        """The machine leaves the model; with `force` its units go with it."""
        self.act(wait, "remove_machine", number=machine, force=force)

    def remove_application(self, name: str, wait: bool = True) -> None:
        """Remove an application."""
        return self.act(wait, "remove_application", name=name)

    def config(
        self, name: str, values: Entry | None = None, reset: Iterable[str] = (), wait: bool = True
    ) -> Entry:
        """Change settings, or (without values and reset) return them: key -> value."""
        if values or reset:
            return self.act(wait, "set_config", name=name, values=values or {}, reset=list(reset))
        return {key: entry["value"] for key, entry in self.config_details(name).items()}

    def config_details(self, name: str) -> Entry:
        """Settings with type, default and source."""
        return self.ask("get_config", name=name)

    def status(self) -> Entry:
        """As `juju status --format json`."""
        return self.ask("get_status")

    def unit(self, name: str) -> Entry:
        """One unit of the status."""
        return self.status()["applications"][name.partition("/")[0]]["units"][name]

    def hook(
        self,
        unit: str,
        hook: Entry,
        relation: Entry | None = None,
        remote_unit: str = "",
        wait: bool = True,
    ) -> None:
        """Run one hook by hand."""
        return self.act(
            wait, "queue_hook", name=unit, hook=hook, relation=relation, remote_unit=remote_unit
        )

    def run_action(
        self, unit: str, action: Entry, params: Entry | None = None, wait: bool = True
    ) -> Entry:
        """Run an action; returns its entry: status, message, results, log."""
        return self.ask("run_action", unit=unit, action=action, params=params or {}, wait=wait)

    def exec(self, unit: str, script: str) -> Entry:
        """Run a command in the unit's context; returns {"rc", "stdout", "stderr"}."""
        return self.ask("execute", unit=unit, script=script)

    def refresh(
        self, name: str, path: str, resources: dict[str, str] | None = None, wait: bool = True
    ) -> None:
        """Upgrade to the charm at `path`."""
        return self.act(
            wait, "refresh", name=name, path=os.path.abspath(path), resources=absolute(resources)
        )

    def integrate(self, one: str, other: str, wait: bool = True) -> int:
        """Relate two applications; returns the relation's number."""
        return self.act(wait, "relate", one=one, other=other)

    def remove_relation(self, one: str, other: str, wait: bool = True) -> None:
        """Remove a relation."""
        return self.act(wait, "unrelate", one=one, other=other)

    def expose(self, name: str, exposed: bool = True) -> None:
        """Expose an application, or no longer."""
        return self.ask("set_exposed", name=name, exposed=exposed)

    def trust(self, name: str, trust: bool = True, wait: bool = True) -> None:
        """Trust an application with the cloud's credentials."""
        return self.act(wait, "set_trust", name=name, trust=trust)

    def leader(self, name: str, unit: str, wait: bool = True) -> None:
        """Move leadership."""
        return self.act(wait, "set_leader", name=name, leader=unit)

    def add_secret(self, name: str, pairs: dict[str, str]) -> str:
        """A user's secret; returns its URI."""
        return self.ask("add_secret", name=name, pairs=pairs)

    def update_secret(self, reference: str, pairs: dict[str, str], wait: bool = True) -> None:
        """A new revision of a user's secret."""
        return self.act(wait, "update_secret", reference=reference, pairs=pairs)

    def remove_secret(self, reference: str) -> None:
        """Remove a user's secret."""
        return self.ask("remove_secret", reference=reference)

    def grant_secret(
        self, reference: str, application: str, granted: bool = True, wait: bool = True
    ) -> None:
        """Let an application read a user's secret, or no longer."""
        return self.act(
            wait, "grant_secret", reference=reference, name=application, granted=granted
        )

    def model_config(self, values: Entry | None = None) -> Entry:
        """Change model configuration, or return it."""
        if values:
            return self.ask("model_config", values=values)
        return self.ask("get_model_config")

    def set_addresses(self, unit: str, wait: bool = True, **addresses: Any) -> None:
        """Another `private` or `public` address of a unit."""
        return self.act(wait, "set_addresses", name=unit, addresses=addresses)

    def resolved(self, unit: str, retry: bool = True, wait: bool = True) -> None:
        """Retry a failed hook, or go on without it."""
        return self.act(wait, "resolve", name=unit, retry=retry)

    def log(
        self, unit: str | None = None, level: str = "TRACE", last: int | None = None
    ) -> list[Entry]:
        """Entries of the debug log."""
        return self.ask("log", unit=unit, level=level, last=last)

    def runs(self, unit: str | None = None) -> list[Entry]:
        """Every program that was run: unit, hook, kind, start, duration, rc, pid."""
        return [run for run in self.ask("runs") if unit in (None, run["unit"])]

    def hooks(self, unit: str) -> list[str]:
        """The names of the hooks a unit has run, in order."""
        return [run["hook"] for run in self.runs(unit) if run["kind"] == "hook"]

    def forget(self) -> None:
        """Begin an empty model in the place of this one, as if the controller were new."""
        self.ask("forget")

    def model(self) -> Model:
        """The whole model."""
        return self.ask("model_data")


def absolute(resources: dict[str, str] | None) -> dict[str, str]:
    """Resource files as absolute paths."""
    return {name: os.path.abspath(path) for name, path in (resources or {}).items()}
