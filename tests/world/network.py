"""A network of worlds: one of them is the hub, the others have a cable to it.

    network = Network(hub)                   # the hub is 10.77.0.1
    network.connect(world, "10.77.0.11")     # from now on they reach each other

It ends with the worlds, and nobody outside them is on it.
"""

from __future__ import annotations

import subprocess

from .world import World

HUB = "10.77.0.1"
BRIDGE = "hub0"
# A bridge without an address of its own takes that of a cable: whenever one came or went, others
# did not reach the hub until they asked for it again.
MAC = "02:00:00:00:00:01"


class Network:
    """The cables of one hub."""

    def __init__(self, hub: World):
        self.hub = hub
        self._cables = 0
        for words in (
            ["link", "add", BRIDGE, "address", MAC, "type", "bridge"],
            ["address", "add", f"{HUB}/24", "dev", BRIDGE],
            ["link", "set", BRIDGE, "up"],
        ):
            hub.run(["ip", *words])

    def connect(self, world: World, address: str) -> None:
        """Give a world an address on the network; it asks the hub for names."""
        self._cables += 1
        here, there = f"cable{self._cables}", "eth0"
        self.hub.run(["ip", "link", "add", here, "type", "veth", "peer", "name", there])
        _hand_over(self.hub, world, there)
        self.hub.run(["ip", "link", "set", here, "master", BRIDGE, "up"])
        world.run(["ip", "address", "add", f"{address}/24", "dev", there])
        world.run(["ip", "link", "set", there, "up"])
        world.write("/etc/resolv.conf", f"nameserver {HUB}\noptions timeout:5 attempts:3\n")


def _hand_over(hub: World, world: World, device: str) -> None:
    """Move a network device from one world to another: only from outside both can be seen."""
    words = ["nsenter", f"--net=/proc/{hub.pid}/ns/net", "ip", "link", "set", device, "netns"]
    done = subprocess.run([*words, str(world.pid)], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"cannot connect a world to the network: {done.stderr.strip()}")
