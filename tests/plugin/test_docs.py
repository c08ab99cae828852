"""The commands in docs/dns.md do what they are said to do."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from clouds.running import PYTHONS
from layer_lets_encrypt.rules import dns_options, plain_yaml
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


# -- examples of settings ---------------------------------------------------------------------

RUN_BY = "<!-- run by: tests/plugin/test_docs.py -->\n```sh\n(.*?)```"
# what a shell makes of a block: each command of Juju's, word by word, and the files it makes
SHELL = r'''juju() { printf '%s\0' "$@" ""; }; cd "$1"; eval "$2"'''
# what the plugin makes of settings before it asks a server
TAKE = """
import sys
from layer_lets_encrypt_dns import config, providers
from layer_lets_encrypt_dns.failure import Failure
found = config.parse(sys.stdin.read())
made = providers.Providers(found, str, lambda entry: None, lambda zone: ())
try:
    made.fit()
    print(*(made.of(zone).label for zone in found.zones or ["example.org"]))
except Failure as failure:
    sys.exit(failure.text)
"""


def examples() -> list[str]:
    blocks = re.findall(RUN_BY, DOCS.read_text(), re.S)
    blocks = [block.replace("BASE64-SECRET", "c2VjcmV0") for block in blocks]
    return [block for block in blocks if "acme-dns-credentials" in block]


def settings_of(block: str, folder: Path) -> dict[str, object]:
    """What the plugin gets once an operator has run a block."""
    done = subprocess.run(
        ["bash", "-euc", SHELL, "bash", str(folder), block], capture_output=True, check=True
    )
    commands = [words.split("\0") for words in done.stdout.decode().split("\0\0") if words]
    secret: dict[str, str] = {}
    option = {"acme-dns-provider": "", "acme-dns-options": ""}
    for action, *words in commands:
        pairs = dict(word.split("=", 1) for word in words if "=" in word)
        if action == "add-secret":
            for key, value in pairs.items():
                name, of_file, _ = key.partition("#file")
                secret[name] = (folder / value).read_text() if of_file else value
        elif action == "config":
            option.update(pairs)
    credentials = dns_options.of_secret(secret)
    if "zones" in credentials:
        credentials["zones"] = plain_yaml.read_mapping(credentials["zones"])
    options = plain_yaml.read_mapping(option["acme-dns-options"])
    return dns_options.build(option["acme-dns-provider"], options, credentials, None, "/x.json")


def test_all_providers_with_sections_have_an_example():
    labels = [re.search(r"acme-dns-provider=(\w+)", block) for block in examples()]
    assert [found and found.group(1) for found in labels] == [
        "powerdns", "ddns", "cloudflare", "digitalocean", "gandi", "ovh", "route53", "httpreq",
        None,
    ]  # fmt: skip


@pytest.mark.parametrize("which", list(PYTHONS))
@pytest.mark.parametrize("number", range(9))
def test_the_plugin_takes_each_example_of_settings(number: int, which: str, tmp_path: Path):
    if not Path(PYTHONS[which]).exists():
        pytest.skip(f"{PYTHONS[which]} is not there; run: make install")
    plain = settings_of(examples()[number], tmp_path)
    done = subprocess.run(
        [PYTHONS[which], "-s", "-B", "-c", TAKE], input=json.dumps(plain), text=True,
        capture_output=True, env={"PYTHONPATH": str(PROJECT / "certbot-plugin")}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
