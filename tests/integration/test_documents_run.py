"""README.md and docs/ are followed to the letter: by an operator who types each command, in their
order, and by an author who makes a charm of the blocks of docs/authors.md.

What is not run here, and why, is in tests/documents/tables.py; `-rA` or `-s` prints it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import cache

import pytest
import yaml
from documents import charm, commands, markdown, preparations, project, tables
from documents.commands import REMARK, Command
from documents.reader import Journey, Reader, follow

pytestmark = pytest.mark.timeout(600)  # the first test deploys and orders

DOCUMENTS = project.documents()
ALL = commands.in_order(DOCUMENTS)
TYPED = [one for one in ALL if not tables.why_not(one)]
MADE = [one for one in ALL if one.program == "make"]
HAPROXY = """\
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
"""
ONCE = [
    ("yaml", "examples/web/layer.yaml"),
    ("nginx", charm.TEMPLATE),
    ("apache", "VirtualHost"),
    ("haproxy", "frontend"),
]
NAME = "www.example.com"
ISSUED = next(one for one in TYPED if one.key == f"README.md: juju config web fqdn={NAME}")


@pytest.fixture(scope="module")
def journey() -> Iterator[Journey]:
    with ExitStack() as stack:
        yield Journey(stack.enter_context(follow()), TYPED)


@pytest.fixture
def served(journey: Journey) -> Reader:
    """The charm of docs/authors.md, after the first command that brings a certificate."""
    assert journey.outcome(ISSUED) == ""
    return journey.reader


# -- what an author does ---------------------------------------------------------------------------


def test_the_charm_of_the_document_serves_https(served: Reader) -> None:
    assert served.site.served(NAME).names == (NAME,)


def test_what_is_joined_for_haproxy_is_what_haproxy_takes(served: Reader) -> None:
    live = served.site.live()
    joined = served.world.run(["cat", live["fullchain"], live["privkey"]]).stdout
    assert served.site.read("/etc/haproxy/web.pem") == joined
    path = served.site.ask("lets_encrypt.challenge_snippet('haproxy')")
    line = served.site.read(path)
    block = served.rendered(charm.one("haproxy", "frontend"), challenge_line=line)
    served.world.write("/etc/haproxy-block.cfg", HAPROXY + block)
    served.world.run(["haproxy", "-c", "-f", "/etc/haproxy-block.cfg"])


@pytest.mark.parametrize("is_ready", [True, False])
def test_apache_takes_the_virtual_hosts(served: Reader, is_ready: bool) -> None:
    path = served.site.ask("lets_encrypt.challenge_snippet('apache2')")
    live = served.site.live() if is_ready else None
    block = served.rendered(charm.one("apache", "VirtualHost"), challenges=path, live=live)
    assert ("SSLEngine on" in block) is is_ready
    served.world.run(["a2enmod", "rewrite", "ssl"])
    served.world.write("/etc/apache2/sites-enabled/000-default.conf", block)
    served.world.run(["apache2ctl", "configtest"])


@pytest.mark.parametrize("script", charm.scripts(), ids=lambda block: block.where)
def test_a_call_does_what_is_said_of_it(served: Reader, script: markdown.Block) -> None:
    """In a hook it requests certificates; the handler of the same section then prints them."""
    served.in_a_hook(script.text)
    served.site.hook()
    served.site.hook()
    names = served.site.ask("sorted(lets_encrypt.live_all())")
    assert names == ["a.example.com", "b.example.com"]
    for name in names:
        assert f"{name} /etc/letsencrypt/live/{name}/fullchain.pem" in served.site.log()
    served.site.change(
        "from charms.layer import lets_encrypt; lets_encrypt.set_requested_certificates([])"
    )
    served.site.hook()
    assert served.units() == [tables.HTTPS]


def test_what_readme_shows_is_part_of_what_is_built() -> None:
    shown = {
        block.language: block.text for block in markdown.blocks("README.md", DOCUMENTS["README.md"])
    }
    built = charm.one("yaml", "examples/web/layer.yaml").text
    assert is_part(yaml.safe_load(shown["yaml"]), yaml.safe_load(built))
    lines = charm.handlers()["web.py"].splitlines()
    assert [line for line in shown["python"].splitlines() if line not in lines] == []


def unused(documents: Mapping[str, str]) -> list[str]:
    """Blocks of a charm's files that no test of this module uses."""
    used = {*charm.blocks("python"), *(charm.one(*which) for which in ONCE)}
    return [
        block.where
        for name in sorted(set(documents) - set(commands.NOT_READ) - {"README.md"})
        for block in markdown.blocks(name, documents[name])
        if block not in used and block.language not in ("sh", "text", "mermaid")
    ]


def test_every_block_is_used() -> None:
    assert unused(DOCUMENTS) == []
    planted = f"{DOCUMENTS['docs/dns.md']}\n```yaml\nmoon: full\n```\n"
    assert len(unused({**DOCUMENTS, "docs/dns.md": planted})) == 1


