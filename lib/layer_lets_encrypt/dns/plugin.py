"""Gate to the certbot plugin for DNS-01, where it is called apart from certbot."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Mapping, Sequence

from layer_lets_encrypt.machine.paths import DNS_PLUGIN
from layer_lets_encrypt.rules import tenant_words
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import Request

PYTHON = "/usr/bin/python3"  # where the distribution's Lexicon is
CHECK = 15  # seconds for a check
SWEEP = 60  # seconds for removing what a killed run has left
TRIAL = 300  # seconds for a trial, besides what the name servers may take
ONE_VALUE = "one-value-server"  # the plugin's mark of a server that keeps one value for a name

# At the beginning of a line: a CA may repeat what a web server says, and that could be the same.
_SAID = re.compile(r"(?m)^dns challenge \[(configuration|transient)\] (\S+): (.+)")


def problem_in(text: str) -> Problem | None:
    """Return the problem that the plugin reports in ``text``, None if it reports none."""
    found = _SAID.search(text)
    if found is None:
        return None
    category, name, said = found.groups()
    return Problem(category, one_line(said, 300), name="" if name == "-" else name)


def check(
    config: Path, request: Request, env: Mapping[str, str], seconds: float = CHECK
) -> Problem | None:
    """Return what a challenge for the request would fail for; publishes nothing."""
    problem = _call("check", [str(config), *_bare(request.names)], env, seconds)[1]
    return tenant_words.told(problem, request)


def sweep(config: Path, env: Mapping[str, str]) -> Problem | None:
    """Remove from the DNS what a killed run left there; return why something stays."""
    return _call("sweep", [str(config)], env, SWEEP)[1]


def trial(
    config: Path, request: Request, env: Mapping[str, str], patience: int
) -> tuple[list[str], Problem | None]:
    """Publish and remove a test record for each name; return the steps, and what failed.

    ``patience`` is for how many seconds the name servers may be waited for.
    """
    arguments = [str(config), *_bare(request.names)]
    steps, problem = _call("trial", arguments, env, TRIAL + patience)
    return steps, tenant_words.told(problem, request)


def _bare(names: Sequence[str]) -> list[str]:
    """The names that records are for, each once."""
    return list(dict.fromkeys(name.replace("*.", "", 1) for name in names))


def _call(
    module: str, arguments: list[str], env: Mapping[str, str], seconds: float
) -> tuple[list[str], Problem | None]:
    """Run a module of the plugin; return the lines that it printed, and what it failed for."""
    command = [PYTHON, "-s", "-B", "-m", "layer_lets_encrypt_dns." + module, *arguments]
    try:
        done = subprocess.run(
            command, env=dict(env, PYTHONPATH=str(DNS_PLUGIN)), cwd="/", stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        detail = f"the zone and its provider were not found out within {seconds:.0f} seconds"
        return [], Problem("transient", detail)
    except OSError as error:
        return [], Problem("transient", one_line(f"the DNS plugin cannot be asked: {error}"))
    printed = done.stdout.splitlines()
    if done.returncode == 0:
        return printed, None
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    problem = problem_in(done.stderr)
    return printed, problem or Problem("transient", one_line("the DNS plugin: " + last))
