"""The model as plain data, and the questions asked of it. Nothing here writes to disk."""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
import uuid

from ..values import Entry, Model, Settings
from . import charm as charms
from .profiles import PROFILES, Profile

NO_PROXY = "127.0.0.1,localhost,::1"


def now() -> str:
    """The time as Juju writes it."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%SZ")


def status(word: str, message: str = "") -> Entry:
    """A status with its time."""
    return {"status": word, "message": message, "since": now(), "data": {}}


def new_model(profile: str, machine: Entry) -> Model:
    """An empty model of one machine."""
    return {
        "profile": profile,
        "model": {"name": "default", "uuid": str(uuid.uuid4()), "config": model_defaults()},
        "machines": {"0": machine},
        "applications": {},
        "units": {},
        "relations": {},
        "secrets": {},
        "actions": {},
        "commands": {},
        "cloud": None,
        "next": {"machine": 1, "relation": 0, "action": 1, "storage": 0, "command": 1},
    }


def replace(data: Model, new: Model) -> None:
    """Begin with another model."""
    data.update(new)


def model_defaults() -> Entry:
    """Model configuration that units can notice."""
    config: Entry = {f"{kind}-proxy": "" for kind in ("http", "https", "ftp")}
    config.update({f"juju-{kind}-proxy": "" for kind in ("http", "https", "ftp")})
    config.update({"no-proxy": NO_PROXY, "juju-no-proxy": NO_PROXY})
    config.update({"automatically-retry-hooks": True, "update-status-hook-interval": "5m"})
    return config


def profile_of(data: Model) -> Profile:
    """The release that is modelled."""
    return PROFILES[data["profile"]]


def new_unit(machine: str, endpoint_storage: Entry) -> Entry:
    """A unit that no agent has touched yet."""
    return {
        "life": "alive",
        "machine": machine,
        "workload": status("waiting", "agent initialising"),
        "agent": status("allocating"),
        "addresses": {},
        "ports": [],
        "charm-state": {},
        "storage": endpoint_storage,
        "network": None,
        "uniter": {
            "installed": False,
            "started": False,
            "stopped": False,
            "removed": False,
            "charm-revision": None,
            "config-hash": None,
            "leader": None,
            "leader-settings-seen": 0,
            "relations": {},
            "storage": [],
            "queue": [],
            "current": None,
            "obsolete-seen": [],
        },
    }


@functools.lru_cache(maxsize=4096)
def application_of(unit: str) -> str:
    """`web` of `web/0`."""
    return unit.rpartition("/")[0]


@functools.lru_cache(maxsize=4096)
def unit_number(unit: str) -> tuple[str, int]:
    """Sorting key of unit names."""
    application, _, number = unit.rpartition("/")
    return application, int(number)


def units_of(data: Model, application: str) -> list[str]:
    """The names of an application's units, in order."""
    return sorted(
        (name for name in data["units"] if application_of(name) == application), key=unit_number
    )


def is_leader(data: Model, unit: str) -> bool:
    """True if the unit holds its application's leadership."""
    return data["applications"][application_of(unit)]["leader"] == unit


def machine_of(data: Model, unit: str) -> Entry:
    """The machine that the unit is on."""
    return data["machines"][data["units"][unit]["machine"]]


def address(data: Model, unit: str, kind: str) -> str:
    """The unit's private or public address."""
    return data["units"][unit]["addresses"].get(kind, machine_of(data, unit)[kind])


def tag(unit: str) -> str:
    """`unit-web-0` of `web/0`."""
    return "unit-" + unit.replace("/", "-")


def relations_of(data: Model, application: str) -> list[Entry]:
    """The application's relations by number, oldest first."""
    return [
        relation
        for _, relation in sorted(data["relations"].items(), key=lambda item: int(item[0]))
        if application in relation["endpoints"]
    ]


def endpoint_name(relation: Entry, application: str) -> str:
    """The name of the application's end."""
    return relation["endpoints"][application]["name"]


def relation_id(relation: Entry, application: str) -> str:
    """`website:1`."""
    return f"{endpoint_name(relation, application)}:{relation['id']}"


def is_peer(relation: Entry) -> bool:
    """True if both ends are the same application."""
    return len(relation["endpoints"]) == 1


def remote_application(relation: Entry, application: str) -> str:
    """The application at the other end; its own for peers."""
    others = [name for name in relation["endpoints"] if name != application]
    return others[0] if others else application


def members(relation: Entry, unit: str) -> list[str]:
    """The remote units in scope, as `unit` sees them."""
    remote = remote_application(relation, application_of(unit))
    return sorted(
        (
            name
            for name, state in relation["units"].items()
            if state["in-scope"] and name != unit and application_of(name) == remote
        ),
        key=unit_number,
    )


def settings_hash(data: Model, unit: str) -> str:
    """Changes when config-changed is due: settings, trust, addresses."""
    application = data["applications"][application_of(unit)]
    seen = [
        charms.settings(application["charm"], application["config"]),
        application["trust"],
        address(data, unit, "private"),
        address(data, unit, "public"),
    ]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()


def relation_defaults(data: Model, unit: str) -> Settings:
    """What Juju itself writes into a unit's bag."""
    private = address(data, unit, "private")
    if not private:
        return {}
    width = 128 if ":" in private else 32
    values = {"ingress-address": private, "egress-subnets": f"{private}/{width}"}
    if profile_of(data).private_address_in_relations:
        values["private-address"] = private
    return values
