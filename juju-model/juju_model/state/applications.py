"""What an operator does with applications: functions on the model.

Each takes the model (a copy that is dropped if the function raises) and raises `Refused` with a
text for the operator.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..values import Entry, Model
from . import charm as charms
from . import leadership, machines, model
from .lookup import Refused, application, unit
from .profiles import KEPT, REFUSED
from .relations import new_relation, remove_relation


def deploy(
    data: Model,
    name: str,
    charm: Entry,
    units: int,
    config: Entry,
    trust: bool,
    resources: dict[str, str],
    to: list[str],
) -> list[str]:
    """A new application with its peer relations and units; returns the units."""
    if name in data["applications"]:
        raise Refused(f'cannot add application "{name}": application already exists')
    data["applications"][name] = {
        "charm": charm,
        "charm-revision": 0,
        "config": {},
        "exposed": False,
        "leader": None,
        "leader-settings": {},
        "leader-settings-version": 1,
        "life": "alive",
        "next-unit": 0,
        "resources": resources,
        "status": None,
        "trust": trust,
        "version": "",
    }
    set_config(data, name, config)
    for endpoint in charm["endpoints"].values():
        if endpoint["role"] == "peer":
            new_relation(data, {name: endpoint})
    return add_units(data, name, units, to)


def add_units(data: Model, name: str, count: int, to: list[str]) -> list[str]:
    """More units; the first one of an application becomes its leader."""
    app = application(data, name)
    if app["life"] != "alive":
        raise Refused(f'application "{name}" is being removed')
    added = []
    for machine in machines.place(data, count, to):
        new = f"{name}/{app['next-unit']}"
        app["next-unit"] += 1
        data["units"][new] = model.new_unit(machine, first_storage(data, app["charm"]))
        app["leader"] = app["leader"] or new
        added.append(new)
    return added


def first_storage(data: Model, charm: Entry) -> Entry:
    """The storage that a unit has from the beginning."""
    found = {}
    for name, declared in charm["storage"].items():
        least = (declared.get("multiple") or {}).get("range", "1")
        for _ in range(int(str(least).split("-")[0].rstrip("+") or 1)):
            number = data["next"]["storage"]
            data["next"]["storage"] += 1
            found[f"{name}/{number}"] = {
                "kind": declared.get("type", "filesystem"),
                "location": declared.get("location") or f"/var/lib/juju/storage/{name}/{number}",
            }
    return found


def set_config(data: Model, name: str, values: Entry, reset: Iterable[str] = ()) -> None:
    """Change settings: typed as config.yaml says, an unknown name is refused."""
    app = application(data, name)
    declared = app["charm"]["options"]
    for key in [*values, *reset]:
        if key not in declared:
            raise Refused(f'unknown option "{key}"')
    try:
        typed = {k: charms.typed(k, declared[k], value) for k, value in values.items()}
    except charms.CharmError as error:
        raise Refused(str(error)) from None
    app["config"].update(typed)
    for key in reset:
        app["config"].pop(key, None)


def remove_unit(data: Model, name: str) -> None:
    """The unit will run its last hooks."""
    name = unit(data, name)
    data["units"][name]["life"] = "dying"
    application = model.application_of(name)
    if not data["units"][name]["uniter"]["installed"]:
        data["units"][name]["uniter"]["removed"] = True
    leads = data["applications"][application]["leader"] == name
    if leads and leadership.candidates(data, application, name):
        leadership.hand_over(data, application, name)


def remove_application(data: Model, name: str) -> None:
    """All of its units and relations go."""
    app = application(data, name)
    app["life"] = "dying"
    for relation in model.relations_of(data, name):
        remove_relation(data, relation["id"])
    units = model.units_of(data, name)
    for dying in units:
        remove_unit(data, dying)
    if not units:
        del data["applications"][name]


def refresh(data: Model, name: str, charm: Entry, resources: dict[str, str]) -> None:
    """A newer revision of the charm."""
    app = application(data, name)
    drop_peers(data, name, charm)
    for endpoint in charm["endpoints"].values():
        known = app["charm"]["endpoints"].get(endpoint["name"])
        adds = model.profile_of(data).refresh_adds_peers
        if endpoint["role"] == "peer" and known is None and adds:
            new_relation(data, {name: endpoint})
    app["charm"] = charm
    app["charm-revision"] += 1
    app["resources"].update(resources)
    app["config"] = {k: v for k, v in app["config"].items() if k in charm["options"]}


def drop_peers(data: Model, name: str, charm: Entry) -> None:
    """Peer relations that the new charm lacks are broken, kept or in the way of the refresh."""
    rule = model.profile_of(data).dropped_peers
    for relation in model.relations_of(data, name):
        endpoint = model.endpoint_name(relation, name)
        if not model.is_peer(relation) or endpoint in charm["endpoints"] or rule == KEPT:
            continue
        if rule == REFUSED and model.units_of(data, name):
            raise Refused(
                f'charm has no corresponding peer relation "{endpoint}". '
                "Please scale down to 0 units to refresh"
            )
        remove_relation(data, relation["id"])
