"""The distribution's packages that DNS-01 needs, installed when it is used: not every release has
all of them, and most units never use it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Mapping

from layer_lets_encrypt.dns.plugin import PYTHON
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules.problem import Problem, one_line

DNSPYTHON, LEXICON = "python3-dnspython", "python3-lexicon"
MODULES = {"dns": DNSPYTHON, "lexicon": LEXICON}
WITHOUT_LEXICON = "httpreq"
FETCH, INSTALL = 180, 120  # seconds
_APT = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=60", "-o", "Acquire::Retries=1",
        "-o", "Acquire::http::Timeout=20", "-o", "Acquire::https::Timeout=20")  # fmt: skip
_LOOK = "import importlib.util as u, sys; print(*(m for m in sys.argv[1:] if not u.find_spec(m)))"
_UNKNOWN = ("Unable to locate package", "no installation candidate")


def ensure(config: Path, env: Mapping[str, str]) -> Problem | None:
    """Install what the plugin needs for the settings in ``config``; return why it is not there."""
    lacking = missing(needed(files.read_json(config, {})))
    if not lacking:
        return None
    said = _install([MODULES[module] for module in lacking], env)
    left = [MODULES[module] for module in missing(lacking)]
    return _problem(left, said) if left else None


def needed(plain: Mapping[str, Any]) -> list[str]:
    """Return the modules that the distribution's Python must have. Pure."""
    if plain.get("python", PYTHON) != PYTHON:
        return []  # the operator has made an environment for it
    providers: list[dict[str, Any]] = list((plain.get("zones") or {}).values())
    providers += [plain["default"]] if plain.get("default") else []
    names = {str(provider.get("provider")).lower() for provider in providers}
    return ["dns", "lexicon"] if names - {WITHOUT_LEXICON} else ["dns"]


def missing(modules: list[str]) -> list[str]:
    """Return those of the modules that the distribution's Python does not have."""
    try:
        done = subprocess.run(
            [PYTHON, "-s", "-c", _LOOK, *modules], capture_output=True, text=True, cwd="/",
            timeout=30, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return modules
    return done.stdout.split()


def _install(packages: list[str], env: Mapping[str, str]) -> str:
    """Install packages; return what apt said if it failed.

    What may take long is fetched first, which may be ended at any moment.
    """
    said = _apt(["install", "--no-install-recommends", "--download-only", *packages], env, FETCH)
    if said and not any(words in said for words in _UNKNOWN):
        _apt(["update"], env, FETCH)
    return _apt(["install", "--no-install-recommends", *packages], env, INSTALL)


def _apt(words: list[str], env: Mapping[str, str], seconds: int) -> str:
    """Run apt-get; return the last of its complaints, "" if it succeeded."""
    command = ["timeout", "--kill-after=30", str(seconds), *_APT, *words]
    quiet = {**env, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    quiet.pop("PYTHONPATH", None)  # what packages run when they are installed is not for certbot
    done = subprocess.run(
        command, env=quiet, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, errors="replace", check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return ""
    told = [line[3:] for line in done.stderr.splitlines() if line.startswith("E: ")]
    return (told or [f"it was not done within {seconds} s"])[-1]


def _problem(packages: list[str], said: str) -> Problem:
    names = " and ".join(packages)
    if any(words in said for words in _UNKNOWN):
        return Problem(
            "blocked",
            f"this release has no package {names}, which DNS-01 needs",
            remedy="make an environment as docs/dns.md says, and name its python in "
            "acme-dns-options",
        )
    return Problem(
        "waiting",
        f"{names} cannot be installed: {one_line(said, 90)}",
        remedy="check apt on the unit",
    )
