"""The machine under one pass: what stands in the way there, its service, its certbot."""

import subprocess
from pathlib import Path
from typing import Callable, List, Mapping, Optional, Sequence

from layer_lets_encrypt import certbot, files, preflight, service
from layer_lets_encrypt.certbot import CertbotError
from layer_lets_encrypt.problem import Problem, one_line
from layer_lets_encrypt.service import Process, ServiceError
from layer_lets_encrypt.wanted import Places, Wanted

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

    def obstacle(self) -> Optional[Problem]:
        """Return what stands in the way of an order here, before anything is touched."""
        if certbot.find() is None:
            detail = "certbot is not installed; run 'apt install certbot' on the unit"
            return Problem("blocked", detail)
        strangers = [process for process in self._port_holders() if not self._is_ours(process)]
        if strangers:
            return Problem("blocked", self._stranger_detail(strangers[0]))
        if not certbot.wait_for_others():
            return Problem("transient", "another certbot is at work on the unit and does not end")
        return preflight.directory_problem(self.wanted.account.server, self._certbot_env(""))

    def _stranger_detail(self, process: Process) -> str:
        name = self.wanted.service_name
        held = f"port 80 is held by {process.name} (pid {process.pid})"
        if not name:
            return held + "; stop it, or name its service in the layer option service-name"
        if not service.exists(name):
            return held + f", and the charm's service-name {name!r} is no service here"
        return held + f", which does not belong to the service {name}; stop it"

    def _port_holders(self) -> List[Process]:
        return service.port_holders(80) if self.wanted.challenge.takes_port_80 else []

    def _is_ours(self, process: Process) -> bool:
        name = self.wanted.service_name
        return bool(name) and service.owns(name, process)

    def certbot(
        self,
        arguments: Sequence[str],
        attempt: str = "",
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Run certbot and log all that it says. Raises CertbotError."""
        self.log("running certbot " + " ".join(arguments))
        try:
            said = certbot.run(arguments, self._certbot_env(attempt), self.places.logs, on_tick)
        except CertbotError as error:
            self.log(error.output)
            raise
        self.log(said)

    def _certbot_env(self, attempt: str) -> Mapping[str, str]:
        return certbot.environment(self.env, self._ca_bundle(), attempt)

    def _ca_bundle(self) -> Optional[Path]:
        """Write the file of the CAs to trust, the system's among them; None for just those."""
        private = self.wanted.account.ca_certificates
        if not private:
            return None
        try:
            public = SYSTEM_CA_BUNDLE.read_text("utf-8")
        except OSError:
            public = ""
        files.write_atomic(self.places.ca_bundle, public + private, 0o644)
        return self.places.ca_bundle

    def service_to_stop(self) -> str:
        """Return the service that must be stopped to free the port, "" for none."""
        return self.wanted.service_name if self._port_holders() else ""

    def stop_service(self) -> None:
        """Stop the service. Raises ServiceError where that does not free the port."""
        name = self.wanted.service_name
        self.log(f"stopping service {name} for the challenge")
        service.stop(name)
        left = self._port_holders()
        if left:
            detail = "service {} was stopped, but {} (pid {}) still holds port 80"
            raise ServiceError(detail.format(name, left[0].name, left[0].pid))

    def reload_service(self) -> Optional[Problem]:
        """Make the service load its certificates if it runs; return what keeps it from that."""
        name = self.wanted.service_name
        if not service.exists(name):
            detail = "the charm's service-name {!r} is no service on this machine; certificates "
            return Problem("waiting", detail.format(name) + "are kept, but nobody loads them")
        if not service.running(name):
            return None  # it loads them when it is started
        try:
            service.reload(name)
        except (ServiceError, subprocess.TimeoutExpired) as error:
            return Problem("blocked", one_line(str(error)))
        return None
