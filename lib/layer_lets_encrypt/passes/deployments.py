"""Runs the operator's command once for each certificate that has changed.

It comes after files and services. A failure is remembered, and tried again with growing intervals;
no certificate is ordered for that.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Mapping

from layer_lets_encrypt.certificates.ledger import Ledger
from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine.paths import CONFIG_DIR
from layer_lets_encrypt.passes.survey import undeployed
from layer_lets_encrypt.rules import records
from layer_lets_encrypt.rules.command import shown
from layer_lets_encrypt.rules.delivery import DEPLOY
from layer_lets_encrypt.rules.problem import Problem, bounded, one_line
from layer_lets_encrypt.rules.records import NOTHING, Record
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

if TYPE_CHECKING:
    from layer_lets_encrypt.delivery.programs import Outcome

REMEDY = "see juju debug-log"
MAX_LOGGED = 300


class Deployments:
    """What is to be deployed; the ``ledger`` remembers how that went."""

    def __init__(
        self,
        wanted: Wanted,
        ledger: Ledger,
        reader: Reader,
        env: Mapping[str, str],
        log: Callable[[str], None],
    ) -> None:
        self.wanted = wanted
        self.ledger = ledger
        self.reader = reader
        self.env = env
        self.log = log

    def run(self, without: set[str], deadline: float) -> None:
        """Deploy what has changed, but for the lineages ``without``.

        No command is started after ``deadline``, a moment of the monotonic clock. Raises OSError
        where the ledger cannot be written.
        """
        self._settle_interrupted()
        due = undeployed(self.wanted, self.ledger.past, self.reader, time.time())
        for name, serial in due.items():
            if name in without:
                continue
            if time.monotonic() > deadline:
                self.log("the other certificates are deployed in the next hook")
                return
            self._deploy(self._request(name), serial)

    def _request(self, name: str) -> Request:
        return next(one for one in self.wanted.requests if one.lineage_name == name)

    def _settle_interrupted(self) -> None:
        """Count a command that was running when the hook was killed as failed."""
        for name, record in list(self.ledger.past.deployments.items()):
            if record.begun is not None:
                detail = f"the hook was interrupted while it ran {DEPLOY}"
                self._failed(name, Problem("interrupted", detail))

    def _deploy(self, request: Request, serial: str) -> None:
        name, command = request.lineage_name, self.wanted.delivery.deploy
        record, asked = self._record(name), records.digest(command, serial)
        self.ledger.deploying(name, record.begin(asked, time.time()))
        self.log(f"{name}: running {shown(DEPLOY, command)}")
        outcome = self._run(request)
        for line in outcome.last_lines:
            self.log(f"{name}: {line}")
        if outcome.status != 0:
            before = f"{DEPLOY} {outcome.words}"
            said = outcome.last_line
            detail = bounded(said, REMEDY, before + ": ") if said else before
            self._failed(name, Problem("deployment", detail, remedy=REMEDY))
            return
        self.log(f"{name}: {DEPLOY} has succeeded")
        self.ledger.deployed(name, serial)

    def _record(self, name: str) -> Record:
        return self.ledger.past.deployments.get(name, NOTHING)

    def _run(self, request: Request) -> Outcome:
        from layer_lets_encrypt.delivery import programs  # most passes run none

        own = {
            "RENEWED_LINEAGE": str(Path(CONFIG_DIR) / "live" / request.lineage_name),
            "RENEWED_DOMAINS": " ".join(request.names),
        }
        try:
            return programs.run(
                self.wanted.delivery.deploy, programs.environment(self.env, own), programs.LIMIT
            )
        except (OSError, ValueError) as error:
            return programs.Outcome(127, f"it cannot be started: {error}")

    def _failed(self, name: str, problem: Problem) -> None:
        self.ledger.deploying(name, self._record(name).failed(problem, time.time()))
        self.log(one_line(f"{name}: {problem.text}", MAX_LOGGED))


def begin(wanted: Wanted, ledger: Ledger, reader: Reader) -> None:
    """Take what is on disk before a pass as deployed, if the command is new. Raises OSError.

    A command is for certificates that change; the action deploys those that are there.
    """
    past = ledger.past
    if not wanted.delivery.deploys:
        ledger.deployments(None, {})
    elif past.deployed is None:
        found = {
            one.lineage_name: reader.inspect(one.lineage_name).certificate
            for one in wanted.requests
        }
        on_disk = {name: one.serial for name, one in found.items() if one is not None}
        ledger.deployments(on_disk, past.deployments)
    else:
        kept = {request.lineage_name for request in wanted.requests} | past.lineages
        ledger.undeployed({*past.deployed, *past.deployments} - kept)
