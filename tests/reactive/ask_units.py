#!/usr/bin/python3 -B
"""Asks the gate to the other units one question, in a hook of the model; prints the answer."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib"))

from layer_lets_encrypt.juju.units import Refused, Units  # noqa: E402
from layer_lets_encrypt.rules.shared_ledger import Ledger  # noqa: E402

SCRATCH = Path(os.environ.get("SCRATCH", "/nonexistent"))


def note(event: str, arguments: tuple[object, ...]) -> None:
    """Keep the arguments of every program, and the mode of the files that they are given."""
    if event != "subprocess.Popen":
        return
    words = [str(word) for word in arguments[1]]  # type: ignore[attr-defined, unused-ignore]
    with open(SCRATCH.with_name("arguments"), "a") as target:
        target.write(" ".join(words) + "\n")
    for path in SCRATCH.glob("*.json"):
        mode = stat.S_IMODE(path.stat().st_mode)
        SCRATCH.with_name("modes").write_text(f"{mode:o}\n")


def main(question: str, *words: str) -> object:
    units = Units(SCRATCH)
    if question == "ledger":
        ledger = units.ledger()
        return {"term": ledger.term, "leader": ledger.leader}
    if question == "write":
        units.write(Ledger(term=int(words[0]), leader=units.name))
    elif question == "forget":
        units.remove_revision(words[0], int(words[1]))
    elif question == "publish":
        name, content, uri = words
        return units.publish(name, json.loads(Path(content).read_text()), uri)
    else:
        return getattr(units, question)(*words)
    return None


if __name__ == "__main__":
    sys.addaudithook(note)
    try:
        answer = main(*sys.argv[1:])
    except Refused as error:
        answer = {"refused": str(error)}
    print(json.dumps(answer))
