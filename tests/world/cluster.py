"""An application on several machines: one controller, one CA and one DNS for a world each.

with open_cluster(3) as cluster:
    cluster.want("www.example.com")          # its addresses are those of all machines
    cluster.serials("www.example.com")       # what each unit serves: {"web/0": "0a1b..."}
    cluster.machines["web/0"].world.run([...])
"""

from __future__ import annotations

import collections
import contextlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charmbuild import build, charm_python

from . import probe, snapshot
from .acme import DIRECTORY_PORT, Acme
from .bind import bind
from .network import HUB, Network
from .world import PROJECT, World

sys.path.insert(0, str(PROJECT / "juju-model"))

from juju_model.client import Juju  # noqa: E402
from juju_model.connection import JujuError  # noqa: E402, F401 (deaths.py has it from here)

AGENT = PROJECT / "juju-model" / "juju-agent"
TRACE = "/root/trace"
TRACED = (f"JUJU_HOOK_NAME=update-status JUJU_DISPATCH_PATH=hooks/update-status "
          f"strace -f -qq -e trace=execve -o {TRACE} hooks/update-status")  # fmt: skip
TOOL = re.compile(r'execve\("[^"]*/tools/[^/"]*/([^/"]+)".*= 0$')
EXAMPLE = PROJECT / "examples" / "web"


class HubAcme(Acme):
    """Pebble and its DNS, for all machines of the network."""

    host = HUB
    directory = f"https://{HUB}:{DIRECTORY_PORT}/dir"


@dataclass
class Machine:
    """One machine: its number in the model, its world, address and agent."""

    number: str
    world: World
    address: str
    agent: subprocess.Popen[str]

    def end(self) -> None:
        """Its power is gone, and its disk; a second call does nothing."""
        self.world.end()
        self.agent.wait()


@contextlib.contextmanager
def open_cluster(
    units: int,
    profile: str = "3.6",
    certbot: str = "apt",
    lifetime: int = 90 * 86400,
    charm: Path | None = None,
) -> Iterator[Cluster]:
    """Start machines with a unit of the charm, or of the example, on each, without a name yet."""
    with contextlib.ExitStack() as stack:
        hub = stack.enter_context(World(hostname="hub"))
        network = Network(hub)
        acme = stack.enter_context(HubAcme(hub, lifetime=lifetime))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="j-"))
        juju = Juju(str(Path(folder) / "c"), timeout=280)
        juju.bootstrap(profile, retry_scale=0.01, lease_scale=0.05)
        stack.callback(juju.kill_controller)
        cluster = Cluster(juju, acme, network, stack, certbot)
        cluster.deploy(charm or build(EXAMPLE), units)
        yield cluster