def is_part(some: object, whole: object) -> bool:
    """Whether everything in ``some`` is in ``whole``, at its place."""
    if isinstance(some, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in some.items())
    return some == whole


# -- what is noticed -------------------------------------------------------------------------------

PLANTED = [
    ("```sh\njuju config web moon=1\n```", "moon"),
    ("Say `juju run web/0 lets-encrypt-moon` now", "lets-encrypt-moon"),
    ("Say `$ juju expose moon` now", "moon"),
    ("```sh\nfalse | cat && juju config \\\n  web --rest fqdn   # a remark\n```", "--rest"),
]


@pytest.mark.parametrize(("text", "said"), PLANTED)
def test_a_wrong_command_is_noticed(served: Reader, text: str, said: str) -> None:
    name = "docs/contract.md"
    planted = {**DOCUMENTS, name: f"{DOCUMENTS[name]}\n{text}\n"}
    (found,) = set(commands.in_order(planted)) - set(ALL)
    assert found.line > len(DOCUMENTS[name].splitlines())
    assert tables.why_not(found) == ""
    wrong = served.type(found)
    assert wrong.startswith("ended with ") and said in wrong


RENEW = Command("README.md", 1, "juju run web/0 lets-encrypt-renew")
DEPLOY = Command(tables.OPERATORS, 1, "juju run web/0 lets-encrypt-deploy")
DONE = subprocess.CompletedProcess([], 0, "", "")
JUDGED = [
    (RENEW, DONE, [tables.HTTPS], True, ""),
    (RENEW, subprocess.CompletedProcess([], 1, "no", ""), [tables.HTTPS], True, "ended with 1: no"),
    (RENEW, DONE, [tables.HTTPS, ("error", "hook failed")], True, "the unit is error"),
    (RENEW, DONE, [], True, "there is no unit"),
    (RENEW, DONE, [("active", "serving http")], True, "wanted active: 'serving https'"),
    (RENEW, DONE, [("waiting", "TLS: www.example.com: port 80")], True, "the unit is waiting"),
    (DEPLOY, DONE, [tables.HTTPS], False, "/srv/tls/privkey.pem is not there"),
    (Command(tables.OPERATORS, 1, "juju run web/0 lets-encrypt-backup"), DONE, [tables.HTTPS],
     True, "did not print"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "done", "units", "there", "said"), JUDGED)
def test_what_is_wrong_after_a_command_is_said(
    one: Command,
    done: subprocess.CompletedProcess[str],
    units: tables.Statuses,
    there: bool,
    said: str,
) -> None:
    wrong = tables.judge(one, done, units, lambda path: there, tables.HTTPS)
    assert said in wrong and bool(wrong) == bool(said)


def test_no_table_has_an_entry_without_a_command() -> None:
    assert tables.stale(ALL, preparations.OF) == []
    fewer = [one for one in ALL if one.document != tables.OPERATORS]
    gone = tables.stale(fewer, preparations.OF)
    assert f"{tables.OPERATORS}: juju scp" in gone and "kid=KID" in gone
    assert tables.stale(ALL, ["docs/moon.md: juju moon"]) == ["docs/moon.md: juju moon"]


# -- what an operator does -------------------------------------------------------------------------


@pytest.mark.parametrize("one", TYPED, ids=lambda one: f"{one.where} {one.text.splitlines()[0]}")
def test_the_command_does_what_is_said_of_it(journey: Journey, one: Command) -> None:
    wrong = journey.outcome(one)
    assert not wrong, f"{one.where}: {one.text}\n{wrong}"


@cache
def make(words: str) -> subprocess.CompletedProcess[str]:
    """What make would do. It is not done: `install` would change the machine."""
    left = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    return subprocess.run(
        ["make", "--dry-run", *words.split()],
        capture_output=True, text=True, cwd=project.ROOT, env=left, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("one", MADE, ids=lambda one: f"{one.where} {one.text}")
def test_the_makefile_takes_the_command(one: Command) -> None:
    done = make(REMARK.sub("", tables.filled_in(one)).removeprefix("make "))
    assert done.returncode == 0, f"{one.where}: {one.text}\n{done.stderr}"


def test_the_makefile_refuses_what_it_does_not_know() -> None:
    assert make("moon").returncode != 0
    assert "STORY=moon is not known" in make("demo STORY=moon").stderr


def test_what_is_not_run_has_a_reason() -> None:
    """Printed for whoever asks pytest for the output of what has passed."""
    for one in ALL:
        reason = tables.why_not(one)
        if reason:
            print(f"{one.where}: {one.text.splitlines()[0]}: {reason}")
            assert len(reason.split()) > 2 and tables.UNKNOWN not in reason
    print(f"{len(TYPED)} of {len(ALL)} commands are run, {len(MADE)} are read by make")
