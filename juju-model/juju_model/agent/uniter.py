"""A unit agent: one thread that does what the resolver says, one thing at a time."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from typing import TYPE_CHECKING

from ..state import commit, model
from ..state.flush import FlushError
from ..state.resolver import Timers, deadline, next_operation
from ..tools.context import Context
from ..values import Entry
from . import faults, files
from .halted import Halted
from .keeping import keep
from .operations import Operations
from .runner import KILLED, Outcome

if TYPE_CHECKING:
    from .machine import Machine

FIRST_RETRY = 5.0
LONGEST_RETRY = 300.0


class Uniter(threading.Thread):
    """The agent of one unit."""

    def __init__(self, machine: Machine, unit: str) -> None:
        """`machine` has what its agents share: store, runner, lock, options."""
        super().__init__(daemon=True)
        self.machine = machine
        self.store = machine.store
        self.unit = unit
        self.busy = False
        self.retry_delay = FIRST_RETRY
        self.retry_at: float | None = None
        self.update_status_at: float | None = None
        self.operations = operations = Operations(machine, unit)
        self.handlers = {
            "hook": self.run_hook,
            "action": operations.run_action,
            "command": operations.run_command,
            "skip": self.skip,
            "not-leader": operations.not_leader,
            "deploy-charm": operations.deploy_charm,
            "upgrade-charm": operations.upgrade_charm,
            "terminate": operations.terminate,
        }
        files.link_tools(machine.paths, unit, model.profile_of(self.store.data))
        self.plan_recovery()
        self.plan_update_status()

    def run(self) -> None:
        """Until the unit or its agent is gone."""
        with contextlib.suppress(Halted):
            while self.wait_for_work():
                self.step()

    def plan_recovery(self) -> None:
        """A hook that was found failed is retried after the first delay."""
        if self.store.data["units"][self.unit]["uniter"]["current"]:
            self.plan_retry()

    def timers(self) -> Timers:
        """What the clock says."""
        now = time.monotonic()
        return Timers(
            retry_due=self.retry_at is not None and now >= self.retry_at,
            update_status_due=self.update_status_at is not None and now >= self.update_status_at,
        )

    def pending(self) -> Entry | None:
        """What would be done next, or None."""
        return next_operation(self.store.data, self.unit, self.timers())

    def wait_for_work(self) -> bool:
        """Sleep until there is something to do; False if the unit or its agent is gone."""
        with self.store.lock:
            while self.unit in self.store.data["units"] and not self.machine.is_halted():
                if self.pending():
                    self.busy = True
                    return True
                self.rest()
                self.store.changed.wait(self.time_to_wait())
            return False

    def rest(self) -> None:
        """Show that nothing is going on."""
        state = self.store.data["units"][self.unit]
        if state["agent"]["status"] == "executing" and not state["uniter"]["current"]:
            self.machine.change(commit.idle, self.unit)

    def time_to_wait(self) -> float | None:
        """Seconds until a timer, None if there is none."""
        moments = [at - time.monotonic() for at in (self.retry_at, self.update_status_at) if at]
        later = deadline(self.store.data, self.unit)
        if later:
            moments.append(later - time.time())
        future = [moment for moment in moments if moment > 0]
        return min(future) + 0.001 if future else None

    def step(self) -> None:
        """Take the machine lock, look again what is due, do it."""
        try:
            with self.machine.lock.held():
                todo = None if self.machine.is_halted() else self.pending()
                if todo:
                    self.handlers[todo["do"]](todo)
        except Halted:  # what was begun has no end: the next agent finds it failed
            return
        except Exception as error:  # an agent must not die of one operation
            self.machine.log.add(
                self.unit, "ERROR", "juju.worker.uniter", f"agent fault: {error!r}"
            )
            faults.report(error)
            time.sleep(1)
        finally:
            with self.store.lock:
                self.busy = False
                self.store.changed.notify_all()

    def run_hook(self, todo: Entry) -> None:
        """A hook from its beginning to commit, failure or another try."""
        hook = self.machine.change(commit.begin_hook, self.unit, todo["hook"])
        context = self.operations.context("hook", hook["name"], hook)
        with self.machine.runner.serving(context):
            outcome = self.machine.runner.hook(context)
        if context.pending.reboot == "now" and outcome.code in KILLED:
            self.machine.change(commit.reboot, self.machine.number)
        if outcome.code in KILLED:
            self.operations.say("INFO", f"{hook['name']!r} hook was killed, it will be run again")
            self.machine.change(commit.requeue_hook, self.unit, hook)
        elif outcome.ok and self.committed(context, hook):
            ran = "ran" if outcome.code == 0 else "skipped"
            self.operations.say("INFO", f'{ran} "{hook["name"]}" hook')
            self.forget_retry()
        else:
            self.failed(hook, outcome)
        self.plan_update_status(hook)

    def committed(self, context: Context, hook: Entry) -> bool:
        """Keep the hook's changes; False if the controller refuses them."""
        try:
            keep(self.machine, self.unit, context.pending, commit.commit_hook, hook)
            return True
        except FlushError as error:
            self.operations.say("ERROR", f'cannot commit "{hook["name"]}" hook: {error}')
            return False

    def failed(self, hook: Entry, outcome: Outcome) -> None:
        """Into error, and plan the next try."""
        reason = outcome.error or f"exit status {outcome.code}"
        self.operations.say("ERROR", f'hook "{hook["name"]}" failed: {reason}')
        self.plan_retry()
        self.machine.change(commit.fail_hook, self.unit, hook)

    def plan_retry(self) -> None:
        """5 s, twice as long each time, 5 min at most; some jitter."""
        wait = self.retry_delay * random.uniform(0.9, 1.1) * self.machine.options["retry_scale"]
        self.retry_at = time.monotonic() + wait
        self.retry_delay = min(self.retry_delay * 2, LONGEST_RETRY)

    def forget_retry(self) -> None:
        """All is well."""
        self.retry_delay, self.retry_at = FIRST_RETRY, None

    def plan_update_status(self, hook: Entry | None = None) -> None:
        """The timer starts again after each of its hooks; off without an interval."""
        interval = self.machine.options["update_status_interval"]
        if not interval:
            self.update_status_at = None
        elif hook is None or hook["kind"] == "update-status":
            self.update_status_at = time.monotonic() + interval * random.uniform(0.8, 1.2)

    def skip(self, todo: Entry) -> None:
        """resolved --no-retry."""
        self.forget_retry()
        self.machine.change(commit.skip_hook, self.unit, todo["hook"])
