"""What looking after certificates costs while nothing is due: with 1, 100 and 1000 of them.

Beside ``certbot renew`` of the distribution, over the same lineages in the same world: the layer's
own pass in a fresh process (Python's start, reading the history and what is remembered of the
files, deciding about every name twice; without what is Juju's: flags, configuration, the log), the
same with all options about files, commands and monitoring, and whole hooks, as Juju times them:
update-status, and the one in which cron has asked for renewal.
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from inside import programs
from noop import durations
from outcome import BenchFailed, Outcome, Ratio, table
from world.site import STATE, Site, open_site
from world.snapshot import CHARM

HERE = Path(__file__).resolve().parent
SIZES, QUICK_SIZES = (1, 100, 1000), (1, 100)
ROUNDS, QUICK_ROUNDS = 7, 2
HOOKS, QUICK_HOOKS = 5, 2
AIM = 0.02
MARGINS = {"update-status": 0.04, "cron": 0.06}  # of the same difference of certbot renew
NAMES = "/root/bench-names.txt"
MARKER = f"{STATE}/renew-requested"
CERTBOT = ["certbot", "renew", "--non-interactive", "--no-random-sleep-on-renew"]
KINDS = ("update-status", "cron")
PASSES = {"pass": "a pass with nothing due", "pass_all": "the same with all options"}
SETTLING = 1800  # seconds for all files of all certificates to be made, once


def run(quick: bool) -> Outcome:
    """All sizes in one world, which grows."""
    sizes = QUICK_SIZES if quick else SIZES
    with open_site() as site:
        site.trust_the_ca()
        measured = {}
        for size in sizes:
            measured[size] = _at(site, size, quick)
            print(f"  {size}: {measured[size]}", flush=True)
    most = max(sizes)
    ratios = [Ratio(
        f"{what}, {most} certificates", measured[most][label],
        measured[most]["certbot_renew"], "s", "certbot renew", f"at most {AIM}",
    ) for label, what in PASSES.items()]  # fmt: skip
    ratios += [margin(measured, kind) for kind in KINDS]
    figures: dict[str, Any] = {"idle_pass": {str(size): seen for size, seen in measured.items()}}
    for size, seen in measured.items():
        for label in PASSES:
            ratio = round(seen[label] / seen["certbot_renew"], 4)
            figures[f"idle_{label}_ratio_{size}"] = ratio
    for kind, margin_of in zip(KINDS, ratios[len(PASSES) :]):
        figures[f"idle_hook_marginal_{most}{'' if kind == KINDS[0] else '_' + kind}"] = round(
            margin_of.value, 4
        )
    return Outcome(figures, describe(measured), ratios, _for_each(measured))


def margin(measured: dict[int, dict[str, Any]], kind: str) -> Ratio:
    """What the certificates add to a whole hook, over what they add to certbot renew."""
    least, most = measured[min(measured)], measured[max(measured)]
    ours = most["hooks"][kind] - least["hooks"][kind]
    theirs = most["certbot_renew"] - least["certbot_renew"]
    what = f"{max(measured)} idle certificates in a hook ({kind})"
    return Ratio(what, ours, theirs, "s", "certbot renew", f"at most {MARGINS[kind]}")


def _at(site: Site, size: int, quick: bool) -> dict[str, Any]:
    """The figures with this many certificates."""
    names = [f"n{number:04}.bench.example.com" for number in range(size)]
    _forge(site, names)
    orders = site.counts().orders
    site.request(*names)
    site.hook()
    _ask(site)
    site.hook()
    hooks = {kind: _hooks(site, kind, QUICK_HOOKS if quick else HOOKS) for kind in KINDS}
    programs_of = {kind: _programs(site, kind) for kind in KINDS}
    passes = _passes(site, size, QUICK_ROUNDS if quick else ROUNDS)
    if site.counts().orders != orders or site.status()[0] != "active":
        raise BenchFailed(f"{site.counts().orders - orders} orders, status {site.status()}")
    return {**passes, "hooks": hooks, "programs": programs_of}


def _forge(site: Site, names: list[str]) -> None:
    """Make the lineages that are missing."""
    site.world.write(NAMES, "\n".join(names) + "\n")
    words = [NAMES, site.acme.directory, "0123456789abcdef"]
    site.world.run(["/usr/bin/python3", "-B", HERE / "forge.py", *words])


def _ask(site: Site) -> None:
    """What cron leaves behind for the hook."""
    site.world.write(MARKER, "")


def _hooks(site: Site, kind: str, rounds: int) -> float:
    """The median of whole hooks, in seconds."""
    for _ in range(rounds):
        if kind == "cron":
            _ask(site)
        site.hook()
    return round(statistics.median(durations(site, "web")[-rounds:]), 4)


def _programs(site: Site, kind: str) -> int:
    """How many programs such a hook starts."""
    if kind == "cron":
        _ask(site)
    count = len(programs(site, "web"))
    if site.exists(MARKER):
        raise BenchFailed("the hook has not looked for due certificates")
    return count


def _passes(site: Site, size: int, rounds: int) -> dict[str, Any]:
    """The layer's pass and certbot renew by turns, timed inside the world."""
    run = [f"{CHARM}/../.venv/bin/python3", "-B", str(HERE / "one_pass.py"), NAMES]
    ours = ["env", f"PYTHONPATH={CHARM}/lib", *run, site.acme.directory]
    seen = _timed(site, rounds, {"pass": ours, "certbot_renew": CERTBOT})
    with_all = [*ours, "--all-options"]
    site.world.run(with_all, timeout=SETTLING)
    seen.update(_timed(site, rounds, {"pass_all": with_all}))
    site.world.run(ours, timeout=SETTLING)  # as it was before
    for _, code, out in seen["certbot_renew"]:
        if code or out.count("(skipped)") != size:
            raise BenchFailed(f"certbot renew has not read {size} lineages: {code}\n{out[-2000:]}")
    said = [_judged(json.loads(out) if code == 0 else out, size)
            for label in PASSES for _, code, out in seen[label]]  # fmt: skip
    inner = statistics.median(line["seconds"] for line in said[:rounds])
    return {
        **{label: round(statistics.median(run[0] for run in runs), 4)
           for label, runs in seen.items()},
        "pass_without_start": round(inner, 4),
        "pass_processes": max(len(line["started"]) for line in said),
    }  # fmt: skip


