"""Assemble charms with the real ``charm-build``, from folders of this machine alone.

    charmbuild.py CHARM_FOLDER [--force]      prints proof's findings and the built folder

    from charmbuild import build
    folder = build(PROJECT / "examples" / "web")

The layer is this project; layer:basic and layer:options are the stand-ins in tests/layers, or
checkouts of the real ones (environment LAYER_BASIC, LAYER_OPTIONS). Python packages come from
build/wheels, which ``make install`` fills. Nothing is built again while no input has changed.

``python`` (or the environment's CHARM_PYTHON), such as "3.8", builds for units with that Python, in
build/charms-3.8; ``pythons.py`` prepares build/venv-3.8 and build/wheels-3.8 for it.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

PROJECT = Path(__file__).resolve().parents[2]
BUILD = PROJECT / "build"
LAYERS = PROJECT / "tests" / "layers"
MACHINE_MADE = {".git", ".tox", ".hypothesis", "build", "__pycache__"}  # in no checkout
NOT_INPUT = MACHINE_MADE | {"tests", "docs", "examples", "juju-model"}
CACHES = (".pyc", "_cache")
TIMEOUT = 300
WITH_WARNINGS = 100  # charm-build: built, and charm-proof has something to say


class BuildFailed(RuntimeError):
    """charm-build ended badly; the text is what it said."""


class Built(NamedTuple):
    """``folder``: the charm, ready to deploy; ``proof``: charm-proof's lines about it."""

    folder: Path
    proof: list[str]


class Places(NamedTuple):
    """Where things are for one Python: the tools' venv, the wheels, the built charms."""

    venv: Path
    wheels: Path
    charms: Path


def places(python: str = "") -> Places:
    """For units with this Python, or (empty) with that of this machine."""
    tail = f"-{python}" if python else ""
    return Places(*(BUILD / f"{name}{tail}" for name in Places._fields))


def charm_python() -> str:
    """The Python that charms are built for and run with, if not this machine's."""
    return os.environ.get("CHARM_PYTHON", "")


def build(
    charm: Path, force: bool = False, python: str | None = None, online: bool = False
) -> Path:
    """Build the charm of a folder unless it is built already; returns the built folder.

    ``online``: what build/wheels lacks may come from the package index that pip is set to use.
    """
    return build_and_prove(charm, force, python, online).folder


def build_and_prove(
    charm: Path, force: bool = False, python: str | None = None, online: bool = False
) -> Built:
    """As ``build``, with proof's findings. Raises BuildFailed; OSError before ``make install``."""
    name = yaml.safe_load((charm / "metadata.yaml").read_text())["name"]
    here = places(charm_python() if python is None else python)
    target, log = here.charms / name, here.charms / f"{name}.log"
    stamp = BUILD / "stamps" / f"{here.charms.name.replace('charms', 'charm', 1)}-{name}"
    with _lock(BUILD / "charms.lock"):
        digest = fingerprint([charm, PROJECT, *layer_sources().values(), here.wheels])
        fresh = stamp.exists() and stamp.read_text() == digest and target.is_dir()
        if force or not fresh:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(target, ignore_errors=True)  # charm-build keeps what an older one left
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(_run(charm, name, here, online))
            stamp.parent.mkdir(parents=True, exist_ok=True)
            stamp.write_text(digest)
    return Built(target, proof_lines(log.read_text()))


def layer_sources() -> dict[str, Path]:
    """Where each layer's source lies; a charm's author may have more in CHARM_LAYERS_DIR."""
    others = Path(os.environ.get("CHARM_LAYERS_DIR") or BUILD / "nowhere")
    found = {path.name: path.resolve() for path in others.glob("*") if path.is_dir()}
    return found | {
        "lets-encrypt": PROJECT,
        "basic": Path(os.environ.get("LAYER_BASIC") or LAYERS / "basic").resolve(),
        "options": Path(os.environ.get("LAYER_OPTIONS") or LAYERS / "options").resolve(),
    }


