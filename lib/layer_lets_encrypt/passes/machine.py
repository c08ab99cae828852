"""The machine under one pass: what keeps it from ordering, its service, its certbot."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Sequence

from layer_lets_encrypt.ca import chatter, cli_ini, directory
from layer_lets_encrypt.ca import gate as certbot
from layer_lets_encrypt.ca import process as launch
from layer_lets_encrypt.ca.directory import DirectoryError
from layer_lets_encrypt.ca.gate import CertbotError
from layer_lets_encrypt.ca.process import Runner
from layer_lets_encrypt.machine import disk_space, files
from layer_lets_encrypt.machine.paths import CONFIG_DIR, Places
from layer_lets_encrypt.rules.plan import Decision
from layer_lets_encrypt.rules.problem import Problem, one_line
from layer_lets_encrypt.rules.request import TO_AUTHOR, Request
from layer_lets_encrypt.rules.wanted import Wanted
from layer_lets_encrypt.web import processes, service
from layer_lets_encrypt.web.processes import Process
from layer_lets_encrypt.web.service import ServiceError

ANSWERS = 3  # seconds for the CA to show that it is there
SYSTEM_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


class Machine:
    """Binds the gates to what one unit wants."""

    def __init__(
        self, wanted: Wanted, places: Places, env: Mapping[str, str], log: Callable[[str], None]
    ) -> None:
        self.wanted = wanted
        self.places = places
        self.env = env
        self.log = log
        self.directory: dict[str, Any] = {}  # the CA's, once it has been asked for
        self._directory_error: DirectoryError | None = None
        self._runner: Runner | None = None

    # What keeps it from ordering

    def obstacle(self) -> Problem | None:
        """Return what keeps this machine from ordering, before anything is touched."""
        binary = certbot.find()
        if binary is None:
            detail = "certbot is not installed; run 'apt install certbot' on the unit"
            return Problem("blocked", detail)
        settings = "" if launch.is_python(binary) else cli_ini.objection()
        if settings:
            remedy = "which this certbot obeys; remove that, or install certbot with apt"
            return Problem("blocked", f"{settings}, {remedy}")
        folders = (CONFIG_DIR, certbot.WORK_DIR, self.places.logs, self.places.state)
        full = disk_space.shortage(folders)
        if full:
            return Problem("blocked", full)
        if not certbot.wait_for_others():
            return Problem("transient", "another certbot is at work on the unit and does not end")
        try:
            self.fetch_directory()
        except DirectoryError as error:
            return error.problem
        return None

    def fetch_directory(self) -> dict[str, Any]:
        """Return the CA's directory, asked for once in a pass. Raises DirectoryError."""
        if self._directory_error is not None:
            raise self._directory_error
        if not self.directory:
            try:
                self.directory = directory.fetch(self.wanted.account.server, self.certbot_env())
            except DirectoryError as error:
                self._directory_error = error
                raise
        return self.directory

    def ca_answers(self) -> bool:
        """Whether the CA can be reached now."""
        try:
            directory.fetch(self.wanted.account.server, self.certbot_env(), ANSWERS)
        except DirectoryError:
            return False
        return True

    def profile_problem(self, request: Request) -> Problem | None:
        """Return why the CA's profile cannot be ordered, None if none is wanted or it can."""
        if not request.profile:
            return None
        from layer_lets_encrypt.rules import profiles

        unknown = profiles.unknown(request, self.directory)
        return unknown or profiles.too_old(request, self._certbot_version)

    @functools.cached_property
    def _certbot_version(self) -> str:
        return certbot.version(self.certbot_env())

    def port_problem(self, decision: Decision) -> Problem | None:
        """Return who keeps this order from the port that it needs, None for nobody."""
        if not self.wanted.challenge_of(decision.request).takes_port_80:
            return None
        return self._stranger_problem

    @functools.cached_property
    def _stranger_problem(self) -> Problem | None:
        try:
            stranger = self._stranger()
        except ServiceError as error:
            return Problem("blocked", one_line(str(error)))
        return Problem("blocked", stranger) if stranger else None

    def _stranger(self) -> str:
        """Return who holds port 80 without belonging to the service, "" for nobody."""
        name = self.wanted.service_name
        for process in processes.port_holders(80):
            if not name or not service.owns(name, process):
                return self._stranger_detail(process)
        return ""

    def _stranger_detail(self, process: Process) -> str:
        name = self.wanted.service_name
        held = f"port 80 is held by {process.name} (pid {process.pid})"
        if not name:
            return f"{held} and the charm names no service-name; stop it, or {TO_AUTHOR}"
        if not service.exists(name):
            return f"{held}; the charm's service-name {name!r} is not a service here; {TO_AUTHOR}"
        return held + f", which does not belong to the service {name}; stop it"

    # certbot

    def certbot(
        self,
        arguments: Sequence[str],
        attempt: str = "",
        on_tick: Callable[[], None] = lambda: None,
        tick: float = launch.TICK,
    ) -> None:
        """Run certbot and log all that it says. Raises CertbotError."""
        self.log("running certbot " + " ".join(arguments))
        env = self.certbot_env(attempt)
        try:
            limit = certbot.TIMEOUT + self.wanted.patience
            said = certbot.run(arguments, env, self.places.logs, on_tick, limit, self._runner, tick)
        except CertbotError as error:
            self.log(chatter.left_out(error.output))
            raise
        self.log(chatter.left_out(said))

    @contextmanager
    def certbot_runner(self, attempt: str) -> Iterator[None]:
        """Start certbot's Python only once for all runs within."""
        env = self.certbot_env(attempt)
        self._runner = certbot.open_runner(env, self.places.logs, self.log)
        try:
            yield
        finally:
            if self._runner is not None:
                self._runner.close()
            self._runner = None

    def certbot_env(self, attempt: str = "") -> Mapping[str, str]:
        return certbot.environment(self.env, self._ca_bundle(), attempt)

    def _ca_bundle(self) -> Path | None:
        """Write the file of the CAs to trust, with the system's; None if those are all."""
        private = self.wanted.account.ca_certificates
        if not private:
            return None
        try:
            public = files.read_text(SYSTEM_CA_BUNDLE, follow=True, errors="replace")
        except OSError:
            public = ""
        files.write_atomic(self.places.ca_bundle, public + private, 0o644)
        return self.places.ca_bundle

    # The service

    def service_to_stop(self) -> str:
        """Return the service that must be stopped to free the port, "" for none."""
        return self.wanted.service_name if processes.port_holders(80) else ""

    def stop_service(self, name: str) -> None:
        """Stop the service. Raises ServiceError if that does not free the port."""
        self.log(f"stopping service {name} for the challenge")
        service.stop(name)
        left = processes.port_holders(80)
        if left:
            detail = "service {} was stopped, but {} (pid {}) still holds port 80"
            raise ServiceError(detail.format(name, left[0].name, left[0].pid))

    def reload_services(self) -> Problem | None:
        """Make the services load their certificates; return what keeps one from that."""
        problems = [self._renew_in(name, service.reload) for name in self.wanted.services]
        return next((problem for problem in problems if problem is not None), None)

    def reload_service(self) -> Problem | None:
        """Make the service that visitors see read its configuration again."""
        name = self.wanted.service_name
        return self._renew_in(name, service.reload) if name else None

    def restart_service(self) -> Problem | None:
        """Restart the service that visitors see."""
        name = self.wanted.service_name
        if not name:
            return None  # others than ours are reloaded only
        try:
            service.restart(name)
        except ServiceError as error:
            return Problem("down", one_line(str(error)))
        return None

    def _renew_in(self, name: str, change: Callable[[str], None]) -> Problem | None:
        """Make a service look at its files if it runs: otherwise it does so when it is started."""
        try:
            if not service.exists(name):
                detail = f"the charm's {name!r} is not a service on this machine"
                detail += ", nothing loads the certificates"
                return Problem("waiting", detail, remedy=TO_AUTHOR)
            if service.running(name):
                change(name)
        except ServiceError as error:
            return Problem("blocked", one_line(str(error)))
        return None
