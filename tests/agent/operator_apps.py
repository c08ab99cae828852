"""What an operator does with applications and units: functions on the model.

Each takes the model (a copy that is dropped if the function raises) and raises `Refused` with a
text for the operator.
"""

from __future__ import annotations

from . import charm as charms
from . import model


class Refused(Exception):
    """The operator asked for something that cannot be done."""


def application(data, name):
    """An application by name."""
    if name not in data["applications"]:
        raise Refused(f'application "{name}" not found')
    return data["applications"][name]


def unit(data, name):
    """A unit by name; `web/leader` is the leader of web."""
    app, _, number = name.partition("/")
    if number == "leader" and app in data["applications"]:
        name = data["applications"][app]["leader"] or name
    if name not in data["units"]:
        raise Refused(f'unit "{name}" not found')
    return name


def deploy(data, name, charm, units, config, trust, resources):
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
    return add_units(data, name, units)


def add_units(data, name, count):
    """More units; the first one of an application becomes its leader."""
    app = application(data, name)
    if app["life"] != "alive":
        raise Refused(f'application "{name}" is being removed')
    added = []
    for _ in range(count):
        new = f"{name}/{app['next-unit']}"
        app["next-unit"] += 1
        data["units"][new] = model.new_unit(first_storage(data, app["charm"]))
        app["leader"] = app["leader"] or new
        added.append(new)
    return added


def first_storage(data, charm):
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


def set_config(data, name, values, reset=()):
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


def remove_unit(data, name):
    """The unit will run its last hooks."""
    name = unit(data, name)
    data["units"][name]["life"] = "dying"
    app = data["applications"][model.application_of(name)]
    others = [
        other
        for other in model.units_of(data, model.application_of(name))
        if data["units"][other]["life"] == "alive"
    ]
    if not data["units"][name]["uniter"]["installed"]:
        data["units"][name]["uniter"]["removed"] = True
    if app["leader"] == name and others:
        app["leader"] = others[0]


def remove_application(data, name):
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


def refresh(data, name, charm, resources):
    """A newer revision of the charm."""
    app = application(data, name)
    for endpoint in charm["endpoints"].values():
        known = app["charm"]["endpoints"].get(endpoint["name"])
        if endpoint["role"] == "peer" and known is None:
            new_relation(data, {name: endpoint})
    app["charm"] = charm
    app["charm-revision"] += 1
    app["resources"].update(resources)
    app["config"] = {k: v for k, v in app["config"].items() if k in charm["options"]}


def set_exposed(data, name, exposed):
    """Nothing that a unit could see."""
    application(data, name)["exposed"] = exposed


def set_trust(data, name, trust):
    """`juju trust`."""
    application(data, name)["trust"] = trust


def set_leader(data, name, leader):
    """Move leadership."""
    leader = unit(data, leader)
    if model.application_of(leader) != name:
        raise Refused(f'unit "{leader}" is not of application "{name}"')
    application(data, name)["leader"] = leader


def resolve(data, name, retry):
    """`juju resolved`."""
    name = unit(data, name)
    current = data["units"][name]["uniter"]["current"]
    if not current or current["step"] != "failed":
        raise Refused(f'unit "{name}" is not in an error state')
    data["units"][name]["resolved"] = "retry" if retry else "no-retry"


def queue_hook(data, name, hook, relation, remote_unit):
    """Run a hook by hand."""
    name = unit(data, name)
    entry = {"name": hook, "kind": hook, "by-hand": True}
    if relation:
        number = str(relation).rpartition(":")[2]
        found = data["relations"].get(number)
        if found is None:
            raise Refused(f'relation "{relation}" not found')
        remote = model.remote_application(found, model.application_of(name))
        entry.update({"relation": int(number), "remote-unit": remote_unit, "remote-app": remote})
    data["units"][name]["uniter"]["queue"].append(entry)


def new_relation(data, endpoints):
    """A relation between applications, or of one with itself; returns its number."""
    number = data["next"]["relation"]
    data["next"]["relation"] += 1
    data["relations"][str(number)] = {
        "id": number,
        "life": "alive",
        "since": model.now(),
        "endpoints": endpoints,
        "units": {},
        "apps": {},
    }
    return number


def remove_relation(data, number):
    """The relation's last hooks will run."""
    relation = data["relations"].get(str(number))
    if relation is None:
        raise Refused(f'relation "{number}" not found')
    relation["life"] = "dying"
    if not relation["units"]:
        del data["relations"][str(number)]
