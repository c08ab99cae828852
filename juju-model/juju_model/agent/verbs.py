"""The verbs of the control socket: what the operator asks of the running controller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..state import (
    applications,
    faults,
    lookup,
    machines,
    model,
    operator,
    relations,
    removal,
    requests,
    user_secrets,
)
from ..state import charm as charms
from ..state.lookup import Refused
from ..values import Entry
from . import files, run_socket
from .controller import Controller

Verb = Callable[..., Any]

VERBS: dict[str, Verb] = {}


def verb(function: Verb) -> Verb:
    """Offer a function under its name."""
    VERBS[function.__name__] = function
    return function


def change(function: Verb) -> None:
    """Offer a function on the model as it is."""
    VERBS[function.__name__] = lambda controller, **arguments: controller.store.change(
        lambda data: function(data, **arguments)
    )


CHANGES: tuple[Verb, ...] = (
    applications.remove_unit,
    removal.force_remove_unit,
    applications.remove_application,
    applications.set_config,
    operator.set_exposed,
    operator.set_trust,
    operator.set_leader,
    operator.resolve,
    operator.queue_hook,
    relations.relate,
    relations.unrelate,
    user_secrets.add_secret,
    user_secrets.update_secret,
    user_secrets.remove_secret,
    user_secrets.grant_secret,
    operator.model_config,
    operator.set_addresses,
    operator.edit,
    faults.plant,
)
for _function in CHANGES:
    change(_function)


@verb
def deploy(
    controller: Controller,
    path: str,
    name: str,
    units: int,
    config: Entry,
    trust: bool,
    resources: dict[str, str],
    to: list[str],
) -> Entry:
    """Deploy a charm directory; returns application and units."""
    charm = charms.read(path)
    name = name or charm["name"]
    if name in controller.store.data["applications"]:
        raise Refused(f'cannot add application "{name}": application already exists')
    files.store_charm(path, controller.paths.stored_charm(name, 0))
    stored = store_resources(controller, name, charm, resources)
    added = controller.store.change(
        applications.deploy, name, charm, units, config, trust, stored, to
    )
    controller.start()
    return {"application": name, "units": added}


def store_resources(
    controller: Controller, name: str, charm: Entry, resources: dict[str, str]
) -> dict[str, str]:
    """Copies of the resources' files."""
    for resource in resources:
        if resource not in charm["resources"]:
            raise Refused(f'unrecognized resource "{resource}"')
    return {
        resource: files.resource_target(controller.paths, name, resource, path)
        for resource, path in resources.items()
    }


@verb
def add_units(controller: Controller, name: str, count: int, to: list[str]) -> list[str]:
    """More units."""
    added = controller.store.change(applications.add_units, name, count, to)
    controller.start()
    return added


@verb
def add_machine(
    controller: Controller,
    private: str | None = None,
    public: str | None = None,
    external: bool = False,
) -> str:
    """One more machine; returns its number."""
    number: str = controller.store.change(machines.add_machine, private, public, external)
    controller.start()
    return number


@verb
def refresh(controller: Controller, name: str, path: str, resources: dict[str, str]) -> None:
    """Upgrade an application to the charm at `path`."""
    with controller.store.lock:
        revision = lookup.application(controller.store.data, name)["charm-revision"] + 1
    charm = charms.read(path)
    files.store_charm(path, controller.paths.stored_charm(name, revision))
    stored = store_resources(controller, name, charm, resources)
    controller.store.change(applications.refresh, name, charm, stored)


@verb
def run_action(
    controller: Controller, unit: str, action: str, params: Entry, wait: bool = True
) -> Entry:
    """Run an action, wait for its end."""
    number = controller.store.change(requests.add_action, unit, action, params)
    with controller.store.lock:
        while wait and controller.store.data["actions"][number]["status"] in ("pending", "running"):
            controller.store.changed.wait()
        return controller.store.data["actions"][number]


@verb
def execute(controller: Controller, unit: str, script: str) -> Entry:
    """Run a command in a unit's context."""
    name = lookup.unit(controller.store.data, unit)
    agent = controller.agent_of(name)
    try:
        code, stdout, stderr = run_socket.run_command(agent, name, "", "", script.encode())
    except requests.RequestError as error:
        raise Refused(str(error)) from None
    return {
        "rc": code,
        "stdout": stdout.decode("utf-8", "replace"),
        "stderr": stderr.decode("utf-8", "replace"),
    }


@verb
def forget(controller: Controller) -> None:
    """Begin an empty model in the place of this one."""
    if controller.held_contexts:
        raise Refused("a context is held open")
    controller.forget()


@verb
def stop(controller: Controller) -> None:
    """End this process; the model stays on disk."""
    profile = model.profile_of(controller.store.data)
    for machine in controller.machines.values():
        files.remove_machine(machine.paths, profile)
    controller.stopping = True
