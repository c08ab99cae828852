"""Somebody who follows the documents: types each command into a shell of the unit's world.

with follow(documents) as reader:
    reader.type(command)              # "" or what went wrong
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from charmbuild import build, charm_python
from world.acme import Acme
from world.lets_encrypt import HERE, LetsEncrypt
from world.playground import furnish
from world.site import Site
from world.snapshot import RETRY_SCALE, install
from world.world import World

from . import charm, preparations, tables
from .commands import LAST, Command
from .markdown import Block

HOME = "/root/operator"  # where the commands are typed
LE_PORT = 9443
SECRET = re.compile(r"secret:\w[\w.]*|secret:\.\.\.")
ARCHIVE = re.compile(r"/var/backups/\S+\.tar\.gz")


class Reader:
    """One operator with one unit, and what the last commands have printed."""

    def __init__(self, site: Site):
        self.site = site
        self.world = site.world
        self.usual = tables.HTTPS
        self.secret = ""  # the id that add-secret has printed last
        self.archive = ""  # the path that a backup has printed last

    def type(self, one: Command) -> str:
        """Run one command as it is written; returns what went wrong, "" if nothing did."""
        prepare = preparations.OF.get(one.key)
        if prepare:
            prepare(self)
        script = self.filled_in(one)
        words = ["bash", "-euc", f"cd {HOME}\n{script}"]
        done = self.world.run(words, check=False)
        self._remember(done.stdout)
        usual = self._usual(one)
        return tables.judge(one, done, self.units(), self.site.exists, usual)

    def _usual(self, one: Command) -> tuple[str, str]:
        """What the unit says unless a table says otherwise."""
        if "acme-challenge=dns" in one.script:
            self.usual = tables.NO_ZONES
        elif one.document == LAST:
            self.usual = tables.HTTPS
        return self.usual

    def filled_in(self, one: Command) -> str:
        """The command with something real where the document has something made up."""
        text = tables.filled_in(one)
        if self.secret:
            text = SECRET.sub(self.secret, text)
        return text.replace("/var/backups/NAME.tar.gz", self.archive or "/var/backups/NAME.tar.gz")

    def _remember(self, printed: str) -> None:
        secret, archive = SECRET.search(printed), ARCHIVE.search(printed)
        self.secret = secret[0] if secret else self.secret
        self.archive = archive[0] if archive else self.archive

    def write(self, name: str, text: str) -> None:
        """A file of the operator's, which commands name."""
        self.world.write(f"{HOME}/{name}", text, 0o600)

    def in_a_hook(self, script: str) -> None:
        """Run Python in the charm's environment, and keep what it did to flags and database."""
        flushed = "\nfrom charmhelpers.core import unitdata\n\nunitdata.kv().flush()\n"
        self.write("block.py", script + flushed)
        command = f"PYTHONPATH=lib ../.venv/bin/python3 -W ignore {HOME}/block.py"
        self.site.juju("exec", "--unit", "web/0", "--", command)

    def rendered(self, block: Block, **values: object) -> str:
        """A template of the document, rendered in a hook as a charm does it."""
        self.write("template", block.text)
        self.in_a_hook(
            "from charmhelpers.core.templating import render\n"
            f"render('template', '/root/rendered', {values!r}, templates_dir='{HOME}')\n"
        )
        return self.site.read("/root/rendered")

    def units(self) -> list[tuple[str, str]]:
        """Status and message of each unit of web."""
        status = json.loads(self.site.juju("status", "--format", "json"))
        units = status["applications"].get("web", {}).get("units", {})
        shown = [unit["workload-status"] for unit in units.values()]
        return [(one["current"], one.get("message", "")) for one in shown]


class Journey:
    """These commands, typed once, each after those that stand before it."""

    def __init__(self, reader: Reader, typed: list[Command]):
        self.reader = reader
        self.typed = typed
        self.outcomes: list[str] = []

    def outcome(self, one: Command) -> str:
        """What went wrong with a command, "" if nothing did."""
        place = self.typed.index(one)
        for due in self.typed[len(self.outcomes) : place + 1]:
            self.outcomes.append(self.reader.type(due))
        return self.outcomes[place]


@contextlib.contextmanager
def follow() -> Iterator[Reader]:
    """A machine with a controller, the charm of docs/authors.md in a folder, and Let's Encrypt."""
    with tempfile.TemporaryDirectory() as folder, World() as world, Acme(world) as acme:
        built = build(charm.write(Path(folder) / charm.NAME))
        copy = charm.as_web(built, Path(folder) / "web")
        world.copy_in(copy, f"{HOME}/web")
        install(world, "apt", charm_python())
        furnish(world, acme)
        acme.dns.default(HERE)
        with LetsEncrypt(acme, port=LE_PORT) as authority:
            site = Site(world, acme, built)
            site.juju("bootstrap", "--profile", "3.6", "--retry-scale", RETRY_SCALE)
            proxies = (f"juju-https-proxy={authority.proxy}", "juju-no-proxy=127.0.0.1")
            site.juju("model-config", *proxies)
            yield Reader(site)
