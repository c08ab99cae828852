"""What the layer costs a hook in which it has nothing to do.

The example charm and the same charm without the layer stand side by side in one world, and
update-status runs in both by turns. LAYER_BASIC=path measures a second time, on a checkout of the
real layer:basic.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from charmbuild import PROJECT, build
from inside import imports, tool_calls
from outcome import BenchFailed, Outcome, Ratio, table
from world.acme import Acme
from world.site import Site
from world.world import World

ROUNDS, QUICK_ROUNDS = 20, 5
LIMIT = 1.1
NAME = "www.example.com"
RUNS = "/var/log/world/certbot-runs"
COUNTING = f'#!/bin/sh\necho "$@" >>{RUNS}\nexec /usr/bin/certbot "$@"\n'
PLAIN = Path(__file__).resolve().parent / "plain"
CHARMS = {"plain": PLAIN, "web": PROJECT / "examples" / "web"}


class Noop(NamedTuple):
    """Seconds of each run of the hook, by application."""

    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    @property
    def ratio(self) -> float:
        return self.median("web") / self.median("plain")


def run(quick: bool) -> Outcome:
    """Measure on the stand-in for layer:basic and, if it is given, on the real one."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    real = os.environ.pop("LAYER_BASIC", "")
    measured = {"noop_hook": _one("on the stand-in for layer:basic", rounds)}
    if real:
        os.environ["LAYER_BASIC"] = real
        measured["noop_hook_real_basic"] = _one(f"on the real layer:basic ({real})", rounds)
    ratios = {f"{key}_ratio": figures["ratio"] for key, (figures, _) in measured.items()}
    figures = {key: figures for key, (figures, _) in measured.items()}
    first = figures["noop_hook"]
    closing = Ratio(
        "update-status, nothing to do", first["median_with"], first["median_without"], "s",
        "the charm without the layer", f"at most {LIMIT}",
    )  # fmt: skip
    red = [f"{key} is {ratio}, above {LIMIT}" for key, ratio in ratios.items() if ratio > LIMIT]
    text = "\n\n".join(said for _, said in measured.values())
    return Outcome({**figures, **ratios}, text, [closing], red)


def _one(label: str, rounds: int) -> tuple[dict[str, Any], str]:
    """One measurement: its figures, and its text."""
    with both() as site:
        noop = measure(site, rounds)
        where = whereabouts(site)
    figures = {
        "ratio": round(noop.ratio, 4),
        "median_with": round(noop.median("web"), 4),
        "median_without": round(noop.median("plain"), 4),
        "rounds": rounds,
        "where": where,
    }
    return figures, f"{label}\n{describe(noop)}\n{explain(where)}"


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
        # few units have a private CA, whose certificate each hook reads
        site.juju("config", "web", "--reset", "acme-ca-certificates")
        yield site


def certbot_runs(site: Site) -> int:
    """How often certbot was started so far."""
    path = site.world.path(RUNS)
    return len(path.read_text().splitlines()) if path.exists() else 0


def measure(site: Site, rounds: int) -> Noop:
    """Run the hook in both by turns; the first turn of each is not counted."""
    before = certbot_runs(site)
    for _ in range(rounds + 1):
        for name in CHARMS:
            site.juju("hook", f"{name}/0", "update-status")
    if certbot_runs(site) != before:
        raise BenchFailed(f"certbot ran {certbot_runs(site) - before} times with nothing to do")
    return Noop({name: durations(site, name)[-rounds:] for name in CHARMS})


def durations(site: Site, name: str, hook: str = "update-status") -> list[float]:
    """Seconds that each run of the hook took, as Juju saw it. BenchFailed if one failed."""
    runs = json.loads(site.juju("runs", "--format", "json"))
    hooks = [run for run in runs if (run["unit"], run["hook"]) == (f"{name}/0", hook)]
    if any(run["rc"] for run in hooks):
        raise BenchFailed(f"{hook} failed in {name}/0")
    return [run["duration"] for run in hooks]


def describe(noop: Noop) -> str:
    """The figures for people."""
    rows = [("update-status, nothing to do", "median", "fastest", "slowest")]
    words = {"plain": "without the layer", "web": "with the layer"}
    for name, label in words.items():
        seconds = noop.seconds[name]
        cells = (noop.median(name), min(seconds), max(seconds))
        rows.append((label, *(f"{cell:.3f} s" for cell in cells)))
    return table(rows)


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
