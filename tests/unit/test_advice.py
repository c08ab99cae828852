"""The CA's advice on when to renew is worth a log line at most: without it all goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from layer_lets_encrypt.machine.paths import Places
from layer_lets_encrypt.passes.advice import Advice
from layer_lets_encrypt.passes.machine import Machine
from layer_lets_encrypt.rules.challenge import DNS
from layer_lets_encrypt.rules.facts import Account
from layer_lets_encrypt.rules.wanted import Wanted

SERVER = "https://ca.example/dir"


class Known(Machine):
    """A machine that has asked for the directory already, and has lost its private CAs since."""

    bundle = "/nonexistent/acme-ca.pem"

    def certbot_env(self, attempt: str = "") -> dict[str, str]:
        return {"REQUESTS_CA_BUNDLE": self.bundle}


@pytest.mark.parametrize("broken", [False, True])
def test_unreadable_private_cas_cost_the_advice_alone(tmp_path: Path, broken: bool) -> None:
    told: list[str] = []
    places = Places(tmp_path, tmp_path / "logs")
    machine = Known(Wanted((), Account(SERVER), DNS), places, {}, told.append)
    machine.directory = {"newOrder": "x", "renewalInfo": "https://ca.example/ari"}
    if broken:
        Path(tmp_path / "acme-ca.pem").write_text("no certificate")
        machine.bundle = str(tmp_path / "acme-ca.pem")
    Advice(places.renewal_info)._ask([("a.example", "x.y")], {"a.example"}, machine)
    (line,) = told
    assert line.startswith("renewal-info: ")
