"""What lies where a file is expected is never waited for, whoever has put it there."""

from __future__ import annotations

import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from layer_lets_encrypt.ca import cli_ini
from layer_lets_encrypt.certificates import lineage
from layer_lets_encrypt.machine import paths
from layer_lets_encrypt.machine.paths import PARTS, Places
from layer_lets_encrypt.passes import machine
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules import configuration
from layer_lets_encrypt.rules.facts import BROKEN
from world.certificates import authority
from world.lineages import lay_out

NAMES = ("a.example.com",)


@pytest.fixture(autouse=True)
def _no_end() -> Iterator[None]:
    """Fail instead of waiting forever."""

    def late(*_: object) -> None:
        raise AssertionError("it waits for a pipe")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("place", ["live", "archive"])
def test_a_pipe_in_a_lineage_is_damage(config_dir: Path, part: str, place: str) -> None:
    lay_out(config_dir, NAMES)
    live, archive, _ = paths.places(NAMES[0], config_dir)
    path = live / f"{part}.pem" if place == "live" else archive / f"{part}1.pem"
    path.unlink()
    os.mkfifo(str(path))
    assert lineage.inspect(NAMES[0], config_dir).state == BROKEN


def test_a_pipe_for_certbots_settings_sets_nothing(tmp_path: Path) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "cli.ini"
    os.mkfifo(str(pipe))
    file.write_bytes(b"# \xe1\nauthenticator = webroot\n")
    assert cli_ini.objection([pipe]) == ""
    assert cli_ini.objection([pipe, file]) == f"{file} sets authenticator"


@pytest.mark.parametrize("kind", ["latin-1", "pipe"])
def test_the_systems_cas_may_have_comments_in_any_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    bundle, system = authority(tmp_path).read_text("ascii"), tmp_path / "system.crt"
    if kind == "pipe":
        os.mkfifo(str(system))
    else:
        system.write_bytes("# F\u0151tan\u00fas\u00edtv\u00e1ny\n".encode("iso-8859-2"))
    monkeypatch.setattr(machine, "SYSTEM_CA_BUNDLE", system)
    read = configuration.read({"acme-ca-certificates": bundle}, {}, [])
    assert read.wanted is not None
    places = Places(tmp_path / "state", tmp_path / "logs")
    env = Machine(read.wanted, places, {}, print).certbot_env()
    assert ssl.create_default_context(cafile=env["REQUESTS_CA_BUNDLE"]).get_ca_certs()
