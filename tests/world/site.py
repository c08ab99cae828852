"""A whole site: a private world, Pebble, a modelled Juju and the example charm, deployed.

with open_site() as site:
    site.want("www.example.com")              # what an operator does
    site.served("www.example.com").serial     # what can be seen from outside
"""

from __future__ import annotations

import contextlib
import json
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from charmbuild import build

from . import juju_client, probe, snapshot
from .acme import Acme
from .counts import Counts
from .world import PROJECT, World

EXAMPLE = PROJECT / "examples" / "web"
UNIT = "web/0"
CRON_FILE = "/etc/cron.d/layer-lets-encrypt-web-0"
STATE = "/var/lib/layer-lets-encrypt/web-0"


@contextlib.contextmanager
def open_site(
    certbot: str = "apt",
    profile: str = "3.6",
    lifetime: int = 90 * 86400,
    ca: Callable[..., Acme] = Acme,
) -> Iterator[Site]:
    """Start a machine with the example charm deployed, without a name yet, and yield the site.

    ``certbot`` is "apt" for the distribution's, "newest" for PyPI's; ``profile`` the Juju version;
    ``lifetime`` that of Pebble's certificates, in seconds; ``ca`` makes the CA in the world.
    """
    charm = build(EXAMPLE)
    with snapshot.world(charm, profile, certbot) as world, ca(world, lifetime=lifetime) as acme:
        yield Site(world, acme, charm)