def _timed(site: Site, rounds: int, commands: dict[str, list[str]]) -> dict[str, Any]:
    """Seconds, exit status and output of each run of each command, run by turns."""
    watch = [site.world.python_path, "-B", HERE / "stopwatch.py", rounds, json.dumps(commands)]
    return json.loads(site.world.run(watch).stdout)


def _judged(said: Any, size: int) -> dict[str, Any]:
    """What a pass said of itself, if it has looked at every name and nothing was due."""
    if not isinstance(said, dict) or said["names"] != size or not said["finished"]:
        raise BenchFailed(f"the pass has not looked at {size} certificates: {said}")
    return said


def _for_each(measured: dict[int, dict[str, Any]]) -> list[str]:
    """The check that no program is started for each certificate."""
    least, most = measured[min(measured)], measured[max(measured)]
    found = {kind: (least["programs"][kind], most["programs"][kind]) for kind in KINDS}
    found["pass"] = (least["pass_processes"], most["pass_processes"])
    return [f"{kind} starts {more} programs with {max(measured)} certificates, {few} with one"
            for kind, (few, more) in found.items() if more > few]  # fmt: skip


def describe(measured: dict[int, dict[str, Any]]) -> str:
    """The table for people."""
    rows = [("nothing due", *(f"{size}" for size in measured))]

    def row(label: str, *keys: str, unit: str = " s") -> None:
        rows.append((label, *(f"{_dig(seen, keys)}{unit}" for seen in measured.values())))

    row("certbot renew", "certbot_renew")
    row("the layer's pass, a fresh process", "pass")
    row("  of that, after Python's start", "pass_without_start")
    row("the same with all options", "pass_all")
    row("  programs that it starts", "pass_processes", unit="")
    for kind, label in (("update-status", "a whole update-status hook"),
                        ("cron", "a whole hook after cron has asked")):  # fmt: skip
        row(label, "hooks", kind)
        row("  programs that it starts", "programs", kind, unit="")
    return table(rows)


def _dig(seen: dict[str, Any], keys: tuple[str, ...]) -> Any:
    found: Any = seen
    for key in keys:
        found = found[key]
    return found
