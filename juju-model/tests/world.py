"""A recorded state as a running model: one application, its relations, what its unit has."""

from __future__ import annotations

import contextlib
import functools
import operator
import os
import re

import yaml
from juju_model.client import Juju

TYPES = {bool: "boolean", int: "int", float: "float", str: "string", type(None): "string"}
PORT = re.compile(r"(\d+)(?:-(\d+))?/(tcp|udp)")
# What the recorder's unit had besides its written state: these show in answers alone.
SINCE = "2026-01-02 03:04:05Z"
MODEL_UUID = "deadbeef-0bad-400d-8000-4b1d0d06f00d"
CLOUD = {
    "type": "ec2",
    "name": "aws",
    "region": "r1",
    "credential": {
        "auth-type": "access-key",
        "attributes": {"access-key": "AK", "secret-key": "SK"},
    },
}


class World:
    """A model below `root` that is set to a recorded state."""

    def __init__(self, root, state, unstated):
        """`unstated` names storage and resource, which the state does not write down."""
        self.state = state
        self.unit = state["unit"]
        self.application, _, self.number = self.unit.partition("/")
        self.unstated = unstated
        self.juju = Juju(root)
        self.juju.bootstrap(
            "3.6",
            private_address=state["private-address"],
            public_address=state["public-address"],
        )
        self.deploy(os.path.join(root, "charm"))
        self.set_state()

    def deploy(self, folder):
        """A charm with the endpoints and options of the state, and the unit's number."""
        write_charm(folder, self.application, self.state, self.unstated)
        self.juju.deploy(
            folder,
            units=0,
            trust=self.state["config"].get("trust") is True,
            resources={
                self.unstated["resource"]: os.path.join(folder, f"{self.unstated['resource']}.tgz")
            },
        )
        self.juju.ask(
            "edit", place=["applications", self.application, "next-unit"], value=int(self.number)
        )
        self.juju.add_unit(self.application)

    def set_state(self):
        """All that the state says, with the unit at rest."""
        state, app = self.state, ["applications", self.application]
        unit = ["units", self.unit]
        if not state["leader"]:
            self.juju.ask("edit", place=[*app, "leader"], value=f"{self.application}/1000")
        stated = {k: v for k, v in state["config"].items() if k != "trust" and v is not None}
        self.juju.ask("edit", place=[*app, "config"], value=stated)
        self.juju.ask("edit", place=[*app, "leader-settings"], value=state["leader-settings"])
        self.juju.ask("edit", place=["model", "uuid"], value=MODEL_UUID)
        self.juju.ask("edit", place=["cloud"], value=CLOUD)
        self.juju.settle()
        edits = {
            "charm-state": state["charm-state"],
            "network": state["network"],
            "ports": [port_range(text) for text in state["opened-ports"]],
            "storage": self.unstated["storage"],
            "workload": {
                "status": state["workload-status"],
                "message": state["workload-message"],
                "since": SINCE,
                "data": {},
            },
        }
        known = {str(r["id"]): self.known(r) for r in state["relations"]}
        self.juju.ask("edit", place=[*unit, "uniter", "relations"], value=known)
        for relation in state["relations"]:
            self.relate(relation)
        self.juju.ask(
            "edit", place=[*unit, "uniter", "storage"], value=list(self.unstated["storage"])
        )
        for key, value in edits.items():
            self.juju.ask("edit", place=[*unit, key], value=value)
        self.juju.settle()

    @staticmethod
    def known(relation):
        """The unit has seen all of this relation."""
        return {"members": {unit: 0 for unit in relation["remote-units"]}, "app-version": 0}

    def relate(self, relation):
        """One relation, as the controller keeps it."""
        remote, name = relation["remote-application"], relation["endpoint"]
        ends = {
            self.application: {"name": name, "role": "provider", "interface": "http"},
            remote: {"name": name, "role": "requirer", "interface": "http"},
        }
        units = {
            unit: {"settings": settings, "version": 0, "in-scope": True}
            for unit, settings in relation["unit-settings"].items()
        }
        apps = {
            app: {"settings": settings, "version": 0}
            for app, settings in relation["application-settings"].items()
        }
        self.juju.ask(
            "edit",
            place=["relations", str(relation["id"])],
            value={
                "id": relation["id"],
                "life": "alive",
                "since": SINCE,
                "endpoints": ends,
                "units": units,
                "apps": apps,
                "broken": relation["broken"],
            },
        )

    @contextlib.contextmanager
    def as_fixed(self, tool, words):
        """For one call: the model in the state that the recorder's unit always showed there.

        Its application status did not follow status-set, and its goal state knew relations of its
        own. Here both are put into the model; what the tools make of them is theirs.
        """
        if tool == "status-get" and "--application" in words:
            status = {**self.unstated["application-status"], "since": SINCE, "data": {}}
            changes = {("applications", self.application, "status"): status}
        elif tool == "goal-state":
            changes = self.goal(self.juju.model())
        else:
            changes = {}
        before = self.juju.model() if changes else {}
        for place, value in changes.items():
            self.juju.ask("edit", place=list(place), value=value)
        try:
            yield
        finally:
            for place in changes:
                kept = functools.reduce(operator.getitem, place, before)
                self.juju.ask("edit", place=list(place), value=kept)

    def goal(self, model):
        """The fixed goal state: this unit, and one other application that it is related to."""
        goal = self.unstated["goal"]
        ends = {
            self.application: {"name": goal["endpoint"], "role": "requirer", "interface": "x"},
            goal["application"]: {"name": goal["endpoint"], "role": "provider", "interface": "x"},
        }
        relation = {"id": 50, "life": "alive", "since": SINCE, "endpoints": ends}
        workload = {"status": "active", "message": "", "since": SINCE, "data": {}}
        own = model["units"][self.unit]
        units = {name: {**own, "workload": workload} for name in (self.unit, goal["unit"])}
        return {
            ("relations",): {"50": {**relation, "units": {}, "apps": {}}},
            ("units",): units,
        }

    def open_context(self):
        """The recorded context, held open: {"id", "environment"}."""
        state = self.state
        name = re.fullmatch(r".*?/\d+-(.*)-\d+", state["context-id"]).group(1)
        if "action-params" in state:
            action = {
                "id": "1",
                "name": name,
                "params": state["action-params"] or {},
                "results": {},
                "log": [],
            }
            return self.juju.ask(
                "open_context", unit=self.unit, kind="action", name=name, action=action
            )
        return self.juju.ask(
            "open_context", unit=self.unit, kind="hook", name=name, hook=self.hook(name)
        )

    def hook(self, name):
        """The hook's relation, if it has one."""
        relation = self.state.get("hook-relation")
        if not relation:
            return {"name": name}
        return {
            "name": name,
            "relation": relation["id"],
            "remote-unit": relation["remote-unit"],
            "remote-app": relation["remote-application"],
        }


