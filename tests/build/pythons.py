"""Other Pythons of this machine, and what the tests need for each of them.

``find`` looks on the PATH, below the home folder's .pyenv (or PYENV_ROOT), and in /usr/bin;
``prepare`` makes build/venv-3.X and build/wheels-3.X, once.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from charmbuild import BUILD, PROJECT, layer_sources, places

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
ASK = "import ensurepip, os, ssl, sys, venv; print(sys.version.split()[0], sys.executable)"
REQUIREMENTS = Path(__file__).resolve().parent / "matrix-requirements.txt"
WHEELS = Path(__file__).resolve().parent / "wheels.sh"
UPGRADED = ("pip", "setuptools<82", "wheel")


class NotPrepared(RuntimeError):
    """A venv or its wheels could not be made; the text says why."""


def find(version: str) -> Path | None:
    """An interpreter of this version that can make venvs, or None."""
    for candidate in candidates(version):
        if candidate.exists():
            seen = subprocess.run([candidate, "-I", "-c", ASK], capture_output=True, text=True)
            number, _, path = seen.stdout.strip().partition(" ")
            if seen.returncode == 0 and number.startswith(f"{version}."):
                return Path(path).resolve()
    return None


def candidates(version: str) -> Iterator[Path]:
    """Where it may be; what is found on the PATH may be a shim that starts another version."""
    name = f"python{version}"
    for folder in os.environ.get("PATH", "").split(":"):
        yield Path(folder) / name
    managed = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from sorted(managed.glob(f"{version}.*/bin/{name}"), reverse=True)
    yield Path("/usr/bin") / name


def requirement_files(path: Path) -> Iterator[Path]:
    """A requirements file and those that it points to."""
    yield path
    for line in path.read_text().splitlines():
        word, _, other = line.partition(" ")
        if word == "--requirement":
            yield from requirement_files((path.parent / other.strip()).resolve())


def prepare_venv(version: str, interpreter: Path) -> Path:
    """build/venv-3.X with all that tests and builds need; returns its python. NotPrepared."""
    here = places(version)
    digest = _digest(str(interpreter), *requirement_files(REQUIREMENTS))
    if _done(f"venv-{version}", digest):
        return here.venv / "bin" / "python3"
    pip = [here.venv / "bin" / "python3", "-m", "pip", "install", "--quiet", "--upgrade"]
    _run([interpreter, "-m", "venv", "--clear", here.venv])
    _run([*pip, *UPGRADED])
    _run([*pip, "--requirement", REQUIREMENTS])
    _mark(f"venv-{version}", digest)
    return here.venv / "bin" / "python3"


def prepare_wheels(version: str) -> Path:
    """build/wheels-3.X for charm-build; returns it. NotPrepared."""
    basic = layer_sources()["basic"]
    own = [PROJECT / name for name in ("wheelhouse.txt", "wheelhouse-constraints.txt")]
    digest = _digest(version, *own, basic / "wheelhouse.txt", WHEELS)
    if not _done(f"wheels-{version}", digest):
        _run([WHEELS, basic, version])
        _mark(f"wheels-{version}", digest)
    return places(version).wheels


def _digest(word: str, *lists: Path) -> str:
    """What changes when the word or one of the files does."""
    texts = "\0".join([word, *(path.read_text() for path in lists)])
    return hashlib.sha256(texts.encode()).hexdigest()


def _done(name: str, digest: str) -> bool:
    stamp = BUILD / "stamps" / name
    return stamp.exists() and stamp.read_text() == digest and (BUILD / name).is_dir()


def _mark(name: str, digest: str) -> None:
    (BUILD / "stamps").mkdir(parents=True, exist_ok=True)
    (BUILD / "stamps" / name).write_text(digest)


def _run(command: list[str | Path]) -> None:
    env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode:
        words = " ".join(map(str, command))
        raise NotPrepared(f"{words} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
