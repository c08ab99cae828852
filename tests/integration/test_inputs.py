"""Three hundred inputs that nobody expects, through real hooks: none fails, none lingers.

No hook ends in an error, none shows a traceback or takes longer than it may, and certbot is
never run with a name that is not valid or with an option that is not the layer's own.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import inputs
import pytest
import yaml
from layer_lets_encrypt.ca import arguments, gate
from layer_lets_encrypt.rules import challenge
from layer_lets_encrypt.rules.request import normalise_name
from world.site import STATE, UNIT, Site, open_site

SEED = os.environ.get("INPUT_SEED", "20261125")
ROUNDS, TESTS = 15, 10  # in each test; tests with the CA and without it
BUDGET = 60  # seconds for one hook, on a busy machine
HOOKS = ("update-status", "config-changed", "upgrade-charm", "leader-elected")

# What the layer itself gives certbot, as its source has it
OPTIONS = {
    word for module in (gate, arguments, challenge)
    for word in re.findall(r"\"(--?[a-z0-9{}-]+)\"", Path(module.__file__).read_text())
}  # fmt: skip
OPTIONS |= {"--layer-lets-encrypt-dns-config"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(ROUNDS * BUDGET)]


@pytest.fixture(scope="module", params=["the CA is there", "the CA is down"])
def machine(request: pytest.FixtureRequest) -> Iterator[Site]:
    with open_site() as site:
        if request.param == "the CA is down":
            site.acme.pause()
        yield site


@pytest.mark.parametrize("number", range(TESTS))
def test_no_input_makes_a_hook_fail(machine: Site, number: int) -> None:
    for part in range(ROUNDS):
        rng = random.Random(f"{SEED} {number} {part}")
        one_round(machine, rng, f"round {SEED}-{number}-{part}")


def one_round(site: Site, rng: random.Random, name: str) -> None:
    site.juju("exec", "--unit", UNIT, "--", f"juju-log '{name}'")
    config = {"fqdn": inputs.NAME, "acme-server": site.acme.directory,
              "acme-ca-certificates": site.acme.ca_certificates}  # fmt: skip
    begun = time.monotonic()
    tried = rng.choice([an_option, several_options, requests, older_requests, a_file, resolver])(
        site, rng, config
    )
    took = time.monotonic() - begun
    what = f"{name}: {tried!r:.3000}"
    state, text = site.status()
    said = site.log().rpartition(name)[2]
    assert state != "error", f"{what}\n{said[-5000:]}"
    assert "Traceback" not in said, f"{what}\n{said[-5000:]}"
    assert text.isprintable(), f"{what}: {text!r}"
    assert took < 2 * BUDGET, f"{what}: two hooks took {took:.0f} s"
    for line in re.findall(r"running certbot (.*)", said):
        check_words(line.split(), what)
    assert not site.exists("/tmp/owned"), what


def check_words(words: list[str], what: str) -> None:
    assert {word for word in words if word.startswith("-")} <= OPTIONS, f"{what}: {words}"
    for flag, word in zip(words, words[1:]):
        assert flag != "-d" or normalise_name(word, wildcards=True) == word, f"{what}: {words}"


def set_config(site: Site, config: dict[str, Any]) -> None:
    """Set the options to just these, in one hook; what Juju itself refuses changes nothing."""
    reset = [name for name in inputs.OPTIONS if name not in config]
    site.world.write("/root/values.yaml", yaml.safe_dump({"web": config}))
    site.juju("config", "web", "--reset", ",".join(reset), "--file", "/root/values.yaml",
              check=False)  # fmt: skip


def an_option(site: Site, rng: random.Random, config: dict[str, Any]) -> Any:
    name = rng.choice(list(inputs.OPTIONS))
    config[name] = as_juju(inputs.text(rng, inputs.OPTIONS[name]))
    set_config(site, config)
    return name, config[name]


def several_options(site: Site, rng: random.Random, config: dict[str, Any]) -> Any:
    tried = {name: as_juju(inputs.text(rng, valid)) for name, valid in inputs.OPTIONS.items()
             if rng.random() < 0.5}  # fmt: skip
    set_config(site, {**config, **tried})
    return tried


def requests(site: Site, rng: random.Random, config: dict[str, Any]) -> Any:
    entries = inputs.changed(rng, [inputs.ENTRY, {"fqdn": ["b.example.com"]}])
    request(site, entries, "try: lets_encrypt.set_requested_certificates(plain)\n"
                           "except lets_encrypt.EntryError as error: print(error)")  # fmt: skip
    site.hook(rng.choice(HOOKS))
    return entries


def older_requests(site: Site, rng: random.Random, config: dict[str, Any]) -> Any:
    """As an older layer may have left them in the unit's database."""
    entries = inputs.changed(rng, [inputs.ENTRY])
    request(site, entries, "kv.set('certificate.requests', plain)")
    site.hook(rng.choice(HOOKS))
    request(site, [], "lets_encrypt.set_requested_certificates(plain)")
    return entries


def request(site: Site, entries: Any, words: str) -> None:
    site.world.write("/root/requests.json", json.dumps(entries))
    script = "import json\nfrom charms.layer import lets_encrypt\n"
    script += "from charmhelpers.core import unitdata\nkv = unitdata.kv()\n"
    script += f"plain = json.load(open('/root/requests.json'))\n{words}\nkv.flush()\n"
    site.world.write("/root/request.py", script)
    run = "PYTHONPATH=lib ../.venv/bin/python3 -W ignore /root/request.py"
    site.juju("exec", "--unit", UNIT, "--", run)


def a_file(site: Site, rng: random.Random, config: dict[str, Any]) -> Any:
    name = rng.choice(list(inputs.STATE_FILES))
    written = inputs.content(rng, inputs.STATE_FILES[name])
    site.world.run(["rm", "-rf", f"{STATE}/{name}"])
    if rng.random() < 0.2:
        written = rng.choice([b"mkdir", b"mkfifo", b"ln -s /dev/zero"])
        site.world.run([*written.decode().split(), f"{STATE}/{name}"])
    else:
        site.world.write(f"{STATE}/{name}", written)
    site.hook(rng.choice(HOOKS))
    return name, written


def resolver(site: Site, rng: random.Random, config: dict[str, Any]) -> Any:
    written = inputs.text(rng, ["nameserver 127.0.0.1\noptions timeout:2 attempts:2\n"])
    before = site.read("/etc/resolv.conf")
    site.world.write("/etc/resolv.conf", written.encode("utf-8", "surrogatepass"))
    set_config(site, {**config, "fqdn": f"n{rng.randrange(10**9)}.example.com"})
    site.world.write("/etc/resolv.conf", before)
    return written


def as_juju(text: str) -> str:
    """A text as the controller can keep it."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
