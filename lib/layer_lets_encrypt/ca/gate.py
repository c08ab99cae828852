"""The only place that runs certbot. It decides nothing: when and what comes from the plan."""

from __future__ import annotations

import fcntl
import shutil
import time
from pathlib import Path
from typing import Callable, Mapping, Sequence

from layer_lets_encrypt.ca import diagnosis
from layer_lets_encrypt.ca import process as launch
from layer_lets_encrypt.ca.process import Outcome, Runner
from layer_lets_encrypt.dns import plugin as dns_plugin
from layer_lets_encrypt.machine import disk_space, files
from layer_lets_encrypt.machine import environment as environments
from layer_lets_encrypt.machine.paths import CONFIG_DIR, DNS_PLUGIN
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.web.processes import ATTEMPT

TIMEOUT = 600  # certbot itself would poll the CA for up to half an hour
VERSION_TIMEOUT = 60
OTHERS_TIMEOUT = 60  # for somebody else's certbot
MAX_LOGGED = 300
WORK_DIR = Path("/var/lib/letsencrypt")  # certbot's own
SEARCH_PATH = environments.PATH


class CertbotError(Exception):
    """certbot failed. ``problem`` says how, ``output`` is all that it said."""

    def __init__(self, problem: Problem, output: str) -> None:
        super().__init__(problem.text)
        self.problem = problem
        self.output = output


def find() -> str | None:
    """Return certbot's path, None if it is not installed."""
    return shutil.which("certbot", path=SEARCH_PATH)


def version(env: Mapping[str, str]) -> str:
    """Return what certbot says when it is asked for its version, "" if it says nothing."""
    binary = find()
    if binary is None:
        return ""
    command = launch.command(binary, ["--version"])
    return launch.run_once(command, env, lambda: None, VERSION_TIMEOUT)[1]


def environment(
    outer: Mapping[str, str], ca_bundle: Path | None = None, attempt: str = ""
) -> dict[str, str]:
    """Return all of certbot's environment: no more of ``outer`` than Juju's proxy settings."""
    inner = environments.of_program(outer, SEARCH_PATH)
    if ca_bundle:
        inner["REQUESTS_CA_BUNDLE"] = str(ca_bundle)
    if attempt:
        inner[ATTEMPT] = attempt
    inner["PYTHONPATH"] = str(DNS_PLUGIN)  # where certbot finds ours
    return inner


def wait_for_others(seconds: float = OTHERS_TIMEOUT, config_dir: Path = CONFIG_DIR) -> bool:
    """Wait until no certbot of somebody else works here; return whether that came true.

    certbot exits at once if it finds another one running, and would do so with the service stopped.
    """
    deadline = time.monotonic() + seconds
    while _is_locked(config_dir / ".certbot.lock"):
        if time.monotonic() > deadline:
            return False
        time.sleep(launch.TICK)
    return True


def _is_locked(path: Path) -> bool:
    try:
        with open(path, "r+") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def open_runner(env: Mapping[str, str], log_dir: Path, log: Callable[[str], None]) -> Runner | None:
    """Start certbot's Python once for several runs; None if that is impossible.

    The log says why then, and certbot is started for each run.
    """
    binary = find()
    try:
        return Runner(binary, env, log_dir / "console") if binary else None
    except (OSError, ValueError, TypeError) as error:  # the last two: its answer is malformed
        log(one_line(f"certbot is started for each certificate: {error}", MAX_LOGGED))
        return None


def run(
    arguments: Sequence[str],
    env: Mapping[str, str],
    log_dir: Path,
    on_tick: Callable[[], None] = lambda: None,
    timeout: float = TIMEOUT,
    runner: Runner | None = None,
    tick: float = launch.TICK,
) -> str:
    """Run certbot and return what it said. Raises CertbotError.

    Exit status 0 does not mean that there is a new certificate: look at the lineage.
    certbot is killed by the kernel when this process dies. ``on_tick`` is called every
    ``tick`` seconds while it runs. With a ``runner`` Python need not be started for it.
    """
    binary = find()
    if binary is None:
        detail = "certbot is not installed; install the package certbot on the unit"
        raise CertbotError(Problem("blocked", detail), "")
    files.make_folder(log_dir, 0o700)
    log = log_dir / "letsencrypt.log"
    before = _stamp(log)
    words = [*arguments, "--logs-dir", str(log_dir), "--max-log-backups", "20"]
    if runner is not None and runner.alive:
        outcome = runner.run(words, on_tick, timeout, tick)
    else:
        command = launch.command(binary, words)
        outcome = launch.run_once(command, env, on_tick, timeout, tick)
    return _judge(outcome, log, before, timeout)


def _judge(outcome: Outcome, log: Path, before: tuple[int, int, int] | None, timeout: float) -> str:
    status, output = outcome
    if status == 0:
        return output
    said, now = _log_since(log, before), time.time()
    if status is None:
        seen = diagnosis.pending_problem(said, now) or Problem(
            "transient", f"certbot was killed, or did not finish in {timeout:.0f} s"
        )
    else:
        seen = (
            dns_plugin.problem_in(output)
            or _of_silence(output + said, log)
            or diagnosis.classify(output, said, now)
        )
    raise CertbotError(seen, output)


def _of_silence(said: str, log: Path) -> Problem | None:
    """Return what keeps certbot's output from being written, None if it has said something."""
    full = "" if said.strip() else disk_space.shortage((log.parent,))
    return Problem("local", full) if full else None


def _stamp(log: Path) -> tuple[int, int, int] | None:
    """Return what changes when certbot begins a log; file times may be of another clock."""
    try:
        seen = log.stat()
    except OSError:
        return None
    return seen.st_ino, seen.st_mtime_ns, seen.st_size


def _log_since(log: Path, before: tuple[int, int, int] | None) -> str:
    try:
        return "" if _stamp(log) == before else files.read_text(log, follow=True, errors="replace")
    except OSError:
        return ""
