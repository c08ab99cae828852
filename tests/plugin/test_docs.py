"""The commands in docs/dns.md do what they are said to do."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from world.world import PROJECT

DOCS = PROJECT / "docs/dns.md"
WHEELS = PROJECT / "build/lexicon-wheels"
FOLDER = "/opt/lexicon"


def commands() -> list[list[str]]:
    """What is run on the unit to make an environment, word by word."""
    section = DOCS.read_text().partition("## Releases without Lexicon")[2].partition("\n## ")[0]
    return [shlex.split(line) for line in re.findall(r"juju exec --unit \S+ -- (.*)", section)]


def test_an_environment_with_lexicon_is_made_as_written(tmp_path: Path):
    if not WHEELS.exists():
        pytest.skip("build/lexicon-wheels is not there; run: make install")
    apt, *others = commands()
    assert apt == ["apt-get", "install", "-y", "python3-venv"]  # it is there, or make install fails
    folder = str(tmp_path / "lexicon")
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(WHEELS), "PATH": "/usr/bin:/bin"}
    for command in others:
        assert FOLDER in " ".join(command)
        words = [word.replace(FOLDER, folder) for word in command]
        subprocess.run(words, check=True, env={**os.environ, **offline}, stdout=subprocess.DEVNULL)
    assert f"python: {FOLDER}/bin/python'" in DOCS.read_text()
    look = "from layer_lets_encrypt_dns import lexicons, records; print(*lexicons.names())"
    done = subprocess.run(
        [f"{folder}/bin/python", "-s", "-B", "-c", look],
        capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(PROJECT / "certbot-plugin")},
    )  # fmt: skip
    assert {"cloudflare", "route53", "powerdns"} <= set(done.stdout.split())
