"""The life of a controller: starting, asking, waiting, ending."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any

from . import wire
from .paths import Paths
from .state.profiles import PROFILES

AGENT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class JujuError(Exception):
    """What was asked for was refused, or a unit is in error."""


class Connection:
    """The way to a controller below `root`."""

    def __init__(self, root: str = "/", timeout: float | None = 600) -> None:
        self.paths = Paths(root)
        self.timeout = timeout

    def ask(self, verb: str, **arguments: Any) -> Any:
        """One request to the controller."""
        try:
            connection = wire.connect(self.paths.control_socket)
        except OSError:
            raise JujuError(
                f"no controller is running below {self.paths.root}: run `juju bootstrap` first"
            ) from None
        with connection:
            request = json.dumps({"verb": verb, "arguments": arguments})
            connection.sendall(wire.pack([request.encode()]))
            try:
                (answer,) = wire.unpack(connection)
            except OSError:
                raise JujuError("the controller ended before it answered") from None
        answer = json.loads(answer)
        if "error" in answer:
            raise JujuError(answer["error"])
        return answer["result"]

    def bootstrap(
        self,
        profile: str | None = None,
        update_status_interval: float = 0,
        retry_scale: float = 1.0,
        lease_scale: float = 1.0,
        private_address: str = "127.0.0.1",
        public_address: str = "127.0.0.1",
        path: str = AGENT_PATH,
    ) -> int:
        """Start the controller in the background; returns its process id.

        The profile is 3.6 unless another is named. A model that is on disk already is taken up
        again, under its own profile and with the other options given now.
        """
        if self.is_running():
            raise JujuError(f"a controller is running already below {self.paths.root}")
        profile = self.profile_to_use(profile)
        if profile not in PROFILES:
            raise JujuError(f"unknown profile {profile!r}, known are {', '.join(PROFILES)}")
        os.makedirs(self.paths.controller, mode=0o700, exist_ok=True)
        options = {
            "profile": profile,
            "update_status_interval": update_status_interval,
            "retry_scale": retry_scale,
            "lease_scale": lease_scale,
            "private_address": private_address,
            "public_address": public_address,
            "path": path,
        }
        with open(self.paths.options, "w", encoding="utf-8") as target:
            json.dump(options, target)
        return self.start()

    def profile_to_use(self, wanted: str | None) -> str:
        """The profile of the model on disk, if there is one; it cannot be changed."""
        if not os.path.exists(self.paths.state):
            return wanted or "3.6"
        with open(self.paths.state, encoding="utf-8") as source:
            kept = json.load(source)["profile"]
        if wanted not in (None, kept):
            raise JujuError(f"the model below {self.paths.root} has profile {kept}, not {wanted}")
        return kept

    def start(self) -> int:
        """Start the controller with the options it had; returns its process id."""
        package = os.path.dirname(os.path.abspath(__file__))
        command = [sys.executable, "-m", os.path.basename(package), "--root", self.paths.root]
        with open(self.paths.output, "ab") as output:
            done = subprocess.run(
                [*command, "--background"],
                cwd=os.path.dirname(package),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        if done.returncode:
            raise JujuError(f"the controller did not start, see {self.paths.output}")
        return self.pid()

    def is_running(self) -> bool:
        """True if a controller answers."""
        try:
            wire.connect(self.paths.control_socket).close()
            return True
        except OSError:
            return False

    def kill_controller(self) -> None:
        """Stop the controller; the model stays on disk."""
        pid = self.pid()
        self.ask("stop")
        self.wait_for_end(pid)

    def kill9(self) -> None:
        """End the controller as a crash would."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        self.wait_for_end(pid)

    def wait_for_end(self, pid: int) -> None:
        """Until the process and its socket are gone."""
        while not is_zombie(pid) or self.is_running():
            time.sleep(0.01)

    def pid(self) -> int:
        """The controller's process id."""
        with open(self.paths.pid, encoding="ascii") as source:
            return int(source.read())

    def act(self, wait: bool, verb: str, **arguments: Any) -> Any:
        """A verb that causes hooks."""
        result = self.ask(verb, **arguments)
        if wait:
            self.settle()
        return result

    def settle(self, timeout: float | None = None, check: bool = True) -> list[str]:
        """Wait until all units are idle or in error; returns the units in error."""
        units = self.ask("settle", timeout=timeout or self.timeout)
        if units is None:
            raise JujuError(f"units are not idle after {timeout or self.timeout} seconds")
        if units and check:
            raise JujuError(self.last_words(units[0]))
        return units

    def last_words(self, unit: str) -> str:
        """The end of the log of a unit in error, and its error."""
        entries = self.ask("log", unit=unit, last=25)
        application = self.ask("get_status")["applications"][unit.partition("/")[0]]
        message = application["units"][unit]["error"]
        lines = [entry["line"] for entry in entries]
        return "\n".join([*lines, f"unit {unit} is in error: {message}"])


def is_zombie(pid: int) -> bool:
    """True if the process has ended; it may still wait for its parent."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as source:
            return source.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # before it is opened, or read
        return True
