"""Remedies are for whoever reads them: operators set options, authors set layer options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules import configuration
from layer_lets_encrypt.rules.challenge import STANDALONE
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.request import TO_AUTHOR
from layer_lets_encrypt.rules.wanted import Wanted

NAME = "www.firm.example"
AUTHOR = {"service-name": "nginx", "challenge": "standalone", "webroot": "", "reload-services": []}
KNOWN = "set acme-challenge to one of standalone, webroot, stateless, dns"
MANY = " ".join(f"n{number}.firm.example" for number in range(101))


def told(config: dict[str, Any], author: dict[str, Any], requests: list[Any]) -> str:
    read = configuration.read(config, {**AUTHOR, **author}, requests)
    (complaint,) = read.invalid + read.unusable
    assert complaint.severity == "blocked"
    assert len(f"TLS: {complaint.text}") < 200
    return complaint.text


@pytest.mark.parametrize(
    ("option", "author", "remedy"),
    [
        ({"acme-challenge": "dns-01"}, {}, KNOWN + ", or reset it"),
        ({}, {"challenge": "dns-01"}, f"{KNOWN}; {TO_AUTHOR}"),
        ({"acme-challenge": "webroot"}, {"service-name": ""}, "set it to standalone or dns"),
        ({}, {"challenge": "webroot", "service-name": ""}, TO_AUTHOR),
        ({}, {"service-name": "no service"}, TO_AUTHOR),
        ({}, {"reload-services": "nginx"}, TO_AUTHOR),
        ({}, {"reload-services": ["-x"]}, TO_AUTHOR),
        ({}, {"webroot": "srv/www"}, TO_AUTHOR),
        ({"fqdn": "*.firm.example"}, {}, "set acme-challenge=dns (docs/dns.md) or list the host"),
        ({"fqdn": MANY}, {}, "a certificate holds at most 100; remove some"),
    ],
)
def test_who_can_correct_it_is_told_how(
    option: dict[str, str], author: dict[str, Any], remedy: str
) -> None:
    said = told({"fqdn": NAME, **option}, author, []).split("; ", 1)[1]
    assert said.startswith(remedy)
    if not option:
        assert "reset" not in said, "an option that the operator has not set"


def test_a_wildcard_with_a_challenge_of_its_own_is_for_the_author() -> None:
    entry = {"fqdn": ["*.firm.example"], "challenge": "standalone"}
    said = told({"acme-challenge": "dns"}, {}, [entry])
    assert said.endswith(f"is a wildcard, requested with challenge standalone; {TO_AUTHOR}")


def test_a_service_that_does_not_exist_is_for_the_author(tmp_path: Path) -> None:
    wanted = Wanted((), Account("https://ca.example/dir"), STANDALONE, "no-such-service")
    problem = Machine(wanted, Places(tmp_path, tmp_path), {}, print).reload_services()
    assert problem is not None
    assert "'no-such-service' is not a service on this machine" in problem.detail
    assert problem.remedy == TO_AUTHOR
