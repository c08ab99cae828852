"""What is put into the commands of the documents, which are not run and why, and what is to be
seen after some of them. Keys are commands.Command.key; ``stale`` finds those of no command."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from world.acme import Acme

from .commands import Command

Statuses = list[tuple[str, str]]
OPERATORS, DNS = "docs/operators.md", "docs/dns.md"
HTTPS, HTTP = ("active", "serving https"), ("active", "serving http")
KID, KEY = "kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
OLD = "old.example.com"  # a certificate that nobody wants any more
STATE = "/etc/layer-lets-encrypt/web-0"

# What a document makes up, and what takes its place.
MADE_UP = {
    "name=NAME": f"name={OLD}",
    "kid=KID": f"kid={KID}",
    "https://ca.example.net/directory": Acme.directory,
    "contact-email=admin@example.com": "contact-email=admin@operators.net",  # the CA looks
    "BASE64-SECRET": "c2VjcmV0",
    "config my-charm ": "config web ",
    "RELEASE=...": "RELEASE=trixie",
    "/path/to/layer-basic": "tests/layers/basic",
    "/path/to/layer-options": "tests/layers/options",
}
# Commands that prose calls by their first words.
MEANT = {
    "juju config": "juju config web",
    "juju run": "juju run web/0 lets-encrypt-certificates",
    "juju expose": "juju expose web",
}
NOT_RUN = {
    f"{OPERATORS}: juju deploy web": "the application is there: README.md's command is run",
    f"{OPERATORS}: juju deploy web -n 3": "takes three machines: "
    "tests/integration/test_several_units.py has them",
    f"{OPERATORS}: juju run-action --wait": "Juju 2.9's client; the model has that of Juju 3 only",
    f"{OPERATORS}: juju scp": "there is one machine, and no ssh",
    f"{OPERATORS}: juju show-secret": "the model of Juju does not show secrets",
    f"{OPERATORS}: juju show-secret --reveal": "the model of Juju does not show secrets",
    f"{DNS}: juju exec --unit web/0 -- apt-get install -y python3-boto3":
        "a world has no package archive",
    f"{DNS}: juju exec --unit web/0 -- python3 -m venv /opt/lexicon":
        "takes 10 s: tests/plugin/test_docs.py runs it",
    f"{DNS}: juju exec --unit web/0 -- /opt/lexicon/bin/pip install dns-lexicon":
        "a world has no package index: tests/plugin/test_docs.py runs it",
}  # fmt: skip
# Targets of the Makefile: each `make ...` is read by make (--dry-run); what runs it in full?
TARGETS = {
    "demo": "1 to 4 minutes: tests/world/test_playground.py, test_day.py and test_several_units.py "
    "run the steps",
    "try": "stays open: tests/world/test_playground.py runs the steps",
    "build": "half a minute: each suite that deploys the example builds it in this way",
    "lint": "a minute: `make test` begins with it",
    **dict.fromkeys(("unit", "reactive", "conformance", "integration"),
                    "minutes, and this test is in one of them: `make test` runs the same suites"),
    "test": "15 minutes, and this test is in it",
    "test-all": "over an hour, and this test is in it",
    **dict.fromkeys(("systemd", "matrix", "bench"), "16 to 60 minutes: `make test-all` runs it"),
    "fresh": "20 minutes, and fetches packages: run by hand",
}  # fmt: skip
UNKNOWN = "no table says what runs it"

# The world's DNS knows no zones. By then provider, options and credentials have been taken.
NO_ZONES = ("waiting", "the resolver cannot answer for")
SAYS = {
    "README.md: juju deploy web": HTTP,
    f"{OPERATORS}: juju expose web": HTTP,
    f"{OPERATORS}: juju config web acme-certificates=@lines":
        ("blocked", "*.example.org: 'acme-dns-provider' is not set"),
    f"{OPERATORS}: juju config web --reset fqdn": HTTP,
}  # fmt: skip
PRINTS = {
    f"{OPERATORS}: juju run web/0 lets-encrypt-certificates": r"account: https://\S+",
    f"{OPERATORS}: juju run web/0 lets-encrypt-backup": r"/var/backups/\S+\.tar\.gz",
    f"{OPERATORS}: juju run web/leader lets-encrypt-certificates": r"(?s)answers:.*source:.*term:",
    f"{OPERATORS}: juju debug-log --include web/0": r"unit-web-0: .*lets-encrypt:",
    "SECURITY.md: juju run web/0 lets-encrypt-delete name=NAME revoke=true": OLD,
}
LEAVES = {
    f"{OPERATORS}: juju config web acme-pfx-passphrase=secret:9m4e2mr0ui3e8a215n4g":
        f"{STATE}/certificates/www.example.com/certificate.pfx",
    f"{OPERATORS}: juju run web/0 lets-encrypt-deploy": "/srv/tls/privkey.pem",
    f"{OPERATORS}: juju config web acme-metrics-directory=/var/lib/prometheus/node-exporter":
        "/var/lib/prometheus/node-exporter/layer-lets-encrypt-web-0.prom",
}  # fmt: skip


def why_not(one: Command) -> str:
    """Why a command is not run here, "" if it is. Juju's are run here although they are run
    elsewhere, too, and so is what makes files for them."""
    if one.key in NOT_RUN:
        return NOT_RUN[one.key]
    if one.program == "make":
        return "; ".join(TARGETS.get(target, UNKNOWN) for target in targets(one))
    is_run_twice = one.elsewhere.startswith("run by:") and one.program in ("juju", "cat")
    return "" if is_run_twice else one.elsewhere


def targets(one: Command) -> list[str]:
    """The targets of a `make ...` command."""
    return [word for word in one.text.split()[1:] if "=" not in word]


def filled_in(one: Command) -> str:
    """The command with something real in each place of what the document makes up."""
    text = MEANT.get(one.text, one.script)
    for made_up, real in MADE_UP.items():
        text = text.replace(made_up, real)
    return re.sub(r"=(AKIA)?\.\.\.(?!\w)", r"=\1EXAMPLE", text)


def judge(one: Command, done: subprocess.CompletedProcess[Any], units: Statuses,
          exists: Callable[[str], bool], usual: tuple[str, str]) -> str:  # fmt: skip
    """What is wrong after a command, "" if nothing is."""
    printed = f"{done.stdout}{done.stderr}"[-2000:]
    if done.returncode:
        return f"ended with {done.returncode}: {printed}"
    if not units and "remove-unit" not in one.text:
        return "there is no unit"
    wanted, text = SAYS.get(one.key, usual)
    for severity, message in units:
        if severity != wanted or (text not in message if wanted != "active" else text != message):
            return f"the unit is {severity}: {message!r}; wanted {wanted}: {text!r}"
    if not re.search(PRINTS.get(one.key, ""), done.stdout):
        return f"did not print {PRINTS[one.key]!r}: {printed}"
    if one.key in LEAVES and not exists(LEAVES[one.key]):
        return f"{LEAVES[one.key]} is not there"
    return ""


def stale(commands: Iterable[Command], prepared: Iterable[str]) -> list[str]:
    """Entries of tables that belong to no command any more."""
    commands = list(commands)
    known = {one.key for one in commands}
    keys = {*NOT_RUN, *SAYS, *PRINTS, *LEAVES, *prepared}
    unused: Mapping[str, bool] = {
        **{text: any(text in one.script for one in commands) for text in MADE_UP},
        **{text: any(text == one.text for one in commands) for text in MEANT},
        **{name: any(name in targets(one) for one in commands if one.program == "make")
           for name in TARGETS},
    }  # fmt: skip
    return sorted(keys - known) + [text for text, used in unused.items() if not used]