def port_range(text):
    """`80-90/tcp` as the model keeps it."""
    first, last, protocol = PORT.fullmatch(text).groups()
    return [protocol, int(first), int(last or first), ""]


def write_charm(folder, name, state, unstated):
    """A charm without hooks that declares what the state needs."""
    os.makedirs(folder)
    storage = {
        key.rpartition("/")[0]: {"type": "filesystem", "multiple": {"range": "0+"}}
        for key in unstated["storage"]
    }
    metadata = {
        "name": name,
        "summary": "A state",
        "description": "A state",
        "provides": {endpoint: {"interface": "http"} for endpoint in unstated["endpoints"]},
        "storage": storage,
        "resources": {
            unstated["resource"]: {"type": "file", "filename": f"{unstated['resource']}.tgz"}
        },
    }
    options = {
        key: {"type": TYPES[type(value)], "description": key}
        for key, value in state["config"].items()
        if key != "trust"
    }
    for file_name, content in (("metadata.yaml", metadata), ("config.yaml", {"options": options})):
        with open(os.path.join(folder, file_name), "w", encoding="utf-8") as target:
            yaml.safe_dump(content, target)
    with open(os.path.join(folder, f"{unstated['resource']}.tgz"), "w", encoding="utf-8") as target:
        target.write("a resource\n")
