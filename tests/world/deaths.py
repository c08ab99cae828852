"""Units that die at a moment of their work, and what comes after.

    with open_cluster(3) as cluster:
        cluster.want(NAME, acme_challenge="stateless")
        seen = die(cluster, "the CA has issued", "another leads")
        seen.spent.orders, seen.serials

A death is a cut of the machine's power: all its processes end at once, its disk stays.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .cluster import Cluster, JujuError
from .counts import Counts

NAME = "www.example.com"
LIVE = f"/etc/letsencrypt/live/{NAME}"

RETURNS, ANOTHER_LEADS, GONE = "it returns", "another leads", "its machine is gone"
AFTERMATHS = (RETURNS, ANOTHER_LEADS, GONE)
WAIT = 75  # seconds; a new leader waits for a minute before it orders


class Death(NamedTuple):
    """What came of one: orders and certificates of the CA, its new accounts, and what each unit
    serves in the end; ``before`` are the serials before the event. ``faults`` are hooks in error.
    """

    moment: str
    aftermath: str
    spent: Counts
    before: frozenset[str]
    serials: dict[str, str]
    faults: list[str]

    @property
    def lost(self) -> int:
        """Certificates that the CA issued and no unit serves."""
        return self.spent.issued - len(set(self.serials.values()) - self.before)

    @property
    def wrong(self) -> list[str]:
        """What must not be."""
        said = [f"{hook} failed" for hook in self.faults]
        served = set(self.serials.values())
        # where leaders have changed twice in a row, a new one waits longer than is waited here
        if len(served) != 1 or (served & self.before and self.spent.orders):
            said.append(f"serials {self.serials}")
        most = MOMENTS[self.moment].orders
        if self.spent.orders > most:
            said.append(f"{self.spent.orders} orders, at most {most}")
        return said


class Moment(NamedTuple):
    """``strike`` begins the event and cuts the power of a unit, which it returns; ``orders`` is
    how many there may be in all. ``is_first``: of the first certificate, in a new application."""

    strike: Callable[[Cluster], str]
    orders: int
    is_first: bool = False


def die(cluster: Cluster, moment: str, aftermath: str) -> Death:
    """Have a unit die at the moment, bring the event to its end, and look at all units."""
    is_first = MOMENTS[moment].is_first
    if not is_first:
        renew(cluster)  # what an earlier death has left is over
    before = cluster.acme.counts()
    old = frozenset() if is_first else frozenset(cluster.serials(NAME).values())
    runs = len(cluster.juju.runs())
    dead = MOMENTS[moment].strike(cluster)
    go_on(cluster, dead, aftermath)
    finish(cluster, old)
    failed = [one["hook"] for one in cluster.juju.runs()[runs:] if one["kind"] == "hook" and
              one["rc"] == 1]  # fmt: skip
    return Death(
        moment, aftermath, cluster.acme.counts() - before, old, cluster.serials(NAME), failed
    )


def go_on(cluster: Cluster, dead: str, aftermath: str) -> None:
    """What happens to the dead unit, and to the others without it."""
    if aftermath == RETURNS:
        cluster.power_on_again(dead)
    elif aftermath == ANOTHER_LEADS:
        lead_without(cluster, dead)
        cluster.power_on_again(dead)
    else:
        cluster.kill(dead)
        lead_without(cluster, dead)
        cluster.juju.remove_unit(dead, force=True)
        cluster.add_unit()
        cluster.point(NAME)
    # a hook that was cut off is an error, until Juju runs it again
    cluster.until(lambda: not cluster.juju.settle(check=False))


def lead_without(cluster: Cluster, dead: str) -> None:
    """Others go on: one of them leads, and has its next hook."""
    others = {unit: machine for unit, machine in cluster.machines.items() if unit != dead}
    cluster.point(NAME, *others)
    cluster.until(lambda: cluster.leader in others)
    cluster.juju.hook(cluster.leader, "update-status")
    cluster.point(NAME)


def finish(cluster: Cluster, old: frozenset[str]) -> None:
    """What the unit's cron does, or the operator: renew if that was not done yet."""
    for unit in cluster.machines:
        cluster.juju.hook(unit, "update-status")
    cluster.settle()
    end = time.monotonic() + WAIT
    while set(cluster.serials(NAME).values()) & old and time.monotonic() < end:
        renew(cluster)
    for unit in cluster.machines:
        cluster.juju.hook(unit, "update-status")
    cluster.settle()


def renew(cluster: Cluster) -> None:
    cluster.juju.run_action(cluster.leader, "lets-encrypt-renew", {"force": True})
    cluster.settle()


# Moments


def renewing(cluster: Cluster, unit: str) -> None:
    with contextlib.suppress(JujuError):  # its agent may be gone before it answers
        cluster.juju.run_action(unit, "lets-encrypt-renew", {"force": True}, wait=False)