class Cluster:
    """An application ``web``, a unit on each of its machines."""

    def __init__(
        self,
        juju: Juju,
        acme: Acme,
        network: Network,
        stack: contextlib.ExitStack,
        certbot: str,
    ) -> None:
        self.juju = juju
        self.acme = acme
        self.hub = acme.world
        self.network = network
        self.machines: dict[str, Machine] = {}  # by unit
        self._stack = stack
        self._certbot = certbot
        self._powered = 0

    def deploy(self, charm: Path, units: int) -> None:
        made = [self._power_on() for _ in range(units)]
        names = self.juju.deploy(
            str(charm), "web", units=units, to=[machine.number for machine in made]
        )["units"]
        self.machines.update(zip(names, made))

    def add_unit(self) -> str:
        """One more machine, with a unit; returns the unit's name."""
        machine = self._power_on()
        (name,) = self.juju.add_unit("web", to=[machine.number])
        self.machines[name] = machine
        return name

    def kill(self, unit: str) -> None:
        """The unit's machine is gone forever."""
        self.machines.pop(unit).end()

    def cut_power(self, unit: str) -> str:
        """All processes of the unit's machine end at once, and its disk stays; returns the unit."""
        machine = self.machines[unit]
        machine.world.run(["/bin/sh", "-c", "kill -9 -1"], check=False)
        machine.agent.wait()
        self.juju.kill_machine(machine.number)
        return unit

    def power_on_again(self, unit: str) -> None:
        """The machine boots, with the disk it had."""
        machine = self.machines[unit]
        machine.world.run(["service", "nginx", "start"], check=False)
        self.juju.start_agent(machine.number, wait=False)
        machine.agent = self._start_agent(machine.world, machine.number)

    def _power_on(self) -> Machine:
        self._powered += 1
        address = f"10.77.0.{10 + self._powered}"
        world = self._stack.enter_context(World(hostname=f"machine-{self._powered}"))
        snapshot.install(world, self._certbot, charm_python())
        self.network.connect(world, address)
        number = self.juju.add_machine(private=address, public=address, external=True)
        bind(world, self.juju.paths.controller)
        machine = Machine(number, world, address, self._start_agent(world, number))
        self._stack.callback(machine.end)
        return machine

    def _start_agent(self, world: World, number: str) -> subprocess.Popen[str]:
        words = ["--machine", number, "--controller", self.juju.paths.controller]
        agent = world.popen(["/usr/bin/python3", "-B", AGENT, *words])
        self.until(lambda: self.juju.status()["machines"][number]["attached"])
        return agent

    # What an operator does

    def point(self, name: str, *units: str) -> None:
        """Have a name lead to the machines of these units, or of all."""
        chosen = units or tuple(self.machines)
        self.acme.dns.point(name, *(self.machines[unit].address for unit in chosen))

    def want(self, name: str, wait: bool = True, **options: str) -> None:
        """Set the name, Pebble as the CA, and perhaps more."""
        self.point(name)
        trusted = {"acme-server": self.acme.directory,
                   "acme-ca-certificates": self.acme.ca_certificates}  # fmt: skip
        others = {key.replace("_", "-"): value for key, value in options.items()}
        self.juju.config("web", {"fqdn": name, **trusted, **others}, wait=wait)

    def order_on_leader(self, name: str) -> tuple[str, str]:
        """Have the name lead to the leader alone, and the leader order; returns a follower's
        status."""
        self.point(name, self.leader)
        self.juju.hook(self.leader, "update-status")
        return self.status(self.followers()[0])

    # What can be seen

    @property
    def leader(self) -> str:
        return str(self.juju.model()["applications"]["web"]["leader"])

    def followers(self) -> list[str]:
        return sorted(set(self.machines) - {self.leader})

    def status(self, unit: str) -> tuple[str, str]:
        """The workload status and its message."""
        seen = self.juju.unit(unit)["workload-status"]
        return seen["current"], seen.get("message", "")

    def served(self, unit: str, name: str) -> probe.Seen:
        """What a visitor of this unit gets, verified against the CA's root."""
        world = self.machines[unit].world
        return probe.look(name, self.acme.root(), connect=world.connect)

    def serials(self, name: str) -> dict[str, str]:
        return {unit: self.served(unit, name).serial for unit in self.machines}

    def hooks(self) -> collections.Counter[str]:
        """How many hooks have run, by name."""
        return collections.Counter(one["hook"] for one in self.juju.runs() if one["kind"] == "hook")

    def settle(self) -> None:
        """Wait until all units are idle."""
        self.juju.settle()

    def tool_calls(self, unit: str) -> list[str]:
        """The hook tools that one idle update-status hook of a unit calls, in order."""
        self.juju.exec(unit, TRACED)
        lines = self.machines[unit].world.path(TRACE).read_text().splitlines()
        return [found.group(1) for found in map(TOOL.search, lines) if found]

    def until(self, question: Callable[[], Any], seconds: float = 120) -> None:
        """Wait for something to become true."""
        end = time.monotonic() + seconds
        while not question():
            assert time.monotonic() < end, f"still not so after {seconds} s"
            time.sleep(0.05)
