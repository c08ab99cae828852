"""What the layer costs a hook in which it has nothing to do: `make bench`.

The example charm and the same charm without the layer stand side by side in one world, and
update-status runs in both by turns. Prints a table and where the time goes, merges the figures into
build/bench.json, and exits 1 if the ratio of the medians is above 1.3 or if certbot ran.
LAYER_BASIC=path measures a second time, on a checkout of the real layer:basic.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "build"), str(HERE)]

from charmbuild import BUILD, PROJECT, build  # noqa: E402
from inside import imports, tool_calls  # noqa: E402
from world.acme import Acme  # noqa: E402
from world.site import Site  # noqa: E402
from world.world import World  # noqa: E402

RESULTS = BUILD / "bench.json"
ROUNDS = 20
LIMIT = 1.3
NAME = "www.example.com"
RUNS = "/var/log/world/certbot-runs"
COUNTING = f'#!/bin/sh\necho "$@" >>{RUNS}\nexec /usr/bin/certbot "$@"\n'
CHARMS = {"plain": HERE / "plain", "web": PROJECT / "examples" / "web"}


class BenchFailed(Exception):
    """The measurement does not mean what it should."""


class Noop(NamedTuple):
    """Seconds of each run of the hook, by application."""

    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    @property
    def ratio(self) -> float:
        return self.median("web") / self.median("plain")


@contextlib.contextmanager
def both() -> Iterator[Site]:
    """A site with both charms, the one with the layer serving its certificate."""
    built = {name: build(folder) for name, folder in CHARMS.items()}
    with World() as world, Acme(world) as acme:
        world.write("/usr/local/bin/certbot", COUNTING, mode=0o755)
        site = Site(world, acme, built["web"])
        site.juju("bootstrap")
        for name, charm in built.items():
            site.juju("deploy", charm, name)
        site.want(NAME)
        if site.served(NAME).names != (NAME,) or not certbot_runs(site):
            raise BenchFailed("there is no certificate, or certbot's runs are not counted")
        yield site


def certbot_runs(site: Site) -> int:
    """How often certbot was started so far."""
    path = site.world.path(RUNS)
    return len(path.read_text().splitlines()) if path.exists() else 0


def measure(site: Site) -> Noop:
    """Run the hook in both by turns; the first turn of each is not counted."""
    before = certbot_runs(site)
    for _ in range(ROUNDS + 1):
        for name in CHARMS:
            update_status(site, name)
    if certbot_runs(site) != before:
        raise BenchFailed(f"certbot ran {certbot_runs(site) - before} times with nothing to do")
    return Noop({name: durations(site, name)[-ROUNDS:] for name in CHARMS})


def update_status(site: Site, name: str) -> None:
    site.juju("hook", f"{name}/0", "update-status")


def durations(site: Site, name: str) -> list[float]:
    """Seconds that each update-status hook took, as Juju saw it."""
    runs = json.loads(site.juju("runs", "--format", "json"))
    hooks = [run for run in runs if (run["unit"], run["hook"]) == (f"{name}/0", "update-status")]
    if any(run["rc"] for run in hooks):
        raise BenchFailed(f"update-status failed in {name}/0")
    return [run["duration"] for run in hooks]


def table(noop: Noop) -> str:
    """The figures for people."""
    lines = [f"{'update-status, nothing to do':32}{'median':>9}{'fastest':>9}{'slowest':>9}"]
    words = {"plain": "without the layer", "web": "with the layer"}
    for name, label in words.items():
        seconds = noop.seconds[name]
        cells = (noop.median(name), min(seconds), max(seconds))
        lines.append(f"{label:32}" + "".join(f"{cell:8.3f}s" for cell in cells))
    return "\n".join([*lines, f"{'ratio of the medians':32}{noop.ratio:8.3f}   (at most {LIMIT})"])


def whereabouts(site: Site) -> dict[str, Any]:
    """Where the time goes: hook tools that are called, and milliseconds of imports."""
    spent = {name: imports(site, name) for name in CHARMS}
    more = {key: round(ms - spent["plain"].get(key, 0.0), 1) for key, ms in spent["web"].items()}
    return {
        "tool_calls": {name: tool_calls(site, name) for name in CHARMS},
        "imports_ms": {name: round(sum(spent[name].values())) for name in CHARMS},
        "more_imports_ms": dict(sorted(more.items(), key=lambda item: -item[1])[:12]),
    }


def explain(where: dict[str, Any]) -> str:
    """The same for people."""
    lines = [
        f"{name:6}{where['imports_ms'][name]} ms of imports, {len(calls)} calls: {', '.join(calls)}"
        for name, calls in where["tool_calls"].items()
    ]
    listed = ", ".join(f"{key} {ms:.0f}" for key, ms in where["more_imports_ms"].items())
    return "\n".join([*lines, f"imports that take longer with the layer, in ms: {listed}"])


def run(label: str) -> dict[str, Any]:
    """One measurement, printed; returns its figures."""
    with both() as site:
        noop = measure(site)
        where = whereabouts(site)
    print(f"\n{label}\n{table(noop)}\n{explain(where)}", flush=True)
    return {
        "ratio": round(noop.ratio, 4),
        "median_with": round(noop.median("web"), 4),
        "median_without": round(noop.median("plain"), 4),
        "rounds": ROUNDS,
        "where": where,
    }


def keep(figures: dict[str, Any]) -> None:
    """Merge into build/bench.json; what others have written there stays."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**known, **figures}, indent=1, sort_keys=True) + "\n")


def main() -> int:
    """0 = all ratios within the limit."""
    real = os.environ.pop("LAYER_BASIC", "")
    figures = {"noop_hook": run("on the stand-in for layer:basic")}
    if real:
        os.environ["LAYER_BASIC"] = real
        figures["noop_hook_real_basic"] = run(f"on the real layer:basic ({real})")
    ratios = {f"{key}_ratio": value["ratio"] for key, value in figures.items()}
    keep({**figures, **ratios})
    print(f"\n{ratios}, written to {RESULTS.relative_to(PROJECT)}")
    return 0 if all(ratio <= LIMIT for ratio in ratios.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
