"""What DNS-01 needs of the distribution: asked for by the settings, installed by apt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from layer_lets_encrypt.dns import packages as dns_packages
from layer_lets_encrypt.dns import plugin as dns_plugin
from layer_lets_encrypt.machine import files

HTTPREQ, OTHER = {"provider": "HTTPREQ"}, {"provider": "cloudflare"}


@pytest.mark.parametrize(
    ("plain", "modules"),
    [
        ({"default": HTTPREQ}, ["dns"]),
        ({"default": OTHER}, ["dns", "lexicon"]),
        ({"default": HTTPREQ, "zones": {"a.example": OTHER}}, ["dns", "lexicon"]),
        ({"zones": {"a.example": HTTPREQ}}, ["dns"]),
        ({"default": OTHER, "python": "/opt/lexicon/bin/python"}, []),
        ({"default": OTHER, "python": dns_plugin.PYTHON}, ["dns", "lexicon"]),
    ],
)
def test_what_the_settings_need(plain: dict[str, object], modules: list[str]) -> None:
    assert dns_packages.needed(plain) == modules


def test_what_the_distributions_python_lacks_is_found_by_asking_it() -> None:
    assert dns_packages.missing(["json", "no_such_module", "os"]) == ["no_such_module"]


def apt(folder: Path, script: str) -> dict[str, str]:
    """A PATH whose apt-get is a script of the test."""
    program = folder / "apt-get"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": "/certbot-plugin"}


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that the distribution's Python does not have; the name of its package."""
    monkeypatch.setitem(dns_packages.MODULES, "no_such_module", "python3-no-such-module")
    monkeypatch.setattr(dns_packages, "needed", lambda _: ["os", "no_such_module"])
    return "python3-no-such-module"


@pytest.mark.parametrize(
    ("said", "category", "words"),
    [
        ("E: Unable to locate package x", "blocked", "this release has no package"),
        ("E: Package 'x' has no installation candidate", "blocked", "docs/dns.md"),
        ("W: old\nE: Could not get lock /var/lib/dpkg/lock", "waiting", "Could not get lock"),
    ],
)
def test_what_apt_refuses_is_a_status(
    tmp_path: Path, lacking: str, said: str, category: str, words: str
) -> None:
    env = apt(tmp_path, f'echo "$@" >>{tmp_path}/asked; echo "{said}" >&2; exit 100')
    problem = dns_packages.ensure(tmp_path / "dns.json", env)
    assert problem is not None
    assert problem.category == category
    assert lacking in problem.text and words in problem.text
    assert len(problem.text) < 190
    asked = (tmp_path / "asked").read_text().splitlines()
    assert all("DPkg::Lock::Timeout=60" in line for line in asked)
    assert ["update" in line for line in asked] == (
        [False, True, False] if category == "waiting" else [False, False]
    )


def test_an_apt_that_never_ends_is_ended(
    tmp_path: Path, lacking: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dns_packages, "FETCH", 1)
    monkeypatch.setattr(dns_packages, "INSTALL", 1)
    problem = dns_packages.ensure(tmp_path / "dns.json", apt(tmp_path, "exec sleep 600"))
    assert problem is not None
    assert "it was not done within 1 s" in problem.text


def test_nothing_is_installed_if_all_is_there(tmp_path: Path) -> None:
    files.write_json(tmp_path / "dns.json", {"default": HTTPREQ})
    env = apt(tmp_path, f"touch {tmp_path}/asked; exit 1")
    assert dns_packages.ensure(tmp_path / "dns.json", env) is None
    assert not (tmp_path / "asked").exists()
