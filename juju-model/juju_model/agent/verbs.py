"""The verbs of the control socket: what the operator asks of the running controller."""

from __future__ import annotations

import contextlib
import time

from ..state import (
    applications,
    lookup,
    model,
    operator,
    relations,
    report,
    requests,
    user_secrets,
)
from ..state import charm as charms
from ..state.flush import FlushError, flush
from ..state.lookup import Refused
from ..tools.context import Context
from . import files, run_socket
from .environment import build
from .log import show

VERBS = {}


def verb(function):
    """Offer a function under its name."""
    VERBS[function.__name__] = function
    return function


def change(name, function):
    """Offer a function on the model as it is."""
    VERBS[name] = lambda agent, **arguments: agent.store.change(
        lambda data: function(data, **arguments)
    )


for _name, _function in {
    "remove_unit": applications.remove_unit,
    "remove_application": applications.remove_application,
    "set_config": applications.set_config,
    "set_exposed": operator.set_exposed,
    "set_trust": operator.set_trust,
    "set_leader": operator.set_leader,
    "resolve": operator.resolve,
    "queue_hook": operator.queue_hook,
    "relate": relations.relate,
    "unrelate": relations.unrelate,
    "add_secret": user_secrets.add_secret,
    "update_secret": user_secrets.update_secret,
    "remove_secret": user_secrets.remove_secret,
    "grant_secret": user_secrets.grant_secret,
    "model_config": operator.model_config,
    "set_addresses": operator.set_addresses,
    "edit": operator.edit,
}.items():
    change(_name, _function)


@verb
def deploy(agent, path, name, units, config, trust, resources):
    """Deploy a charm directory; returns application and units."""
    charm = charms.read(path)
    name = name or charm["name"]
    if name in agent.store.data["applications"]:
        raise Refused(f'cannot add application "{name}": application already exists')
    files.store_charm(path, agent.paths.stored_charm(name, 0))
    stored = store_resources(agent, name, charm, resources)
    added = agent.store.change(applications.deploy, name, charm, units, config, trust, stored)
    agent.start_units()
    return {"application": name, "units": added}


def store_resources(agent, name, charm, resources):
    """Copies of the resources' files."""
    for resource in resources:
        if resource not in charm["resources"]:
            raise Refused(f'unrecognized resource "{resource}"')
    return {
        resource: files.resource_target(agent.paths, name, resource, path)
        for resource, path in resources.items()
    }


@verb
def add_units(agent, name, count):
    """More units."""
    added = agent.store.change(applications.add_units, name, count)
    agent.start_units()
    return added


@verb
def refresh(agent, name, path, resources):
    """Upgrade an application to the charm at `path`."""
    with agent.store.lock:
        revision = lookup.application(agent.store.data, name)["charm-revision"] + 1
    charm = charms.read(path)
    files.store_charm(path, agent.paths.stored_charm(name, revision))
    stored = store_resources(agent, name, charm, resources)
    agent.store.change(applications.refresh, name, charm, stored)


@verb
def get_config(agent, name):
    """The settings with type, default and where the value comes from."""
    app = lookup.application(agent.store.data, name)
    values = charms.settings(app["charm"], app["config"])
    return {
        key: {
            "value": values[key],
            "default": option["default"],
            "type": option["type"],
            "source": "user" if key in app["config"] else "default",
        }
        for key, option in app["charm"]["options"].items()
    }


@verb
def get_model_config(agent):
    """Model configuration."""
    return agent.store.data["model"]["config"]


@verb
def run_action(agent, unit, action, params, wait=True):
    """Run an action, wait for its end."""
    number = agent.store.change(requests.add_action, unit, action, params)
    with agent.store.lock:
        while wait and agent.store.data["actions"][number]["status"] in ("pending", "running"):
            agent.store.changed.wait()
        return agent.store.data["actions"][number]


@verb
def execute(agent, unit, script):
    """Run a command in a unit's context."""
    name = lookup.unit(agent.store.data, unit)
    try:
        code, stdout, stderr = run_socket.run_command(agent.store, name, "", "", script.encode())
    except run_socket.RequestError as error:
        raise Refused(str(error)) from None
    return {
        "rc": code,
        "stdout": stdout.decode("utf-8", "replace"),
        "stderr": stderr.decode("utf-8", "replace"),
    }


@verb
def get_status(agent):
    """All that `juju status --format json` shows."""
    with agent.store.lock:
        return report.report(agent.store.data, agent.runner.running)


@verb
def settle(agent, timeout):
    """Wait until every unit is idle or in error; returns the units in error, None on timeout."""
    end = None if timeout is None else time.monotonic() + timeout
    with agent.store.lock:
        while not is_settled(agent):
            left = None if end is None else end - time.monotonic()
            if left is not None and left <= 0:
                return None
            agent.store.changed.wait(left)
        units = agent.store.data["units"]
        return sorted(name for name, unit in units.items() if unit["agent"]["status"] == "error")


def is_settled(agent):
    """True if no unit runs or has anything to run."""
    for unit, state in agent.store.data["units"].items():
        uniter = agent.uniters.get(unit)
        if state["agent"]["status"] == "executing":
            return False
        if uniter is None or uniter.busy or uniter.pending():
            return False
    return True


@verb
def log(agent, unit=None, level="TRACE", last=None):
    """Entries of the debug log, with the line as it is printed."""
    entries = agent.log.entries(unit, level, last)
    return [{**entry, "line": show(entry)} for entry in entries]


@verb
def runs(agent):
    """Every program that was run."""
    return agent.runs.read()


@verb
def model_data(agent):
    """The whole model."""
    with agent.store.lock:
        return agent.store.data


@verb
def forget(agent):
    """Begin an empty model in the place of this one."""
    if agent.held_contexts:
        raise Refused("a context is held open")
    agent.forget()


@verb
def stop(agent):
    """End this process; the model stays on disk."""
    files.remove_machine(agent.paths, model.profile_of(agent.store.data))
    agent.stopping = True


@verb
def open_context(agent, unit, kind, name, hook=None, action=None):
    """Hold a context open without a program in it, as a debugging session does; returns its
    environment. The machine lock is held until it is closed."""
    stack = contextlib.ExitStack()
    stack.enter_context(agent.lock.held())
    context = Context(agent.store, agent.log, unit, kind, name, hook, action)
    stack.enter_context(agent.runner.serving(context))
    agent.held_contexts[context.id] = (context, stack)
    return {"id": context.id, "environment": build(context, agent.paths, agent.options["path"])}


@verb
def close_context(agent, context_id, commit):
    """End a held context: `commit` keeps what it asked for."""
    context, stack = agent.held_contexts.pop(context_id)
    with stack:
        if commit:
            try:
                agent.store.change(flush, context)
            except FlushError as error:
                raise Refused(str(error)) from None
