"""Gate to the worker, a program for the Python that has Lexicon; nothing secret passes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from layer_lets_encrypt_dns import config as configs
from layer_lets_encrypt_dns.failure import Failure, configuration, one_line, redactor, transient
from layer_lets_encrypt_dns.journal import Entry, Journal, identity

FOLDER = Path(__file__).resolve().parent.parent
CHECK = 60.0  # seconds for looking at the settings, the zones and the providers
PER_RECORD = 120.0  # seconds that one call of a provider may take, with its repetitions
_KEPT = ("PATH", "LANG", "http_proxy", "https_proxy", "no_proxy", "all_proxy")


def run(
    action: str,
    config_path: str,
    challenges: Sequence[Mapping[str, str]] = (),
    log: Callable[[str], None] = lambda _: None,
) -> int:
    """Have the worker do something; returns its number. Raises Failure.

    The worker is killed with this process, and when it takes far too long.
    """
    name = challenges[0]["name"] if challenges else ""
    try:
        config = configs.read(config_path)
        request = {
            "do": action,
            "config": config_path,
            "owner": identity(os.getpid()),
            "parent": os.getpid(),
            "challenges": list(challenges),
        }
        output = _talk(config, json.dumps(request), _limit(action, config, challenges))
        return _answer(config, output, log)
    except Failure as failure:
        raise failure.about(name) from None


def _limit(action: str, config: configs.Config, challenges: Sequence[Any]) -> float:
    """How long the worker may take: a check is quick, or the provider is out of reach."""
    if action == "check":
        return CHECK
    return 120 + 2 * config.propagation + config.extra_wait + PER_RECORD * len(challenges)


def own_entries(config_path: str) -> list[Entry]:
    """Return what this process has in the journal. Raises Failure, also for a bad configuration."""
    own = identity(os.getpid())
    entries = Journal(configs.read(config_path).state).entries()
    return [entry for entry in entries if entry.owner == own]


def _talk(config: configs.Config, request: str, limit: float) -> str:
    command = [config.python, "-s", "-B", "-m", "layer_lets_encrypt_dns.worker"]
    try:
        process = subprocess.Popen(
            command, env=environment(os.environ), cwd="/", text=True, errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
    except OSError as error:
        raise _broken(config, f"cannot be run: {error.strerror}") from None
    with process:
        try:
            output, complaints = process.communicate(request + "\n", timeout=limit)
        except subprocess.TimeoutExpired:
            process.kill()
            raise transient(f"the DNS plugin's work was not done within {limit:.0f} s") from None
        except BaseException:  # certbot was told to stop; its cleanup comes next
            process.kill()
            raise
    if process.returncode:
        last = (complaints.strip().splitlines() or ["no words"])[-1]
        said = one_line(redactor(config.secrets())(last), 200)
        raise _broken(config, f"ended with {process.returncode}: {said}")
    return output


def _broken(config: configs.Config, how: str) -> Failure:
    """Return the failure of a worker that has not done its work; a Python may be none."""
    if config.python == configs.PYTHON:
        return transient(f"the DNS plugin's worker {how}")
    return configuration(
        f"{configs.OPTIONS}: 'python': {one_line(config.python, 60)} {how}; write the path of a "
        "Python that has dns-lexicon, see docs/dns.md"
    )


def _answer(config: configs.Config, output: str, log: Callable[[str], None]) -> int:
    answer: dict[str, Any] = {}
    try:
        for line in output.splitlines():
            answer = json.loads(line)
            if "log" in answer:
                log(answer["log"])
    except (ValueError, TypeError):
        raise _broken(config, "does not answer as the plugin does") from None
    if "failure" in answer:
        raise Failure(**answer["failure"])
    if "done" not in answer:
        raise _broken(config, "ended without an answer")
    return int(answer["done"])


def environment(outer: Mapping[str, str]) -> dict[str, str]:
    """Return the worker's whole environment: proxies, and where this package is.

    What certbot trusts when it talks to the CA is not what a provider's server is to be
    trusted by.
    """
    kept = {k: v for k, v in outer.items() if k in _KEPT or k.lower() in _KEPT[2:]}
    return {**kept, "PYTHONPATH": str(FOLDER), "HOME": "/nonexistent", "PYTHONIOENCODING": "utf-8"}
