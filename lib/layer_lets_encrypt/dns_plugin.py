"""Gate to the certbot plugin for DNS-01, where it is called beside certbot."""

import re
import subprocess
from pathlib import Path
from typing import List, Mapping, Optional, Sequence

from layer_lets_encrypt.problem import Problem, one_line

FOLDER = Path(__file__).resolve().parent.parent.parent / "certbot-plugin"
PYTHON = "/usr/bin/python3"  # where the distribution's Lexicon is
CHECK = 15  # seconds for a check
SWEEP = 60  # seconds for removing what a killed run has left
ONE_VALUE = "one-value-server"  # the plugin's mark of a server that keeps one value for a name

# At the beginning of a line: a CA may repeat what a web server says, and that could be the same.
_SAID = re.compile(r"(?m)^dns challenge \[(configuration|transient)\] (\S+): (.+)")


def problem_in(text: str) -> Optional[Problem]:
    """Return the problem of which the plugin tells in ``text``, None where it tells of none."""
    found = _SAID.search(text)
    if found is None:
        return None
    category, name, said = found.groups()
    return Problem(category, one_line(said, 300), name="" if name == "-" else name)


def check(
    config: Path, names: Sequence[str], env: Mapping[str, str], seconds: float = CHECK
) -> Optional[Problem]:
    """Return what a challenge for ``names`` would fail for; publishes nothing."""
    arguments = [str(config), *(name.replace("*.", "", 1) for name in names)]
    return _call("check", arguments, env, seconds)


def sweep(config: Path, env: Mapping[str, str]) -> Optional[Problem]:
    """Remove from the DNS what a killed run left there; return why something stays."""
    return _call("sweep", [str(config)], env, SWEEP)


def _call(
    module: str, arguments: List[str], env: Mapping[str, str], seconds: float
) -> Optional[Problem]:
    command = [PYTHON, "-s", "-B", "-m", "layer_lets_encrypt_dns." + module, *arguments]
    try:
        done = subprocess.run(
            command, env=dict(env, PYTHONPATH=str(FOLDER)), cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace",
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        detail = f"the zone and its provider were not found out within {seconds:.0f} seconds"
        return Problem("transient", detail)
    except OSError as error:
        return Problem("transient", one_line(f"the DNS plugin cannot be asked: {error}"))
    if done.returncode == 0:
        return None
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    return problem_in(done.stderr) or Problem("transient", one_line("the DNS plugin: " + last))
