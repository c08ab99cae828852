"""Hooks and actions print nothing that an operator would have to wonder about."""

from __future__ import annotations

import json

from world.juju_client import JUJU
from world.site import UNIT, Site


def test_no_hook_and_no_action_prints_a_warning(site: Site) -> None:
    site.hook()
    ran = json.loads(site.juju("run", UNIT, "lets-encrypt-certificates", "--format", "json"))
    printed = [line for line in site.log().splitlines() if "juju-log" not in line]
    assert [line for line in printed if "arning" in line] == []
    assert set(ran["results"]) == {"certificates", "return-code"}


def test_an_action_refuses_a_parameter_that_it_does_not_know(site: Site) -> None:
    for action in ("lets-encrypt-renew", "lets-encrypt-certificates"):
        said = site.world.run([JUJU, "run", UNIT, action, "name=www.example.com"], check=False)
        assert said.returncode != 0 and "name" in said.stdout + said.stderr
        assert "additional" in (said.stdout + said.stderr).lower()


def test_a_charms_own_keys_are_logged_once_and_near_misses_are_an_error(site: Site) -> None:
    ask = "from charms.layer import lets_encrypt as le; le.set_requested_certificates([{}])"
    own = "{'fqdn': ['a.example.com'], 'juju_unit': 'x/0'}"
    for _ in range(2):
        site.change(ask.format(own))
        site.hook()
    assert site.log().count("say nothing here: juju_unit") == 1
    near = ask.format("{'fqdn': ['b.example.com'], 'challange': 'dns'}")
    done = site.world.run(
        [JUJU, "exec", "--unit", UNIT, "--", f'PYTHONPATH=lib ../.venv/bin/python3 -c "{near}"'],
        check=False,
    )
    assert done.returncode != 0 and "unknown key 'challange'; write 'challenge'" in done.stderr
