"""Several units behind one name, each on a machine of its own: `make demo UNITS=3`.

One order serves all units. They renew, the leader's machine is lost while it renews, a unit is
added and one is removed, while visitors come to every unit all the time. Exits 1 if a unit that
lives turned a visitor away, or if there were more orders than there may be.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "build")]

from charmbuild import BuildFailed  # noqa: E402

from world import load  # noqa: E402
from world.cluster import Cluster, open_cluster  # noqa: E402
from world.demo import DemoFailed, say, show  # noqa: E402
from world.playground import ROOT_FILE  # noqa: E402
from world.world import WorldError  # noqa: E402

NAME = "www.example.com"
RATE = "20"  # visitors of each unit in a second
AFTERWARDS = """
Next: docs/operators.md, "Several units", has the option acme-units, what each status means, and who
can read the keys. tests/integration/test_several_units.py loses the leader at other moments, too.
"""


class Units:
    """The steps, in their order; each raises DemoFailed, WorldError or OSError."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.visitors: dict[str, subprocess.Popen[Any]] = {}
        cluster.hub.write(ROOT_FILE, cluster.acme.root())

    def issue(self) -> None:
        """One order, and every unit serves it."""
        say(f"$ juju config web fqdn={NAME} acme-challenge=stateless acme-server=...")
        self.cluster.want(NAME, acme_challenge="stateless")
        self.show(orders=1)
        for unit in self.cluster.machines:
            self.visit(unit)
        say(f"visitors come to each unit over https from now on, {RATE} a second")

    def renew(self) -> None:
        """The leader renews, and the others get it."""
        say(f"$ juju run {self.cluster.leader} lets-encrypt-renew force=true")
        self.cluster.juju.run_action(self.cluster.leader, "lets-encrypt-renew", {"force": True})
        self.cluster.settle()
        self.show(orders=2)

    def lose_the_leader(self) -> None:
        """The leader's machine is gone while it renews, and another unit does it."""
        cluster, lost, before = self.cluster, self.cluster.leader, self.cluster.acme.counts()
        say(f"$ juju run {lost} lets-encrypt-renew force=true")
        cluster.juju.run_action(lost, "lets-encrypt-renew", {"force": True}, wait=False)
        cluster.until(lambda: (cluster.acme.counts() - before).order_requests)
        self.part(lost)
        cluster.kill(lost)
        cluster.point(NAME)
        say(f"the CA has just been asked, and the machine of {lost} is gone with all that is on it")
        cluster.until(lambda: cluster.leader != lost)
        cluster.juju.remove_unit(lost, force=True)
        say(f"Juju has made {cluster.leader} the leader; $ juju remove-unit {lost} --force")
        say(f"$ juju run {cluster.leader} lets-encrypt-renew force=true")
        cluster.settle()
        cluster.juju.run_action(cluster.leader, "lets-encrypt-renew", {"force": True})
        cluster.settle()
        self.show(orders=4)

    def add(self) -> None:
        """A new unit gets the certificate without an order."""
        say("$ juju add-unit web")
        unit = self.cluster.add_unit()
        self.cluster.point(NAME)
        self.show(orders=4)
        self.visit(unit)

    def remove(self) -> None:
        """A unit leaves, and nobody else notices."""
        unit = self.cluster.followers()[0]
        self.part(unit)
        say(f"$ juju remove-unit {unit}")
        self.cluster.point(NAME, *(set(self.cluster.machines) - {unit}))
        self.cluster.juju.remove_unit(unit)
        self.cluster.kill(unit)
        self.show(orders=4)

    def show(self, orders: int) -> None:
        """Print what each unit serves; all must serve the same, from at most so many orders."""
        serials = self.cluster.serials(NAME)
        for unit, serial in serials.items():
            leads = " (the leader)" if unit == self.cluster.leader else ""
            show(f"{unit}{leads} serves serial {serial}: {' '.join(self.cluster.status(unit))}")
        counts = self.cluster.acme.counts()
        say(f"Pebble has seen {counts.told()}")
        if len(set(serials.values())) != 1:
            raise DemoFailed("the units serve different certificates")
        if counts.orders > orders:
            raise DemoFailed(f"there were {counts.orders} orders, at most {orders} are needed")

    # Visitors

    def visit(self, unit: str) -> None:
        """Start a stream of requests to a unit that lasts until ``part``."""
        hub, machine = self.cluster.hub, self.cluster.machines[unit]
        words = ["--url", f"https://{NAME}/", "--to", machine.address, "--rate", RATE]
        words += ["--seconds", "600", "--log", self.log(unit), "--root", ROOT_FILE]
        command = [hub.python_path, "-B", HERE / "load.py", *words, "--expect", "nginx"]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.visitors[unit] = hub.popen(command, **silent)

    def part(self, unit: str) -> None:
        """End the visitors of a unit."""
        process = self.visitors.pop(unit)
        self.cluster.hub.signal(process, signal.SIGTERM)
        process.wait(timeout=20)

    def log(self, unit: str) -> str:
        return f"/tmp/{unit.replace('/', '-')}.jsonl"

    def report(self) -> None:
        """Tell what visitors met; nobody may have been turned away."""
        missed = 0
        for unit in list(self.visitors):
            self.part(unit)
        for path in sorted(self.cluster.hub.path("/tmp").glob("*.jsonl")):
            events = load.read(path)
            tried, failed, gap = load.summary(events)
            missed += failed + (0 if tried else 1)
            said = f"{tried} requests, {failed} failed, longest gap {gap:.2f} s"
            say(f"visitors of {path.stem}: {said}")
        if missed:
            raise DemoFailed(f"{missed} requests failed")


def play(units: int) -> None:
    """The story from the beginning to its end."""
    say(f"{units} machines are made, and $ juju deploy web -n {units}: about a minute")
    with open_cluster(units) as cluster, contextlib.ExitStack() as stack:
        story = Units(cluster)
        stack.callback(lambda: [story.part(unit) for unit in list(story.visitors)])
        steps = (story.issue, story.renew, story.lose_the_leader, story.add, story.remove)
        for number, step in enumerate(steps, 1):
            print(flush=True)
            say(f"{number}. {step.__doc__}")
            step()
        print(flush=True)
        story.report()


def main() -> int:
    """0 = all as told, 1 = not, 130 = interrupted (make says so)."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # make has blocked it
        play(int(os.environ.get("UNITS") or 3))
    except (DemoFailed, WorldError, BuildFailed, OSError, ValueError) as error:
        say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    say("the lost leader cost one order more, and no visitor of another unit was turned away")
    print(AFTERWARDS, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