class Site:
    """One deployed charm in its world."""

    def __init__(self, world: World, acme: Acme, charm: Path):
        self.world = world
        self.acme = acme
        self.charm = charm

    # What an operator does

    def juju(self, *words: Any, check: bool = True) -> str:
        """Run the client; returns what it printed."""
        return juju_client.run(self.world, list(words), check)

    def config(self, *settings: str, wait: bool = True, **options: str) -> None:
        """``juju config web k=v``; underscores in option names stand for hyphens."""
        pairs = [f"{key.replace('_', '-')}={value}" for key, value in options.items()]
        self.juju("config", "web", *settings, *pairs, *([] if wait else ["--no-wait"]))

    def trust_the_ca(self) -> None:
        """Have the unit talk to Pebble."""
        self.config(acme_server=self.acme.directory, acme_ca_certificates=self.acme.ca_certificates)

    def want(self, name: str, **options: str) -> None:
        """Set the name, Pebble as the CA, and perhaps more."""
        self.config(
            fqdn=name, acme_server=self.acme.directory,
            acme_ca_certificates=self.acme.ca_certificates, **options,
        )  # fmt: skip

    def hook(self, name: str = "update-status") -> None:
        self.juju("hook", UNIT, name)

    def renew_by_cron(self) -> None:
        """Run what the unit's cron file runs, as cron would: as root, with cron's variables."""
        line = self.read(CRON_FILE).splitlines()[-1].split(None, 6)
        assert line[5] == "root"
        path = re.search(r"^PATH=(.*)$", self.read(CRON_FILE), re.M)
        assert path is not None
        self.world.run(["/bin/sh", "-c", line[6]], {"PATH": path.group(1)}, cwd="/root")

    # What can be seen

    def unit(self, name: str = UNIT) -> dict[str, Any]:
        status = json.loads(self.juju("status", "--format", "json"))
        app = status["applications"][name.split("/")[0]]
        return app["units"][name]

    def status(self, name: str = UNIT) -> tuple[str, str]:
        """The workload status and its message."""
        seen = self.unit(name)["workload-status"]
        return seen["current"], seen.get("message", "")

    def flags(self) -> set[str]:
        said = self.juju("exec", "--unit", UNIT, "--", "charms.reactive", "-p", "get_flags")
        return set(re.findall(r"'([^']+)'", said))

    def live(self) -> Any:
        """What ``live()`` returns to a charm."""
        return self.ask("lets_encrypt.live()")

    def ask(self, expression: str) -> Any:
        """The value of an expression in the charm, as plain data."""
        words = "from charms.layer import lets_encrypt; import json; "
        return json.loads(self.in_charm(f"{words}print(json.dumps({expression}))").splitlines()[-1])

    def change(self, words: str) -> None:
        """Run Python in the charm's environment, and keep what it did to flags and database."""
        self.in_charm(words + "; from charmhelpers.core import unitdata; unitdata.kv().flush()")

    def request(self, *names: str) -> None:
        """Have the charm ask for one certificate for each of the names."""
        entries = [{"fqdn": [name]} for name in names]
        self.change(
            "from charms.layer import lets_encrypt;"
            f"lets_encrypt.set_requested_certificates({entries})"
        )

    def in_charm(self, words: str) -> str:
        """Run Python in the charm's environment, in a hook context."""
        run = "PYTHONPATH=lib ../.venv/bin/python3 -W ignore -c"
        return self.juju("exec", "--unit", UNIT, "--", f'{run} "{words}"')

    def served(self, name: str) -> probe.Seen:
        """The certificate that a visitor gets, verified against the CA's root and the name."""
        return probe.look(name, self.acme.root(), connect=self.world.connect)

    def log(self) -> str:
        return self.juju("debug-log", "-n", "5000")

    def stops(self) -> list[float]:
        """How many seconds each stop of nginx for orders was, by the unit's log."""
        said = self.juju("debug-log", "-n", "1000000")
        return [float(seconds) for seconds in re.findall("nginx was stopped for ([0-9.]+) s", said)]

    def read(self, path: str) -> str:
        return self.world.path(path).read_text()

    def exists(self, path: str) -> bool:
        return self.world.run(["test", "-e", path], check=False).returncode == 0

    def nginx_pid(self) -> str:
        """The master's process id: the same one as long as nobody has stopped nginx."""
        return self.read("/run/nginx.pid").strip()

    def nginx_answers(self) -> bool:
        """Whether a visitor of port 80 meets nginx just now; a quick look, without a process."""
        try:
            with self.world.connect("127.0.0.1", 80, timeout=1) as visitor:
                visitor.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
                return b"Server: nginx" in visitor.recv(4096)
        except OSError:
            return False

    def is_alive(self, pid: int) -> bool:
        """Whether a process of the world, by its number inside, is still there."""
        return self.world.path(f"/proc/{pid}").exists()

    def nginx_runs(self) -> bool:
        return self.world.run(["service", "nginx", "status"], check=False).returncode == 0

    def counts(self) -> Counts:
        return self.acme.counts()

    def lineages(self) -> list[str]:
        """All names that certbot has anything of."""
        found = self.world.run(
            ["sh", "-c", "cd /etc/letsencrypt && ls -d live/*/ archive/*/ renewal/*.conf || true"]
        ).stdout
        return sorted({Path(line).stem if line.endswith(".conf") else Path(line).name
                       for line in found.split()})  # fmt: skip

    def processes(self, pattern: str) -> list[int]:
        """Process ids, as seen inside, of the commands that match."""
        return sorted(pid for pid, line in self.commands() if re.search(pattern, line))

    def commands(self) -> Iterator[tuple[int, str]]:
        """Process ids and command lines; a quick look, without a process."""
        for entry in self.world.path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):  # it has ended
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    yield int(entry.name), b" ".join(words).decode(errors="replace")

    def certbots(self) -> list[int]:
        """Process ids of certbot while it orders, and of the runner that starts it."""
        return self.processes("certbot certonly|layer_lets_encrypt/ca/prefork.py")

    # What goes wrong

    def kill_hook(self, whole_group: bool, number: int = signal.SIGKILL) -> None:
        """Kill the running hook's process, or its process group."""
        running = self.unit().get("running")
        assert running, "no hook is running"
        pid = f"-{running['pid']}" if whole_group else str(running["pid"])
        self.world.run(["kill", f"-{number}", "--", pid])

    def wait_until(self, condition: Callable[[], bool], seconds: float, what: str) -> float:
        """Wait for a condition; returns how long it took."""
        begin = time.monotonic()
        while not condition():
            late = time.monotonic() - begin > seconds
            assert not late, f"{what}: not within {seconds} s\n{self.log()[-3000:]}"
            time.sleep(0.01)
        return time.monotonic() - begin
