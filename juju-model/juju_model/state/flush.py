"""The end of a hook that went well: all that it asked for, at once or not at all."""

from __future__ import annotations

from ..values import Model, PortChange
from . import model, ports, secret_store
from .pending import Pending, merged

MAX_CHARM_STATE = 2 * 1024 * 1024


class FlushError(Exception):
    """The controller refused the changes: none of them is kept and the hook fails."""


def flush(data: Model, unit: str, pending: Pending) -> None:
    """Write pending changes into `data` (a copy that is dropped if this raises)."""
    flush_secrets(data, unit, pending)
    for (rid, side), changes in pending.relations.items():
        flush_relation(data, unit, rid, side, changes)
    flush_ports(data, unit, pending.ports)
    if pending.state is not None:
        flush_state(data, unit, pending.state)
    if pending.metrics:
        data["units"][unit].setdefault("metrics", []).extend(pending.metrics)
    for name, count in pending.storage:
        add_storage(data, unit, name, count)


def flush_secrets(data: Model, unit: str, pending: Pending) -> None:
    """The part that Juju 3 writes first, and on its own."""
    try:
        secret_store.flush(data, unit, pending.secrets)
    except secret_store.SecretError as error:
        raise FlushError(str(error)) from None


def flush_relation(data: Model, unit: str, rid: int, side: str, changes: dict[str, str]) -> None:
    """One bag; its version grows only if something differs."""
    relation = data["relations"].get(str(rid))
    if relation is None:
        return
    if side == "app" and not model.is_leader(data, unit):
        raise FlushError("cannot write relation settings: not the leader")
    bags = relation["units" if side == "unit" else "apps"]
    owner = unit if side == "unit" else model.application_of(unit)
    bag = bags.setdefault(owner, {"settings": {}, "version": 0, "in-scope": True})
    settings = merged(bag["settings"], changes)
    if settings != bag["settings"]:
        bag["settings"] = settings
        bag["version"] += 1


def flush_ports(data: Model, unit: str, changes: list[PortChange]) -> None:
    """Opened and closed ranges; an unknown endpoint is refused here, not by the tool."""
    known = data["applications"][model.application_of(unit)]["charm"]["endpoints"]
    for _, port_range in changes:
        if port_range[3] and port_range[3] not in known:
            raise FlushError(f'cannot open/close ports: endpoint "{port_range[3]}" not found')
    data["units"][unit]["ports"] = ports.apply(data["units"][unit]["ports"], changes)


def flush_state(data: Model, unit: str, state: dict[str, str]) -> None:
    """The unit's own store."""
    size = sum(len(key.encode()) + len(value.encode()) for key, value in state.items())
    if size > MAX_CHARM_STATE:
        raise FlushError(f"max allowed state size exceeded: {size} > {MAX_CHARM_STATE}")
    data["units"][unit]["charm-state"] = state


def add_storage(data: Model, unit: str, name: str, count: int) -> None:
    """New storage instances, attached by hooks to come."""
    declared = data["applications"][model.application_of(unit)]["charm"]["storage"].get(name)
    if declared is None:
        raise FlushError(f'adding storage to unit {unit}: charm storage "{name}" not found')
    for _ in range(count):
        number = data["next"]["storage"]
        data["next"]["storage"] += 1
        data["units"][unit]["storage"][f"{name}/{number}"] = {
            "kind": declared.get("type", "filesystem"),
            "location": declared.get("location") or f"/var/lib/juju/storage/{name}/{number}",
        }
