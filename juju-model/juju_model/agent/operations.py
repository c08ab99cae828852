"""What a unit agent does besides hooks: actions, commands, the charm's files, the end."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from ..state import commit, model, removal, requests
from ..state.flush import FlushError, flush
from ..tools.context import Context
from ..values import Entry
from . import files
from .action_results import action_result
from .keeping import keep

if TYPE_CHECKING:
    from .machine import Machine

OPERATION_LOG = "juju.worker.uniter.operation"


class Operations:
    """The operations of one unit; each takes the resolver's `todo`."""

    def __init__(self, machine: Machine, unit: str) -> None:
        self.machine = machine
        self.store = machine.store
        self.unit = unit

    def say(self, level: str, text: str) -> None:
        """The agent's own lines in the log."""
        self.machine.log.add(self.unit, level, OPERATION_LOG, text)

    def context(
        self, kind: str, name: str, hook: Entry | None = None, action: Entry | None = None
    ) -> Context:
        """The context of a program that is about to run."""
        context = Context(self.store, self.machine.log, self.unit, kind, name, hook, action)
        context.is_cut_off = self.machine.is_halted
        return context

    def not_leader(self, todo: Entry) -> None:
        """Leadership is with another unit."""
        self.machine.change(commit.not_leader, self.unit)

    def deploy_charm(self, todo: Entry) -> None:
        """The first copy of the charm."""
        revision = self.copy_charm()
        self.machine.change(requests.set_revision, self.unit, revision, False)

    def upgrade_charm(self, todo: Entry) -> None:
        """A newer charm over the older one, then its hooks."""
        revision = self.copy_charm()
        self.machine.change(requests.set_revision, self.unit, revision, True)

    def copy_charm(self) -> int:
        """The controller's newest copy into the charm directory; returns its revision."""
        application = model.application_of(self.unit)
        revision: int = self.store.data["applications"][application]["charm-revision"]
        source = self.machine.depot.stored_charm(application, revision)
        files.deploy_charm(source, self.machine.paths.agent(self.unit), revision)
        return revision

    def terminate(self, todo: Entry) -> None:
        """The unit's files go, then the unit."""
        files.remove_unit(self.machine.paths, self.unit)
        self.machine.change(removal.terminate, self.unit)

    def run_action(self, todo: Entry) -> None:
        """An action: never puts the unit in error, is never run again."""
        action = self.machine.change(requests.start_action, todo["id"])
        context = self.context("action", action["name"], action=action)
        with self.machine.runner.serving(context):
            outcome = self.machine.runner.action(context)
        refused = ""
        if outcome.code == 0:
            refused = self.flushed(context)
        action_result(model.profile_of(self.store.data), self.unit, action, outcome, refused)
        self.machine.change(requests.store_entry, "actions", action)

    def run_command(self, todo: Entry) -> None:
        """A command: its changes are kept whatever its exit code."""
        entry = self.machine.change(requests.start_command, todo["id"])
        context = self.context("commands", "run-commands", entry["hook"])
        with self.machine.runner.serving(context):
            outcome = self.machine.runner.command(context, base64.b64decode(entry["script"]))
        refused = self.flushed(context)
        entry.update(
            status="completed",
            rc=outcome.code,
            error=refused or outcome.error,
            stdout=base64.b64encode(outcome.stdout).decode(),
            stderr=base64.b64encode(outcome.stderr).decode(),
        )
        self.machine.change(requests.store_entry, "commands", entry)

    def flushed(self, context: Context) -> str:
        """Keep a context's changes; returns why they were refused."""
        try:
            keep(self.machine, self.unit, context.pending, flush)
            return ""
        except FlushError as error:
            self.say("ERROR", f"cannot commit changes: {error}")
            return str(error)