def at_the_ca(what: str) -> Callable[[Cluster], str]:
    """In a renewal, when the CA has this in its log."""

    def strike(cluster: Cluster) -> str:
        leader, before = cluster.leader, cluster.acme.counts()
        renewing(cluster, leader)
        cluster.until(lambda: getattr(cluster.acme.counts() - before, what))
        return cluster.cut_power(leader)

    return strike


def at_the_flush(point: str) -> Callable[[Cluster], str]:
    """In a renewal, when Juju keeps what the leader's hook has written."""

    def strike(cluster: Cluster) -> str:
        leader = cluster.leader
        cluster.juju.plant_fault(leader, point, then="kill")
        renewing(cluster, leader)
        return has_died(cluster, leader)

    return strike


def has_died(cluster: Cluster, unit: str) -> str:
    """Juju's own fault has ended the agent; the rest of the machine follows."""
    number = cluster.machines[unit].number
    cluster.until(lambda: not cluster.juju.status()["machines"][number]["attached"])
    return cluster.cut_power(unit)


def new_term(cluster: Cluster) -> str:
    """A new leader has written that it leads, and nothing else."""
    heir = cluster.followers()[0]
    cluster.juju.plant_fault(heir, "flush:after", then="kill")
    cluster.juju.leader("web", heir, wait=False)
    return has_died(cluster, heir)


def certbot_begins(cluster: Cluster) -> str:
    leader = cluster.leader
    renewing(cluster, leader)
    cluster.until(lambda: runs_certbot(cluster, leader))
    return cluster.cut_power(leader)


def is_on_disk(cluster: Cluster) -> str:
    leader = cluster.leader
    link = cluster.machines[leader].world.path(f"{LIVE}/fullchain.pem")
    before = link.readlink()
    renewing(cluster, leader)
    cluster.until(lambda: link.readlink() != before)
    return cluster.cut_power(leader)


def first_of_all(what: Callable[[Cluster], object]) -> Callable[[Cluster], str]:
    """In the hook that gets the first certificate."""

    def strike(cluster: Cluster) -> str:
        leader = cluster.leader
        cluster.want(NAME, wait=False, acme_challenge="stateless")
        cluster.until(lambda: what(cluster))
        return cluster.cut_power(leader)

    return strike


def runs_certbot(cluster: Cluster, unit: str) -> bool:
    world = cluster.machines[unit].world
    return bool(world.run(["pgrep", "-f", "/usr/bin/certbot"], check=False).stdout)


def between_links(part: str) -> Callable[[Cluster], str]:
    """On a follower, when the link for ``part`` has just come to lead to the new certificate."""

    def strike(cluster: Cluster) -> str:
        follower = cluster.followers()[0]
        with frozen_after_rename(cluster, follower, f"{LIVE}/.{part}.pem.new") as is_frozen:
            renewing(cluster, cluster.leader)
            cluster.until(is_frozen)
            return cluster.cut_power(follower)

    return strike


@contextlib.contextmanager
def frozen_after_rename(cluster: Cluster, unit: str, path: str) -> Iterator[Callable[[], bool]]:
    """Whoever renames ``path`` on the unit's machine stops and never goes on; yields what tells
    whether somebody has."""
    world = cluster.machines[unit].world
    agent = world.run(["pgrep", "-f", "juju-agent"]).stdout.split()[0]
    stop = ["-e", "trace=rename", "-e", "inject=rename:signal=STOP:when=1", "-P", path]
    tracer = world.popen(["strace", "-f", "-qq", "-o", "/tmp/renames", *stop, "-p", agent],
                         stderr=subprocess.DEVNULL)  # fmt: skip
    status = world.path(f"/proc/{agent}/status")
    cluster.until(lambda: "TracerPid:\t0\n" not in status.read_text())
    try:
        yield lambda: "SIGSTOP" in world.path("/tmp/renames").read_text()
    finally:
        world.stop(tracer)


MOMENTS = {
    "certbot begins to register": Moment(
        first_of_all(lambda cluster: runs_certbot(cluster, cluster.leader)), 1, is_first=True
    ),
    "the CA has an account": Moment(
        first_of_all(lambda cluster: cluster.acme.counts().accounts_created), 1, is_first=True
    ),
    "a new leader has written its term": Moment(new_term, 1),
    "certbot begins to order": Moment(certbot_begins, 2),
    "the CA has an order": Moment(at_the_ca("order_requests"), 2),
    "the CA has validated": Moment(at_the_ca("validations"), 2),
    "the CA has issued": Moment(at_the_ca("issued"), 2),
    "the certificate is on disk": Moment(is_on_disk, 2),
    "nothing is flushed": Moment(at_the_flush("flush:before"), 2),
    "the secret is flushed, the ledger is not": Moment(at_the_flush("flush:after-secrets"), 1),
    "all is flushed": Moment(at_the_flush("flush:after"), 1),
    **{
        f"a follower has linked {part}.pem": Moment(between_links(part), 1)
        for part in ("privkey", "cert", "chain", "fullchain")
    },
}