def proof_lines(log: str) -> list[str]:
    """The findings among charm-build's words: ``I: ``, ``W: `` or ``E: `` and a text."""
    lines = (line.split("proof: ")[-1].strip() for line in log.splitlines())
    return [line for line in lines if line[:3] in ("I: ", "W: ", "E: ")]


def fingerprint(folders: list[Path]) -> str:
    """A digest of the names, modes and contents of all files that a build may read."""
    digest = hashlib.sha256(str(sys.version_info[:2]).encode())
    for folder in folders:
        for path in _inputs(folder, _excluded(folder)):
            content = path.read_bytes() if path.suffix != ".whl" else b""  # a wheel's name says all
            mode = path.stat().st_mode
            digest.update(f"{path.relative_to(folder)} {mode} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _excluded(folder: Path) -> list[str]:
    """What the layer in a folder keeps out of charms, at its top level."""
    try:
        return list(yaml.safe_load((folder / "layer.yaml").read_text()).get("exclude") or [])
    except FileNotFoundError:
        return []


def _inputs(folder: Path, excluded: Collection[str] = ()) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        left_out = entry.name in NOT_INPUT or entry.name in excluded
        if left_out or entry.name.endswith(CACHES):
            continue
        if entry.is_dir():
            yield from _inputs(entry)
        elif entry.is_file():
            yield entry


def _run(charm: Path, name: str, here: Places, online: bool) -> str:
    """Run charm-build; returns what it said."""
    _link_layers()
    command = [str(here.venv / "bin" / "charm-build"), "--binary-wheels", "--layer-index", "file:///nonexistent/"]
    command += ["--name", name, "--output-dir", str(here.charms), str(charm)]
    done = subprocess.run(
        command,
        env=_environment(here) | (_index() if online else {"PIP_NO_INDEX": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
    )
    if done.returncode not in (0, WITH_WARNINGS):
        raise BuildFailed(f"charm-build ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def _index() -> dict[str, str]:
    """How pip is set to reach its index, and how it builds what comes without a wheel."""
    known = os.environ.items()
    kept = {k: v for k, v in known if k.startswith("PIP_") or k.lower().endswith("_proxy")}
    kept.pop("PIP_FIND_LINKS", None)
    return kept | {"HOME": str(Path.home()), "PIP_USE_PEP517": "1"}


def _environment(here: Places) -> dict[str, str]:
    """Only what a build needs: no metrics, the venv's Python, the wheels that are here."""
    return {
        "PATH": f"{here.venv}/bin:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(BUILD / "home"),
        "LANG": "C.UTF-8",
        "CHARM_LAYERS_DIR": str(BUILD / "layers"),
        "CHARM_INTERFACES_DIR": str(BUILD / "interfaces"),
        "CHARM_BUILD_DIR": str(here.charms),
        "CHARM_CACHE_DIR": str(BUILD / "charm-cache"),
        "CHARM_HIDE_METRICS": "1",
        "PIP_FIND_LINKS": str(here.wheels),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
    }


def _link_layers() -> None:
    """build/layers/NAME/ENTRY -> source, as a checkout would be: charm-build walks through all of
    a layer before it looks at ``exclude``, and its own output below build would be no end."""
    shutil.rmtree(BUILD / "layers", ignore_errors=True)
    for folder in ("interfaces", "home"):
        (BUILD / folder).mkdir(parents=True, exist_ok=True)
    for name, source in layer_sources().items():
        layer = BUILD / "layers" / name
        layer.mkdir(parents=True)
        for entry in source.iterdir():
            if entry.name not in MACHINE_MADE and not entry.name.endswith(CACHES):
                (layer / entry.name).symlink_to(entry)


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One build at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Command line; 0 = built (or nothing to do)."""
    parser = argparse.ArgumentParser(description="Assemble a charm from this layer, offline.")
    parser.add_argument("charm", type=Path)
    parser.add_argument("--force", action="store_true", help="build even if no input changed")
    args = parser.parse_args()
    try:
        built = build_and_prove(args.charm.resolve(), args.force)
    except BuildFailed as error:
        print(error, file=sys.stderr)
        return 1
    for line in built.proof:
        print(f"proof: {line}")
    print(built.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
