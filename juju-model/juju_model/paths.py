"""Where things are, below a root (which is / in a private world)."""

from __future__ import annotations

import os

from .state.model import tag


class Paths:
    """The file layout of a Juju machine, with the controller's files if it is the first one."""

    def __init__(self, root: str = "/", machine: str = "0", controller: str | None = None) -> None:
        """`controller` is the controller's folder, if it is not below the root."""
        self.root = os.path.abspath(root)
        self.juju = self.at("/var/lib/juju")
        self.controller = controller or os.path.join(self.juju, "controller")
        self.control_socket = os.path.join(self.controller, "control.socket")
        self.agents_socket = os.path.join(self.controller, "agents.socket")
        self.state = os.path.join(self.controller, "model.json")
        self.options = os.path.join(self.controller, "options.json")
        self.log = os.path.join(self.controller, "debug-log.jsonl")
        self.runs = os.path.join(self.controller, "runs.jsonl")
        self.output = os.path.join(self.controller, "daemon.log")
        self.pid = os.path.join(self.controller, "pid")
        self.lock = self.at("/tmp/juju-machine-lock")
        self.machine_tools = os.path.join(self.juju, "tools", f"machine-{machine}")
        self.run_socket = os.path.join(self.juju, f"agents/machine-{machine}/run.socket")

    def at(self, path: str) -> str:
        """An absolute path below the root."""
        return os.path.normpath(os.path.join(self.root, path.lstrip("/")))

    def of_machine(self, number: str) -> Paths:
        """The files of a machine: the first has this root, the others have roots below it."""
        if number == "0":
            return self
        return Paths(self.at(f"/var/lib/juju-machines/{number}"), number)

    def tools(self, unit: str) -> str:
        """The directory of the unit's hook tools."""
        return os.path.join(self.juju, "tools", tag(unit))

    def agent(self, unit: str) -> str:
        """The unit agent's directory."""
        return os.path.join(self.juju, "agents", tag(unit))

    def charm(self, unit: str) -> str:
        """The unit's charm directory."""
        return os.path.join(self.agent(unit), "charm")

    def socket(self, unit: str) -> str:
        """The unit agent's socket."""
        return os.path.join(self.agent(unit), "agent.socket")

    def stored_charm(self, application: str, revision: int) -> str:
        """The controller's own copy of a charm."""
        return os.path.join(self.controller, "charms", f"{application}-{revision}")

    def stored_resource(self, application: str, name: str) -> str:
        """The controller's own copy of a resource."""
        return os.path.join(self.controller, "resources", application, name)
