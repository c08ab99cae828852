"""The whole story on this machine, in a private world: `make demo`.

A charm on this layer is built and deployed, gets its certificate over http-01, serves https, and
renews when cron asks it to, while visitors come all the time. Exits 1 if anything went otherwise.
PLANT_STOP=1 stops the web server for a second, to prove that the visitors would notice;
KEEP=1 leaves the world open and says how to look around in it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "build")]

from charmbuild import PROJECT, BuildFailed, build  # noqa: E402

from world import load, playground, probe  # noqa: E402
from world.acme import Acme  # noqa: E402
from world.cron import Cron  # noqa: E402
from world.playground import JUJU, ROOT_FILE  # noqa: E402
from world.world import World, WorldError  # noqa: E402

NAME = "www.example.com"
LIFETIME = 60  # seconds: due at half of it, as for every lifetime below ten days
CRON_FILE = "/etc/cron.d/layer-lets-encrypt-web-0"
PRINT_LIVE = "from charms.layer import lets_encrypt; print(lets_encrypt.live())"
BEGAN = time.monotonic()


class DemoFailed(RuntimeError):
    """The story did not go as told."""


def say(text: str) -> None:
    """One step, with the seconds since the start."""
    print(f"[{time.monotonic() - BEGAN:5.1f} s] {text}", flush=True)


def show(text: str) -> None:
    """What a command printed, indented below its step."""
    for line in text.rstrip().splitlines():
        print(f"            {line}", flush=True)


class Demo:
    """The steps, in their order; each raises DemoFailed, WorldError or OSError."""

    def __init__(self, world: World):
        self.world = world
        self.acme = Acme(world, lifetime=LIFETIME)
        self.cron = Cron(world, speed=6)
        self.visitors: dict[str, subprocess.Popen[Any]] = {}

    def juju(self, *words: str, quiet: bool = False) -> str:
        """One command of the operator; returns its output."""
        if not quiet:
            say("$ juju " + " ".join(re.sub(r"(?s)-----BEGIN.*", "...PEM...", w) for w in words))
        return str(self.world.run([JUJU, *words]).stdout)

    def start(self) -> None:
        """The certificate authority, and Juju's side."""
        self.acme.__enter__()
        say(f"Pebble, a real ACME server, issues certificates for {LIFETIME} seconds")
        playground.furnish(self.world, self.acme)
        self.juju("bootstrap")

    def deploy(self, charm: Path) -> None:
        """The charm comes up and serves http."""
        say("the charm's install hook makes its Python environment: about 20 seconds")
        self.juju("deploy", str(charm), "web")
        self.visit("http")
        say("visitors come over http from now on, 20 a second")

    def issue(self) -> probe.Seen:
        """The operator wants a certificate and gets it."""
        self.juju(
            "config",
            "web",
            f"fqdn={NAME}",
            f"acme-server={self.acme.directory}",
            f"acme-ca-certificates={self.acme.ca_certificates}",
        )
        seen = self.look()
        describe("https is answered by nginx", seen)
        if seen.names != (NAME,):
            raise DemoFailed(f"the certificate is for {seen.names}, not for {NAME}")
        self.visit("https")
        say("visitors come over https, too")
        return seen

    def look(self) -> probe.Seen:
        """The served certificate, verified for the name against Pebble's root."""
        return probe.look(NAME, self.acme.root(), connect=self.world.connect)

    def renew(self, old: probe.Seen) -> probe.Seen:
        """The real cron daemon reads the unit's file and asks the unit to renew."""
        path = self.world.path(CRON_FILE)
        text = path.read_text()
        job = text.splitlines()[-1]
        path.write_text(re.sub(r"(?m)^[0-9*/,-]+(\s+\S+){4}(?=\s+root\s)", "* * * * *", text))
        say(f"cron's file says: {job}")
        say("only its time is changed, to * * * * *; the real cron runs, six times as fast")
        self.cron.__enter__()
        say(f"the certificate is due {LIFETIME // 2} seconds after {old.not_before:%H:%M:%S} UTC; "
            "waiting for cron")  # fmt: skip
        until = time.monotonic() + LIFETIME
        while time.monotonic() < until:
            self.cron.check()
            with contextlib.suppress(OSError):  # the web server may stand still for a moment
                seen = self.look()
                if seen.serial != old.serial:
                    describe("cron has renewed it", seen)
                    return seen
            time.sleep(0.5)
        raise DemoFailed(f"still the old certificate {LIFETIME} seconds later")

    def report(self) -> None:
        """What an operator and a charm author can see."""
        self.juju("settle", quiet=True)
        show(self.juju("status"))
        show(self.juju("runs"))
        unit = ("exec", "--unit", "web/0", "--")
        flags = self.juju(*unit, "charms.reactive get_flags")
        show(flags)
        show(self.juju(*unit, f"charm-env python3 -c '{PRINT_LIVE}'"))
        say(f"Pebble's log says: {self.acme.counts().told()}")
        if "lets-encrypt.registered" not in flags.split():
            raise DemoFailed("the flag lets-encrypt.registered is not set")

    # -- visitors ---------------------------------------------------------------------------------

    def visit(self, scheme: str) -> None:
        """Start a stream of requests that lasts until ``part``."""
        words = ["--url", f"{scheme}://{NAME}/", "--rate", "20", "--seconds", "170"]
        words += ["--log", f"/tmp/{scheme}.jsonl", "--root", ROOT_FILE, "--expect", "nginx"]
        command = [self.world.python_path, "-B", HERE / "load.py", *words]
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.visitors[scheme] = self.world.popen(command, **silent)

    def plant_stop(self) -> None:
        """An outage that nobody announced."""
        say("planted: nginx is stopped for one second")
        self.world.run(["service", "nginx", "stop"])
        time.sleep(1)
        self.world.run(["service", "nginx", "start"])
        time.sleep(0.5)

    def part(self, certificates: list[probe.Seen]) -> None:
        """End the visitors; none of them may have missed anything."""
        for process in self.visitors.values():
            self.world.signal(process, signal.SIGTERM)
            process.wait(timeout=20)
        windows = [self.making(seen) for seen in certificates]
        missed = 0
        for scheme in self.visitors:
            events = load.read(self.world.path(f"/tmp/{scheme}.jsonl"))
            missed += tell(scheme, events, windows)
        if missed:
            raise DemoFailed(f"{missed} requests failed")

    def making(self, seen: probe.Seen) -> load.Window:
        """When the program ran that made this certificate, as Juju timed it."""
        made = seen.not_before.timestamp()
        for run in json.loads(self.juju("runs", "--format", "json", quiet=True)):
            start, end = run["start"], run["start"] + run["duration"]
            if start - 1 <= made <= end:
                return start, end
        raise DemoFailed(f"no hook ran when certificate {seen.serial} was made")


