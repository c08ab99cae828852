"""What the death of a unit costs, at every moment of its work, on three machines.

Each moment is followed by each of: the unit returns with its disk, another one leads in the
meantime, its machine is gone and a new one comes. Every unit must serve the same new certificate in
the end.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from outcome import Outcome, table
from world.cluster import Cluster, open_cluster
from world.deaths import AFTERMATHS, GONE, MOMENTS, NAME, Death, die

QUICK = ("the CA has issued", "a follower has linked chain.pem")
HEAD = ("moment", "then", "orders", "issued", "lost", "accounts", "served in the end")


def run(quick: bool) -> Outcome:
    """All moments with all that may follow; two, and the loss of the machine, if ``quick``."""
    moments = QUICK if quick else tuple(MOMENTS)
    deaths = list(_deaths(moments, (GONE,) if quick else AFTERMATHS))
    rows = [HEAD, *(_cells(death) for death in deaths)]
    red = [f"{one.moment}, {one.aftermath}: {'; '.join(one.wrong)}" for one in deaths if one.wrong]
    figures = {"deaths": len(deaths), "deaths_orders": sum(one.spent.orders for one in deaths),
               "deaths_lost_orders": sum(one.lost for one in deaths)}  # fmt: skip
    return Outcome(figures, table(rows), [], red)


def _deaths(moments: tuple[str, ...], aftermaths: tuple[str, ...]) -> Iterator[Death]:
    """One after the other: those of the first certificate in applications of their own."""
    later = [moment for moment in moments if not MOMENTS[moment].is_first]
    for moment in moments:
        if moment not in later:
            for aftermath in aftermaths:
                with open_cluster(3) as cluster:
                    yield _told(die(cluster, moment, aftermath))
    with _serving() as cluster:
        for moment in later:
            for aftermath in aftermaths:
                yield _told(die(cluster, moment, aftermath))


@contextlib.contextmanager
def _serving() -> Iterator[Cluster]:
    with open_cluster(3) as cluster:
        cluster.want(NAME, acme_challenge="stateless")
        yield cluster


def _told(death: Death) -> Death:
    print("  " + "  ".join(_cells(death)), flush=True)
    return death


def _cells(death: Death) -> tuple[str, ...]:
    spent = death.spent
    numbers = (spent.orders, spent.issued, death.lost, spent.accounts_created)
    served = " ".join(f"{unit.rpartition('/')[2]}:{serial[:6]}"
                      for unit, serial in sorted(death.serials.items()))  # fmt: skip
    return death.moment, death.aftermath, *map(str, numbers), served
