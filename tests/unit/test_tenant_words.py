"""Nobody is told to set an option of the operator's for a tenant's own DNS settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from layer_lets_encrypt.ca import gate
from layer_lets_encrypt.dns import plugin as dns_plugin
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules import dns_options, tenant_words
from layer_lets_encrypt.rules.problem import Problem
from layer_lets_encrypt.rules.request import Request

OPERATORS = Request(("www.example.com",), "the option fqdn")
TENANTS = OPERATORS._replace(source="certificate request 1", dns='{"provider": "ovh"}')


@pytest.mark.parametrize(
    ("detail", "remedy", "told"),
    [
        ("unknown DNS provider 'o'; did you mean ovh? (acme-dns-provider)", "",
         "unknown DNS provider 'o'; did you mean ovh? (the request's provider)"),
        ("no provider for example.com", "set acme-dns-provider, or name it in acme-dns-options",
         "no provider for example.com; set the request's provider, or name it in the request's "
         "options"),
        ("wrong credentials", "correct acme-dns-credentials",
         "wrong credentials; correct the request's credentials"),
        ("no record yet", "raise acme-dns-propagation",
         "no record yet; raise the request's propagation"),
    ],
)  # fmt: skip
def test_the_keys_are_those_of_the_request(detail: str, remedy: str, told: str) -> None:
    problem = Problem("configuration", detail, remedy=remedy)
    assert tenant_words.told(problem, TENANTS).words == told
    assert tenant_words.told(problem, OPERATORS) == problem


@pytest.mark.parametrize(
    ("request_", "where"), [(OPERATORS, "acme-dns-provider"), (TENANTS, "the request's provider")]
)
@pytest.mark.parametrize("ask", ["check", "trial"])
def test_the_plugins_own_words_are_those_of_whoever_wrote_the_settings(
    tmp_path: Path, ask: str, request_: Request, where: str
) -> None:
    config, env = tmp_path / "dns.json", gate.environment(os.environ)
    settings = dns_options.build("cloudfare", {}, {}, None, str(tmp_path / "published.json"))
    files.write_json(config, settings)
    if ask == "check":
        problem = dns_plugin.check(config, request_, env)
    else:
        problem = dns_plugin.trial(config, request_, env, 1)[1]
    assert problem is not None
    assert f"did you mean cloudflare? ({where})" in problem.text


def test_no_problem_stays_none() -> None:
    assert tenant_words.told(None, TENANTS) is None
