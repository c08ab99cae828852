"""Replay the recorded calls through the model's own executables and socket.

`python3 juju-model/tests/replay.py [--renamed SEED]` prints each divergence with its reason and
ends with `400 calls, N divergences`. Exit code 0: all of them are listed, none is missing, and
they are not more than 2.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from tests.divergences import ANSWERS, LISTED  # noqa: E402
from tests.rename import Renamer, renamed_context  # noqa: E402
from tests.world import World  # noqa: E402

RECORDING = os.path.join(HERE, "recorded-calls-3.6.json")
SECRET = re.compile(r"(?<![0-9a-v])[0-9a-v]{20}(?![0-9a-v])")
ELIDED = re.compile(r"(.*?)(.)\u2026\((\d+) chars\)")
MOST = 2
UNSTATED = {
    "storage": {
        "data/0": {"kind": "filesystem", "location": "/srv/data/0"},
        "logs/1": {"kind": "filesystem", "location": "/srv/logs/1"},
    },
    "resource": "bin",
    "application-status": {"status": "waiting", "message": "app msg"},
    "goal": {"endpoint": "certificates", "application": "easyrsa", "unit": "easyrsa/0"},
    "endpoints": ["website", "db"],
}


class Replay:
    """One context: its world and the names that secrets have in it."""

    def __init__(self, root, context, unstated):
        self.root = root
        self.world = World(root, context["state"], unstated)
        self.held = self.world.open_context()
        self.log_seen = len(self.world.juju.log())
        self.secrets = []
        self.folder = os.path.join(root, "cwd")
        os.makedirs(self.folder)

    def close(self):
        """End context and controller."""
        self.world.juju.ask("close_context", context_id=self.held["id"], commit=False)
        self.world.juju.kill_controller()

    def answer(self, call):
        """What the tool answers: rc, stdout, stderr, lines of the log."""
        tool, *words = (self.with_live_secret(word) for word in call["argv"])
        environment = {**self.held["environment"], **call.get("env", {})}
        path = os.path.join(self.held["environment"]["PATH"].partition(":")[0], tool)
        with self.world.as_fixed(tool, words):
            done = subprocess.run(
                [path, *words],
                env=environment,
                cwd=self.folder,
                capture_output=True,
                input=call.get("stdin", "").encode(),
                check=False,
            )
        stdout = self.with_recorded_secret(call, done.stdout.decode())
        self.follow(tool, words, done)
        return {
            "rc": done.returncode,
            "stdout": stdout.replace(self.root, ""),
            "stderr": self.with_recorded_secret(call, done.stderr.decode()),
            **self.new_log(call),
        }

    def with_live_secret(self, word):
        """The recording calls every secret by one name: it is the newest that is still there."""
        return SECRET.sub(lambda match: self.secrets[-1], word) if self.secrets else word

    @staticmethod
    def with_recorded_secret(call, text):
        """The other way round, for comparing."""
        known = SECRET.search(call["stdout"] + " ".join(call["argv"]))
        return SECRET.sub(lambda match: known.group(0), text) if known else text

    def follow(self, tool, words, done):
        """Keep in mind which secrets there are."""
        if done.returncode == 0 and tool == "secret-add":
            self.secrets.append(SECRET.search(done.stdout.decode()).group(0))
        if done.returncode == 0 and tool == "secret-remove":
            self.secrets.pop()

    def new_log(self, call):
        """Lines of the log since the last call, their first lines as the recording has them."""
        entries = self.world.juju.log()
        new, self.log_seen = entries[self.log_seen :], len(entries)
        lines = [f"{e['level']} {e['logger']} {first_line(e['message'])}" for e in new]
        return {"log": lines} if "log" in call or lines else {}


def first_line(text):
    """Up to the first newline."""
    return text.partition("\n")[0]


def full(word):
    """A word that the recording shortened, at its full length."""
    match = ELIDED.fullmatch(word)
    if not match:
        return word
    start, character, size = match.groups()
    return start + character * (int(size) - len(start))


def wanted(call):
    """What the recording has."""
    return {key: call[key] for key in ("rc", "stdout", "stderr", "log") if key in call}


def replay_context(number, context, root, unstated):
    """Run all calls: yields (key, call, wanted, got) for each that differs."""
    replay = Replay(root, context, unstated)
    try:
        for call in context["calls"]:
            got = replay.answer(call)
            if got != wanted(call):
                key = (number, tuple(call["original"]))
                yield key, call, wanted(call), got
    finally:
        replay.close()


def is_right(name, got):
    """True if a listed divergence is the answer that it should be."""
    return ANSWERS[name] == got["stdout"] + got["stderr"]


def report(key, call, expected, got):
    """Print one divergence; returns True if it is a listed one with the right answer."""
    listed = LISTED.get(key)
    if listed and is_right(listed[0], got):
        print(f"DIVERGENCE {listed[0]}: {' '.join(call['argv'])}\n    {listed[1]}")
        return True
    print(f"UNEXPECTED in context {key[0]}: {call['argv']}")
    print(f"    recorded: {json.dumps(expected)}\n    answered: {json.dumps(got)}")
    return False


def run(seed=None, only=None):
    """Replay everything: returns (calls, divergences by key, unexpected ones)."""
    with open(RECORDING, encoding="utf-8") as source:
        contexts = json.load(source)["contexts"]
    for call in (call for context in contexts for call in context["calls"]):
        call["original"] = call["argv"]
        call["argv"] = [full(word) for word in call["argv"]]
    unstated = UNSTATED
    if seed is not None:
        contexts = [renamed_context(context, seed) for context in contexts]
        unstated = renamed_unstated(seed)
    calls, found, unexpected = 0, set(), 0
    for number, context in enumerate(contexts):
        if only is not None and number != only:
            continue
        calls += len(context["calls"])
        root = tempfile.mkdtemp(prefix="replay-")
        try:
            for key, call, expected, got in replay_context(number, context, root, unstated):
                unexpected += not report(key, call, expected, got)
                found.add(key)
        finally:
            shutil.rmtree(root)
    return calls, found, unexpected


def renamed_unstated(seed):
    """What the recorder's unit had besides its state, under the other names."""
    renamer = Renamer(seed)
    return {
        "storage": {
            renamed_storage(key, renamer): {
                **value,
                "location": f"/srv/{renamed_storage(key, renamer)}",
            }
            for key, value in UNSTATED["storage"].items()
        },
        "resource": renamer.text(UNSTATED["resource"]),
        "application-status": UNSTATED["application-status"],
        "goal": renamer.apply(UNSTATED["goal"]),
        "endpoints": renamer.apply(UNSTATED["endpoints"]),
    }


def renamed_storage(key, renamer):
    """`logs/1`."""
    name, _, number = key.partition("/")
    return f"{renamer.text(name)}/{number}"


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renamed", metavar="SEED", help="under other names")
    parser.add_argument("--context", type=int, help="this context alone")
    options = parser.parse_args()
    calls, found, unexpected = run(options.renamed, options.context)
    missing = [
        name
        for key, (name, _) in LISTED.items()
        if key not in found and options.context in (None, key[0])
    ]
    for name in missing:
        print(f"NOT NEEDED: {name} is listed, but the answers are the same")
    print(f"{calls} calls, {len(found)} divergences")
    return 0 if not unexpected and not missing and len(found) <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
