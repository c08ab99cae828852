"""The layer on other Pythons, other releases of Juju and another certbot: `make matrix`.

    matrix.py [--small] [--only WORD ...]

Unit tests, the wheelhouse from source and reactive tests on each Python (the charm built for it,
and run with it), the main job's story on each release of Juju with each certbot. Prints a table,
writes build/matrix.json, exits 1 if a cell failed. An interpreter that is not here is a line of the
table that says so.
``--small`` is the part that `make test` runs; ``--only`` takes rows that contain a word.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from charmbuild import BUILD, PROJECT
from pythons import VERSIONS, NotPrepared, find, prepare_venv, prepare_wheels
from story import CERTBOTS, PROFILES

RESULTS = BUILD / "matrix.json"
HERE = Path(__file__).resolve().parent
STORY, WHEELHOUSE = HERE / "story.py", HERE / "wheelhouse.py"
SMALL = ("unit / Python 3.8", "unit / Python 3.13", "story / Juju 2.9 / certbot newest",
         "story / Juju 4.0 / certbot apt")  # fmt: skip
LONGEST = 1800  # seconds for one cell


class Cell(NamedTuple):
    """What came of one row: how many passed and failed, in how many seconds, and a remark."""

    passed: int
    failed: int
    seconds: float
    remark: str = ""


def rows() -> Iterator[tuple[str, Callable[[], Cell]]]:
    """Every row: its name, and what makes its cell."""
    for version in VERSIONS:
        yield f"unit / Python {version}", lambda v=version: on_python(v, unit)
    for version in VERSIONS:
        yield f"wheelhouse / Python {version}", lambda v=version: on_python(v, from_source)
    for version in VERSIONS:
        yield f"reactive / Python {version}", lambda v=version: on_python(v, reactive)
    for profile in PROFILES:
        for certbot in CERTBOTS:
            name = f"story / Juju {profile} / certbot {certbot}"
            yield name, lambda p=profile, c=certbot: story(p, c)


def on_python(version: str, suite: Callable[[str, Path], Cell]) -> Cell:
    """Run a suite on a Python, if there is one."""
    interpreter = find(version)
    if interpreter is None:
        return Cell(0, 0, 0, f"NOT RUN: no python{version} on this machine")
    try:
        return suite(version, prepare_venv(version, interpreter))
    except NotPrepared as error:
        return Cell(0, 1, 0, str(error))


def unit(version: str, python: Path) -> Cell:
    """The unit tests, on that Python itself."""
    return pytest(python, "tests/unit")


def from_source(version: str, python: Path) -> Cell:
    """The layer's part of the wheelhouse, built from source by that Python."""
    prepare_wheels(version)
    done, seconds = run([Path(sys.executable), "-B", WHEELHOUSE, version], {})
    built = len(done.stdout.split())
    return Cell(0, 1, seconds, last_words(done)) if done.returncode else Cell(built, 0, seconds)


def reactive(version: str, python: Path) -> Cell:
    """The reactive tests, with a charm for that Python in a world where hooks have it."""
    prepare_wheels(version)
    return pytest(Path(sys.executable), "tests/reactive", CHARM_PYTHON=version)


def pytest(python: Path, suite: str, **environment: str) -> Cell:
    """Run a suite; the figures are pytest's own."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        words = ["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report.name}"]
        done, seconds = run([python, *words, suite], environment)
        text = Path(report.name).read_text()
    if not text:
        return Cell(0, 1, seconds, last_words(done))
    counted = next(ElementTree.fromstring(text).iter("testsuite")).attrib
    failed = int(counted["failures"]) + int(counted["errors"])
    passed = int(counted["tests"]) - failed - int(counted["skipped"])
    if done.returncode and not failed:
        return Cell(passed, 1, seconds, last_words(done))
    return Cell(passed, failed, seconds, last_words(done) if failed else "")


def story(profile: str, certbot: str) -> Cell:
    """One story in a process of its own."""
    words = ["-B", STORY, "--profile", profile, "--certbot", certbot]
    done, seconds = run([Path(sys.executable), *words], {})
    return Cell(0, 1, seconds, last_words(done)) if done.returncode else Cell(1, 0, seconds)


def run(
    command: list[str | Path], environment: dict[str, str]
) -> tuple[subprocess.CompletedProcess[str], float]:
    """A command in the project's folder, and how long it took."""
    began = time.monotonic()
    done = subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=LONGEST,
    )  # fmt: skip
    return done, time.monotonic() - began


def last_words(done: subprocess.CompletedProcess[str]) -> str:
    """The end of what it said, for the remark."""
    lines = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
    return "\n".join(lines[-15:])


def show(name: str, cell: Cell) -> None:
    """One line of the table; what a failed cell said stands below it."""
    first = cell.remark.splitlines()[:1] if not cell.failed else []
    print(f"{name:36}{cell.passed:7}{cell.failed:8}{cell.seconds:9.1f}  {''.join(first)}".rstrip())
    if cell.failed:
        print("".join(f"    {line}\n" for line in cell.remark.splitlines()), end="")
    sys.stdout.flush()


def keep(results: dict[str, Cell]) -> None:
    """Merge into build/matrix.json; rows that were not run this time stay."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known.update({name: cell._asdict() for name, cell in results.items()})
    RESULTS.write_text(json.dumps(known, indent=1) + "\n")


def main() -> int:
    """0 = no cell failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a fixed small part")
    parser.add_argument("--only", nargs="*", default=[], help="rows that contain one of these")
    args = parser.parse_args()
    print(f"{'':36}{'passed':>7}{'failed':>8}{'seconds':>9}", flush=True)
    results: dict[str, Cell] = {}
    for name, make in rows():
        if (not args.small or name in SMALL) and any(w in name for w in args.only or [""]):
            results[name] = make()
            show(name, results[name])
            keep(results)
    missing = [name for name, cell in results.items() if cell.remark.startswith("NOT RUN")]
    failed = [name for name, cell in results.items() if cell.failed]
    print(f"{len(results)} rows, {len(failed)} failed, {len(missing)} not run"
          f"{': ' + ', '.join(missing) if missing else ''}")  # fmt: skip
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
