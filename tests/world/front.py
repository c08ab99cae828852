"""A front before Pebble (or another ACME server) that misbehaves when it is told to.

    with Front(acme) as front:                   # acme.directory now leads through the front
        front.misbehave("newOrder", faults.rate_limited(7200))
        front.behave()                           # as the server behind again
        front.requests("newOrder")               # how often it was asked for, over all time
        front.down(), front.up()                 # out of reach, and back

A fault is a dict; all keys are optional. ``forward``: False answers without asking the server
behind. ``status``, ``headers`` (None: not sent) and ``body`` take the place of what it said;
``set`` and ``drop`` change keys of its JSON; ``half`` sends half the body as if it were all,
``cut`` half of what the header promises. ``delay``: seconds before anything happens; ``reset``:
break the connection off instead of answering. Kinds that CAs are known for: ``faults.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .acme import DIRECTORY_PORT, FOLDER, Acme
from .server import Server

PROGRAM = Path(__file__).resolve().parent / "front_server.py"
HOME = "/var/lib/world-front"
LOG = "/var/log/world/front.log"
PORT = 14001
RENEWAL_INFO = "/front/renewal-info"  # for servers that have none of their own

# Pebble's paths, and acme2certifier's
RESOURCES = {
    "directory": r"^/dir$|^/directory$",
    "newNonce": r"^/nonce-plz$|^/acme/newnonce$",
    "newAccount": r"^/sign-me-up$|^/acme/newaccount$",
    "account": r"^/my-account/|^/acme/acct/",
    "newOrder": r"^/order-plz$|^/acme/neworders?$",
    "finalize": r"^/finalize-order/|^/acme/order/[^/]+/finalize$",
    "order": r"^/my-order/|^/acme/order/",
    "authorization": r"^/authZ/|^/acme/authz/",
    "challenge": r"^/chalZ/|^/acme/chall/",
    "certificate": r"^/certZ/|^/acme/cert/",
    "renewalInfo": rf"^{RENEWAL_INFO}/|^/acme/renewal-info/",
}

Fault = dict[str, Any]


class Front:
    """A running front; a context manager."""

    def __init__(
        self,
        acme: Acme,
        upstream: str = f"https://127.0.0.1:{DIRECTORY_PORT}",
        directory_path: str = "/dir",
    ):
        """``upstream``: the server behind, if it is not ``acme``, whose TLS is used in any case."""
        self.directory = f"https://127.0.0.1:{PORT}{directory_path}"
        self.acme = acme
        self.world = acme.world
        self.upstream = upstream
        self.url = f"https://127.0.0.1:{PORT}"
        self._faults: dict[str, Fault] = {}
        self._server = Server(self.world, PORT, LOG)

    def __enter__(self) -> Front:
        settings = {
            "port": PORT, "certificate": f"{FOLDER}/pebble.pem", "key": f"{FOLDER}/pebble.key",
            "upstream": self.upstream, "ca": f"{FOLDER}/ca.pem", "resources": RESOURCES,
        }  # fmt: skip
        self.world.write(f"{HOME}/settings.json", json.dumps(settings))
        self.world.write(f"{HOME}/requests.log", "")
        self.behave()
        self.up()
        self.acme.directory = self.directory
        return self

    def __exit__(self, *_: object) -> None:
        self.down()
        del self.acme.directory  # the class's own again

    def up(self) -> None:
        """Start; returns when it answers."""
        self._server.start(["/usr/bin/python3", "-I", "-B", str(PROGRAM), HOME])

    def down(self) -> None:
        """Refuse connections from now on."""
        self._server.stop()

    # What it does

    def misbehave(self, resource: str, fault: Fault) -> None:
        """Answer requests for this resource so from now on. KeyError for an unknown one."""
        RESOURCES[resource]
        self._faults[resource] = fault
        self._tell()

    def behave(self, *resources: str) -> None:
        """Take back the faults of these resources, or of all."""
        for resource in resources or tuple(self._faults):
            self._faults.pop(resource, None)
        self._tell()

    def renewal_info(self, fault: Fault) -> None:
        """Name a renewal-info resource in the directory and answer so for each certificate."""
        link = {"renewalInfo": self.url + RENEWAL_INFO}
        self._faults.update(directory={"set": link}, renewalInfo={"forward": False, **fault})
        self._tell()

    def _tell(self) -> None:
        """In one step: a request may come at any moment."""
        fresh = self.world.write(f"{HOME}/faults.new", json.dumps(self._faults))
        fresh.rename(self.world.path(f"{HOME}/faults.json"))

    # What it saw

    def requests(self, resource: str) -> int:
        """How often this resource was asked for, whatever the answer."""
        return len(self.paths(resource))

    def paths(self, resource: str) -> list[str]:
        """The paths under which this resource was asked for, in their order."""
        return [request["path"] for request in self._seen(resource)]

    def statuses(self, resource: str) -> list[int]:
        """What was answered, in this order; 0 for a connection broken off."""
        return [request["status"] for request in self._seen(resource)]

    def _seen(self, resource: str) -> list[dict[str, Any]]:
        lines = self.world.path(f"{HOME}/requests.log").read_text().splitlines()
        return [seen for seen in map(json.loads, lines) if seen["resource"] == resource]
