"""What many units cost Juju: hooks for each event, and orders, next to what the design allows.

The units run a thin charm (tests/reactive/sharing_charm.py) in the model of Juju: the layer's own
rules and its gate to Juju, with numbers for certificates.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from outcome import Outcome, table

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reactive"))

from sharing_application import Application  # noqa: E402

MANY, FEW = 50, 5
TIMES = 10  # deaths of leaders, joins, leaves


class Row(NamedTuple):
    """Hooks of one event, and the most there may be of it."""

    event: str
    hooks: int
    most: int


def run(quick: bool) -> Outcome:
    """Play all events with 50 units, with 5 if ``quick``."""
    count, times = (FEW, 2) if quick else (MANY, TIMES)
    with tempfile.TemporaryDirectory(prefix="j-") as folder:
        web = Application(Path(folder), "3.6", count)
        try:
            rows = play(web, count, times)
            orders, wanted = web.orders, web.renewals
        finally:
            web.juju.kill_controller()
    text = table(
        [("event", "hooks", "at most"), *((r.event, str(r.hooks), str(r.most)) for r in rows)]
    )
    text += f"\n{orders} orders for {wanted} certificates of {count} units"
    red = [
        f"{row.event}: {row.hooks} hooks, above {row.most}" for row in rows if row.hooks > row.most
    ]
    red += [f"{orders} orders for {wanted} certificates"] if orders > wanted else []
    renewal = next(row.hooks for row in rows if row.event == "a renewal")
    figures = {f"hooks_per_renewal_{count}": renewal, f"orders_for_{count}_units": orders}
    return Outcome(figures, text, [], red)


def play(web: Application, count: int, times: int) -> list[Row]:
    """All events, in their order."""
    others = count - 1
    rows = [Row("deployment, peers among it", web.new_hooks(), 2 * count * others + 8 * count)]

    def add(event: str, most: int, step: Callable[[], None]) -> None:
        web.new_hooks()
        step()
        web.juju.settle()
        rows.append(Row(event, web.new_hooks(), most))

    add("the first certificate", 1 + 3 * others + others**2, web.renew)
    add("a renewal", 1 + 2 * others + 2, web.renew)
    add("an idle hook", 1, web.update_status)
    for number in range(times):
        add(f"leader {number + 2}", others + 2, lambda: web.juju.leader("web", web.other()))
    add("a renewal by the last of them", 1 + 2 * others + 2, web.renew)
    for _ in range(times):
        now = len(web.juju.model()["units"])
        add("one unit more", 5 * now + 10, lambda: web.juju.add_unit("web"))
    for _ in range(times):
        now = len(web.juju.model()["units"])
        add("one unit less", 2 * now + 3, lambda: web.juju.remove_unit(web.other()))
    return rows
