"""A unit agent: one thread that does what the resolver says, one thing at a time."""

from __future__ import annotations

import base64
import random
import threading
import time

from ..state import commit, model, requests
from ..state.flush import FlushError, flush
from ..state.resolver import Timers, deadline, next_operation
from ..tools.context import Context
from . import files
from .action_results import action_result
from .runner import KILLED

FIRST_RETRY = 5.0
LONGEST_RETRY = 300.0
OPERATION_LOG = "juju.worker.uniter.operation"


class Uniter(threading.Thread):
    """The agent of one unit."""

    def __init__(self, agent, unit):
        """`agent` is the machine's: store, runner, lock, options."""
        super().__init__(daemon=True)
        self.agent = agent
        self.store = agent.store
        self.unit = unit
        self.busy = False
        self.retry_delay = FIRST_RETRY
        self.retry_at = None
        self.update_status_at = None
        self.handlers = {
            "hook": self.run_hook,
            "action": self.run_action,
            "command": self.run_command,
            "skip": self.skip,
            "not-leader": self.not_leader,
            "deploy-charm": self.deploy_charm,
            "upgrade-charm": self.upgrade_charm,
            "terminate": self.terminate,
        }
        files.link_tools(agent.paths, unit, model.profile_of(self.store.data))
        self.plan_recovery()
        self.plan_update_status()

    def run(self):
        """Until the unit is gone."""
        while self.wait_for_work():
            self.step()

    def plan_recovery(self):
        """A hook that was found failed is retried after the first delay."""
        if self.store.data["units"][self.unit]["uniter"]["current"]:
            self.plan_retry()

    def timers(self):
        """What the clock says."""
        now = time.monotonic()
        return Timers(
            retry_due=self.retry_at is not None and now >= self.retry_at,
            update_status_due=self.update_status_at is not None and now >= self.update_status_at,
        )

    def pending(self):
        """What would be done next, or None."""
        return next_operation(self.store.data, self.unit, self.timers())

    def wait_for_work(self):
        """Sleep until there is something to do; False if the unit is gone."""
        with self.store.lock:
            while self.unit in self.store.data["units"]:
                if self.pending():
                    self.busy = True
                    return True
                self.rest()
                self.store.changed.wait(self.time_to_wait())
            return False

    def rest(self):
        """Show that nothing is going on."""
        state = self.store.data["units"][self.unit]
        if state["agent"]["status"] == "executing" and not state["uniter"]["current"]:
            self.store.change(commit.idle, self.unit)

    def time_to_wait(self):
        """Seconds until a timer, None for ever."""
        moments = [at - time.monotonic() for at in (self.retry_at, self.update_status_at) if at]
        later = deadline(self.store.data, self.unit)
        if later:
            moments.append(later - time.time())
        future = [moment for moment in moments if moment > 0]
        return min(future) + 0.001 if future else None

    def step(self):
        """Take the machine lock, look again what is due, do it."""
        try:
            with self.agent.lock.held():
                todo = self.pending()
                if todo:
                    self.handlers[todo["do"]](todo)
        except Exception as error:  # an agent must not die of one operation
            self.agent.log.add(self.unit, "ERROR", "juju.worker.uniter", f"agent fault: {error!r}")
            self.agent.fault(error)
            time.sleep(1)
        finally:
            with self.store.lock:
                self.busy = False
                self.store.changed.notify_all()

    def say(self, level, text):
        """The agent's own lines in the log."""
        self.agent.log.add(self.unit, level, OPERATION_LOG, text)

    def run_hook(self, todo):
        """A hook from its beginning to commit, failure or another try."""
        hook = self.store.change(commit.begin_hook, self.unit, todo["hook"])
        context = Context(self.store, self.agent.log, self.unit, "hook", hook["name"], hook)
        with self.agent.runner.serving(context):
            outcome = self.agent.runner.hook(context)
        if context.pending.reboot == "now" and outcome.code in KILLED:
            self.store.change(lambda data: commit.reboot(data))
        if outcome.code in KILLED:
            self.say("INFO", f"{hook['name']!r} hook was killed, it will be run again")
            self.store.change(commit.requeue_hook, self.unit, hook)
        elif outcome.ok and self.committed(context, hook):
            ran = "ran" if outcome.code == 0 else "skipped"
            self.say("INFO", f'{ran} "{hook["name"]}" hook')
            self.forget_retry()
        else:
            self.failed(hook, outcome)
        self.plan_update_status(hook)

    def committed(self, context, hook):
        """Keep the hook's changes; False if the controller refuses them."""
        try:
            self.store.change(commit.commit_hook, context, hook)
            return True
        except FlushError as error:
            self.say("ERROR", f'cannot commit "{hook["name"]}" hook: {error}')
            return False

    def failed(self, hook, outcome):
        """Into error, and plan the next try."""
        reason = outcome.error or f"exit status {outcome.code}"
        self.say("ERROR", f'hook "{hook["name"]}" failed: {reason}')
        self.plan_retry()
        self.store.change(commit.fail_hook, self.unit, hook)

    def plan_retry(self):
        """5 s, twice as long each time, 5 min at most; some jitter."""
        wait = self.retry_delay * random.uniform(0.9, 1.1) * self.agent.options["retry_scale"]
        self.retry_at = time.monotonic() + wait
        self.retry_delay = min(self.retry_delay * 2, LONGEST_RETRY)

    def forget_retry(self):
        """All is well."""
        self.retry_delay, self.retry_at = FIRST_RETRY, None

    def plan_update_status(self, hook=None):
        """The timer starts anew after each of its hooks; off without an interval."""
        interval = self.agent.options["update_status_interval"]
        if not interval:
            self.update_status_at = None
        elif hook is None or hook["kind"] == "update-status":
            self.update_status_at = time.monotonic() + interval * random.uniform(0.8, 1.2)

    def skip(self, todo):
        """resolved --no-retry."""
        self.forget_retry()
        self.store.change(commit.skip_hook, self.unit, todo["hook"])

    def not_leader(self, todo):
        """Leadership is with another unit."""
        self.store.change(commit.not_leader, self.unit)

    def deploy_charm(self, todo):
        """The first copy of the charm."""
        revision = self.copy_charm()
        self.store.change(requests.set_revision, self.unit, revision, False)

    def upgrade_charm(self, todo):
        """A newer charm over the older one, then its hooks."""
        revision = self.copy_charm()
        self.store.change(requests.set_revision, self.unit, revision, True)

    def copy_charm(self):
        """The controller's newest copy into the charm directory; returns its revision."""
        app = self.store.data["applications"][model.application_of(self.unit)]
        revision = app["charm-revision"]
        source = self.agent.paths.stored_charm(model.application_of(self.unit), revision)
        files.deploy_charm(source, self.agent.paths.agent(self.unit), revision)
        return revision

    def terminate(self, todo):
        """The unit's files go, then the unit."""
        files.remove_unit(self.agent.paths, self.unit)
        self.store.change(commit.terminate, self.unit)

    def run_action(self, todo):
        """An action: never puts the unit in error, is never run again."""
        action = self.store.change(requests.start_action, todo["id"])
        context = Context(
            self.store, self.agent.log, self.unit, "action", action["name"], action=action
        )
        with self.agent.runner.serving(context):
            outcome = self.agent.runner.action(context)
        refused = ""
        if outcome.code == 0:
            refused = self.flushed(context)
        action_result(model.profile_of(self.store.data), self.unit, action, outcome, refused)
        self.store.change(requests.store_entry, "actions", action)

    def run_command(self, todo):
        """A command: its changes are kept whatever its exit code."""
        entry = self.store.change(requests.start_command, todo["id"])
        context = Context(
            self.store, self.agent.log, self.unit, "commands", "run-commands", entry["hook"]
        )
        with self.agent.runner.serving(context):
            outcome = self.agent.runner.command(context, base64.b64decode(entry["script"]))
        refused = self.flushed(context)
        entry.update(
            status="completed",
            rc=outcome.code,
            error=refused or outcome.error,
            stdout=base64.b64encode(outcome.stdout).decode(),
            stderr=base64.b64encode(outcome.stderr).decode(),
        )
        self.store.change(requests.store_entry, "commands", entry)

    def flushed(self, context):
        """Keep a context's changes; returns why they were refused."""
        try:
            self.store.change(flush, context)
            return ""
        except FlushError as error:
            self.say("ERROR", f"cannot commit changes: {error}")
            return str(error)