def describe(what: str, seen: probe.Seen) -> None:
    """A served certificate, for the reader."""
    say(f"{what}: {', '.join(seen.names)}, verified against Pebble's root")
    show(f"serial {seen.serial}, from {seen.issuer}, "
         f"valid {seen.not_before:%H:%M:%S} to {seen.not_after:%H:%M:%S} UTC")  # fmt: skip


def tell(scheme: str, events: list[load.Event], windows: list[load.Window]) -> int:
    """Print what visitors over one scheme met, also in the ``windows``; returns the failures."""
    tried, failed, gap = load.summary(events)
    missed = load.judge(events)
    say(f"visitors over {scheme}: {tried} requests, {failed} failed, longest gap {gap:.2f} s")
    for word, (start, end) in zip(("issued", "renewed"), windows):
        inside = [event for event in events if start <= event.start <= end]
        if inside:
            part = load.summary(inside)
            show(f"while it was {word} (hook of {end - start:.1f} s): {part.failed} of "
                 f"{part.tried} failed, longest gap {part.longest_gap:.2f} s")  # fmt: skip
    for event in missed[:3]:
        show(f"  {time.strftime('%H:%M:%S', time.gmtime(event.start))} {event.status or ''} "
             f"{event.error}")  # fmt: skip
    return len(missed) + (0 if tried else 1)


def play(demo: Demo, charm: Path) -> None:
    """The story from the beginning to its end."""
    demo.start()
    demo.deploy(charm)
    first = demo.issue()
    second = demo.renew(first)
    demo.cron.stop()
    demo.report()
    if os.environ.get("PLANT_STOP"):
        demo.plant_stop()
    demo.part([first, second])
    say(f"serial {first.serial} was followed by {second.serial}; nobody was turned away")


def main() -> int:
    """0 = all as told, 1 = not, 130 = interrupted (make says so)."""
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # make has blocked it
        charm = build(PROJECT / "examples" / "web")
        say("this takes about a minute and a half, most of it waiting for the renewal")
        with World() as world:
            try:
                play(Demo(world), charm)
            except (DemoFailed, WorldError, OSError) as error:
                say(f"FAILED: {error}")
                return 1
            finally:
                if os.environ.get("KEEP") and not isinstance(sys.exc_info()[1], KeyboardInterrupt):
                    playground.leave_open(world, "web")
    except (DemoFailed, WorldError, BuildFailed, OSError) as error:
        say(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        return 130
    if not os.environ.get("KEEP"):
        print(playground.NEXT_STEPS, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
